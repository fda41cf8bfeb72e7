// The field for a search: completes names and values, shows a fault at its place, and counts the matches while one types.
import type { TargetedEvent, TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { pathOf, Refusal, read, token } from '../api/client.ts'
import type { List } from '../api/types.ts'
import { type ListName, type Suggestion, suggestionsAt } from '../fields.ts'
import { type Place, placeOf } from '../places.ts'
import { useSettled } from '../polling.ts'
import { countText } from '../text.ts'

const SHOWN_SUGGESTIONS = 10
const SETTLED_MS = 250

export function SearchField(props: {
  readonly list: ListName
  readonly value: string
  readonly onSearch: (search: string) => void
}) {
  const { list, value, onSearch } = props
  const [text, setText] = useState(value)
  const [cursor, setCursor] = useState(value.length)
  const [isOpen, setOpen] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const { matches, error } = useMatches(list, text)
  const place = placeOf(text, cursor)
  const suggestions = useSuggestions(list, place, isOpen)
  const [chosen, setChosen] = useState(-1)

  useEffect(() => setText(value), [value])

  const accept = ({ text: word }: Suggestion) => {
    const end = place.kind === 'value' && text[cursor] === "'" ? cursor + 1 : cursor
    const next = `${text.slice(0, place.start)}${word} ${text.slice(end).trimStart()}`
    const at = place.start + word.length + 1
    setText(next)
    setCursor(at)
    setChosen(-1)
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(at, at)
    })
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const count = suggestions.length
    if (event.key === 'ArrowDown' && count > 0) setChosen((chosen + 1) % count)
    else if (event.key === 'ArrowUp' && count > 0) setChosen(chosen <= 0 ? count - 1 : chosen - 1)
    else if (event.key === 'Tab' && isOpen && chosen >= 0) accept(suggestions[chosen] as Suggestion)
    else if (event.key === 'Escape' && isOpen) setOpen(false)
    else if (event.key === 'Enter') {
      const word = suggestions[chosen]
      if (isOpen && word !== undefined) accept(word)
      else {
        setOpen(false)
        onSearch(text.trim())
      }
    } else return
    event.preventDefault()
  }
  const follow = (event: TargetedEvent<HTMLInputElement>) => {
    setCursor(event.currentTarget.selectionStart ?? text.length)
  }

  return (
    <form
      class="search"
      role="search"
      onSubmit={event => {
        event.preventDefault()
        onSearch(text.trim())
      }}
    >
      <div class="field">
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={`Search ${list}`}
          aria-expanded={isOpen && suggestions.length > 0}
          aria-controls="suggestions"
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `suggestion-${chosen}` : undefined}
          aria-invalid={error !== undefined}
          aria-describedby="search-outcome"
          placeholder="status.conditions.Ready='False' and labels.region='europe-west1'"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text}
          onInput={event => {
            setText(event.currentTarget.value)
            follow(event)
            setOpen(true)
            setChosen(-1)
          }}
          onClick={follow}
          onKeyUp={follow}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        {text !== '' && (
          <button
            type="button"
            class="quiet clear"
            aria-label="Clear the search"
            onClick={() => {
              setText('')
              onSearch('')
              input.current?.focus()
            }}
          >
            ✕
          </button>
        )}
        {isOpen && suggestions.length > 0 && (
          <ul id="suggestions" class="suggestions" role="listbox" aria-label="Suggestions">
            {suggestions.map((each, i) => (
              <li
                key={each.text}
                id={`suggestion-${i}`}
                role="option"
                aria-selected={i === chosen}
                onMouseDown={event => {
                  event.preventDefault()
                  accept(each)
                }}
              >
                <span>
                  <bdi>{each.text}</bdi>
                </span>
                <small>{each.hint}</small>
              </li>
            ))}
          </ul>
        )}
      </div>
      <button type="submit">Search</button>
      <output id="search-outcome" aria-live="polite">
        {error !== undefined ? (
          <SearchFault search={text} error={error} />
        ) : matches === undefined ? (
          ''
        ) : (
          `${countText(matches)} ${matches === 1 ? 'match' : 'matches'}`
        )}
      </output>
    </form>
  )
}

/** The fault of a search below the place where it is. */
function SearchFault({ search, error }: { readonly search: string; readonly error: Refusal }) {
  const fault = error.problem.errors?.[0]
  const message = fault?.message ?? error.message
  if (fault?.offset === undefined) return <span class="fault">{message}</span>
  const points = [...search.trim()]
  return (
    <span class="fault">
      <code>
        {points.slice(0, fault.offset).join('')}
        <mark>{points[fault.offset] ?? ' '}</mark>
        {points.slice(fault.offset + 1).join('')}
      </code>{' '}
      {message}
    </span>
  )
}

/** The number of matches, or the fault of the search. Other faults are not about the search, and the page shows them. */
function useMatches(list: ListName, text: string) {
  const search = useSettled(text.trim(), SETTLED_MS)
  const credentials = token.value
  const [state, setState] = useState<{ matches?: number; error?: Refusal }>({})
  useEffect(() => {
    const controller = new AbortController()
    read<List<unknown>>(pathOf(`/${list}`, { search, pageSize: 0 }), { signal: controller.signal }).then(
      ({ value }) => setState({ matches: value.total }),
      error => {
        if (controller.signal.aborted) return
        setState(error instanceof Refusal && error.status === 400 ? { error } : {})
      },
    )
    return () => controller.abort()
  }, [list, search, credentials])
  return { matches: state.matches, error: state.error }
}

function useSuggestions(list: ListName, place: Place, isWanted: boolean): readonly Suggestion[] {
  const [found, setFound] = useState<readonly Suggestion[]>([])
  const key = useSettled(JSON.stringify(place), 100)
  useEffect(() => {
    if (!isWanted) return
    const controller = new AbortController()
    suggestionsAt(JSON.parse(key) as Place, list, controller.signal).then(
      suggestions => setFound(suggestions.slice(0, SHOWN_SUGGESTIONS)),
      () => {
        if (!controller.signal.aborted) setFound([])
      },
    )
    return () => controller.abort()
  }, [list, key, isWanted])
  return isWanted ? found : []
}
