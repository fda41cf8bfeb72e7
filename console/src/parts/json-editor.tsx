// A text of JSON that can be edited, with the place of its first fault, and of the faults that the server found.
import { useId } from 'preact/hooks'
import type { Fault } from '../api/types.ts'
import { jsonFaultAt } from '../json-fault.ts'

export interface ParsedJson {
  readonly value: unknown
  readonly fault: string | undefined
}

export function parseJson(text: string): ParsedJson {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { value: undefined, fault: 'It must be an object.' }
    return { value, fault: undefined }
  } catch (error) {
    return { value: undefined, fault: placed(text, error instanceof Error ? error.message : String(error)) }
  }
}

/** What the browser says, with the line and the column. */
function placed(text: string, message: string): string {
  const at = jsonFaultAt(text)
  if (at === undefined || /line \d+/.test(message)) return message
  const before = text.slice(0, at).split('\n')
  return `${message}, line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

export function JsonEditor(props: {
  readonly label: string
  readonly text: string
  readonly onChange: (text: string) => void
  readonly faults?: readonly Fault[]
}) {
  const { label, text, onChange, faults = [] } = props
  const id = useId()
  const { fault } = parseJson(text)
  const lines = Math.min(24, Math.max(6, text.split('\n').length + 1))
  return (
    <div class="editor">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={lines}
        spellcheck={false}
        aria-invalid={fault !== undefined || faults.length > 0}
        value={text}
        onInput={event => onChange(event.currentTarget.value)}
      />
      {fault !== undefined && <p class="fault">{fault}</p>}
      {faults.map(({ field, message }) => (
        <p class="fault" key={`${field} ${message}`}>
          <code>{field}</code> {message}
        </p>
      ))}
    </div>
  )
}
