// The labels of a resource, to be followed and edited.
import { useState } from 'preact/hooks'
import { send } from '../api/client.ts'
import type { Known } from '../api/types.ts'
import type { ListName } from '../fields.ts'
import { useWrite } from '../writing.ts'
import { Conflict, Panel } from './basics.tsx'
import { LabelChips, type Labels, LabelsEditor } from './labels.tsx'

export function LabelsPanel(props: {
  readonly known: Known
  readonly list: ListName
  readonly path: string
  readonly onChanged: () => void
}) {
  const { known, list, path, onChanged } = props
  const { resource } = known
  const [edited, setEdited] = useState<
    { readonly labels: Labels; readonly tag: string | undefined } | undefined
  >()
  const save = useWrite(
    () => {
      const labels = Object.fromEntries((edited?.labels ?? []).filter(([key]) => key !== ''))
      return send(path, { method: 'PATCH', body: JSON.stringify({ labels }), ifMatch: edited?.tag })
    },
    () => {
      setEdited(undefined)
      onChanged()
    },
  )
  return (
    <Panel
      title="Labels"
      tools={
        edited === undefined && resource.deleted_time === undefined ? (
          <button
            type="button"
            class="quiet small"
            onClick={() => setEdited({ labels: Object.entries(resource.labels ?? {}), tag: known.tag })}
          >
            Edit
          </button>
        ) : undefined
      }
    >
      {edited === undefined ? (
        <LabelChips labels={resource.labels ?? {}} list={list} />
      ) : (
        <>
          <LabelsEditor labels={edited.labels} onChange={labels => setEdited({ ...edited, labels })} />
          <Conflict error={save.error} />
          <p class="buttons">
            <button type="button" class="primary" disabled={save.isBusy} onClick={save.run}>
              Save
            </button>
            <button type="button" onClick={() => setEdited(undefined)}>
              Cancel
            </button>
          </p>
        </>
      )}
    </Panel>
  )
}
