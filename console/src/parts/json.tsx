// JSON as a tree that opens and closes. Whatever it has is shown as text.
import { useState } from 'preact/hooks'

/** Members shown at first. More are shown on demand, because a spec may have a megabyte. */
const FIRST_MEMBERS = 100
const MAX_TEXT = 2000

export function JsonTree({ value, depth = 0 }: { readonly value: unknown; readonly depth?: number }) {
  if (Array.isArray(value))
    return (
      <Members opening="[" closing="]" entries={value.map((each, i) => [String(i), each])} depth={depth} />
    )
  if (typeof value === 'object' && value !== null)
    return <Members opening="{" closing="}" entries={Object.entries(value)} depth={depth} />
  return <Scalar value={value} />
}

function Members(props: {
  readonly opening: string
  readonly closing: string
  readonly entries: readonly (readonly [string, unknown])[]
  readonly depth: number
}) {
  const { opening, closing, entries, depth } = props
  const [isOpen, setOpen] = useState(depth < 3 && entries.length <= FIRST_MEMBERS)
  const [limit, setLimit] = useState(FIRST_MEMBERS)
  if (entries.length === 0)
    return (
      <span class="faint">
        {opening}
        {closing}
      </span>
    )
  return (
    <span class="tree">
      <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? '▾' : '▸'} {opening}
        {!isOpen && ` ${entries.length} ${closing}`}
      </button>
      {isOpen && (
        <>
          <ul>
            {entries.slice(0, limit).map(([key, each]) => (
              <li key={key}>
                <span class="key">
                  <bdi>{key}</bdi>
                </span>{' '}
                <JsonTree value={each} depth={depth + 1} />
              </li>
            ))}
            {entries.length > limit && (
              <li>
                <button type="button" class="quiet small" onClick={() => setLimit(limit * 10)}>
                  {entries.length - limit} more
                </button>
              </li>
            )}
          </ul>
          <span class="faint">{closing}</span>
        </>
      )}
    </span>
  )
}

function Scalar({ value }: { readonly value: unknown }) {
  const [isWhole, setWhole] = useState(false)
  if (typeof value !== 'string') return <span class="scalar">{String(value)}</span>
  if (value.length <= MAX_TEXT || isWhole)
    return (
      <span class="scalar text">
        <bdi>{JSON.stringify(value)}</bdi>
      </span>
    )
  return (
    <span class="scalar text">
      <bdi>{JSON.stringify(value.slice(0, MAX_TEXT))}</bdi>
      <button type="button" class="quiet small" onClick={() => setWhole(true)}>
        {value.length - MAX_TEXT} more characters
      </button>
    </span>
  )
}
