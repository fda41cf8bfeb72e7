// What ends an edit: save it, or leave it.
import type { Editing } from '../editing.ts'
import { Conflict } from './basics.tsx'

export function EditButtons<T>(props: {
  readonly editing: Editing<T>
  /** False while the draft is known to be wrong. */
  readonly isSound?: boolean
  /** True if the faults are shown at their places. */
  readonly hasShownFaults?: boolean
}) {
  const { editing, isSound = true, hasShownFaults = false } = props
  const { save, cancel } = editing
  return (
    <>
      {!hasShownFaults && <Conflict error={save.error} />}
      <p class="buttons">
        <button type="button" class="primary" disabled={save.isBusy || !isSound} onClick={save.run}>
          Save
        </button>
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      </p>
    </>
  )
}
