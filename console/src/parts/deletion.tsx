// The dialogs that delete a resource, and that remove it by force (contract, section 11).
import { useEffect, useState } from 'preact/hooks'
import { pathOf, read, send } from '../api/client.ts'
import type { Known, List, Resource } from '../api/types.ts'
import { countText } from '../text.ts'
import { useWrite } from '../writing.ts'
import { Conflict, Dialog } from './basics.tsx'

/** Longest reason of a force deletion (contract 11.12). */
const REASON_MAX = 1024

interface Props {
  readonly known: Known
  readonly path: string
  readonly onClose: () => void
  readonly onDone: () => void
}

export function DeleteDialog({ known, path, onClose, onDone }: Props) {
  const { resource, tag } = known
  const nodepools = useNodepoolCount(resource)
  const { error, isBusy, run } = useWrite(() => send(path, { method: 'DELETE', ifMatch: tag }), onDone)
  return (
    <Dialog title={`Delete ${resource.name}?`} onClose={onClose}>
      <p>
        It is marked for deletion
        {nodepools > 0 &&
          `, and with it ${countText(nodepools)} ${nodepools === 1 ? 'nodepool' : 'nodepools'}`}
        . Its adapters then take it down, and it is gone once all of them have reported <code>Finalized</code>
        . This cannot be taken back.
      </p>
      <Conflict error={error} />
      <p class="buttons">
        <button type="button" class="danger" disabled={isBusy} onClick={run}>
          Delete
        </button>
        <button type="button" onClick={onClose}>
          Keep it
        </button>
      </p>
    </Dialog>
  )
}

export function ForceDeleteDialog({ known, path, onClose, onDone }: Props) {
  const { resource, tag } = known
  const [reason, setReason] = useState('')
  const nodepools = useNodepoolCount(resource)
  const { error, isBusy, run } = useWrite(
    () => send(`${path}/force-delete`, { method: 'POST', body: JSON.stringify({ reason }), ifMatch: tag }),
    onDone,
  )
  return (
    <Dialog title={`Remove ${resource.name} by force?`} onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault()
          run()
        }}
      >
        <p>
          The record is removed at once{nodepools > 0 && `, with ${countText(nodepools)} nodepools`}, whatever
          its adapters report. What they have built may remain and cost money: nobody will look for it any
          more.
        </p>
        <label class="stacked">
          Reason, for the log of the server
          <input
            type="text"
            required
            pattern=".*\S.*"
            maxLength={REASON_MAX}
            value={reason}
            onInput={event => setReason(event.currentTarget.value)}
          />
        </label>
        <Conflict error={error} />
        <p class="buttons">
          <button type="submit" class="danger" disabled={isBusy || reason.trim() === ''}>
            Remove by force
          </button>
          <button type="button" onClick={onClose}>
            Keep waiting
          </button>
        </p>
      </form>
    </Dialog>
  )
}

function useNodepoolCount(resource: Resource): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    if (resource.kind !== 'Cluster') return
    const controller = new AbortController()
    read<List<unknown>>(pathOf(`/clusters/${resource.id}/nodepools`, { pageSize: 0 }), {
      signal: controller.signal,
    }).then(
      ({ value }) => setCount(value.total),
      () => {},
    )
    return () => controller.abort()
  }, [resource.id])
  return count
}
