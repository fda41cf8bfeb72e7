// Labels as chips that lead to a search, and as lines that can be edited.
import { linkTo } from '../address.ts'
import type { ListName } from '../fields.ts'
import { literal } from '../text.ts'

/** Keys and values in the order of their lines. */
export type Labels = readonly (readonly [string, string])[]

/** Keys that can be searched by (contract 8.6). */
const SEARCHED = /^[a-z0-9_]+$/

export function LabelChips({
  labels,
  list,
}: {
  readonly labels: Readonly<Record<string, string>>
  readonly list: ListName
}) {
  const entries = Object.entries(labels)
  if (entries.length === 0) return <span class="faint">none</span>
  return (
    <span class="chips">
      {entries.map(([key, value]) => {
        const text = (
          <>
            <bdi>{key}</bdi>=<bdi>{value}</bdi>
          </>
        )
        return SEARCHED.test(key) ? (
          <a class="chip" key={key} href={linkTo([list], { search: `labels.${key} = ${literal(value)}` })}>
            {text}
          </a>
        ) : (
          <span class="chip" key={key}>
            {text}
          </span>
        )
      })}
    </span>
  )
}

export function LabelsEditor({
  labels,
  onChange,
}: {
  readonly labels: Labels
  readonly onChange: (labels: Labels) => void
}) {
  const change = (i: number, part: 0 | 1, text: string) =>
    onChange(labels.map((each, j) => (i !== j ? each : part === 0 ? [text, each[1]] : [each[0], text])))
  return (
    <div class="labels">
      {labels.map(([key, value], i) => (
        <div key={i} class="label-line">
          <input
            type="text"
            aria-label="Key of the label"
            placeholder="key"
            value={key}
            onInput={event => change(i, 0, event.currentTarget.value)}
          />
          <input
            type="text"
            aria-label={`Value of ${key === '' ? 'the label' : key}`}
            placeholder="value"
            value={value}
            onInput={event => change(i, 1, event.currentTarget.value)}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`Remove ${key}`}
            onClick={() => onChange(labels.filter((_, j) => j !== i))}
          >
            ✕
          </button>
        </div>
      ))}
      <button type="button" class="quiet small" onClick={() => onChange([...labels, ['', '']])}>
        Add a label
      </button>
    </div>
  )
}
