// The labels of a resource, to be followed and edited.
import type { Known } from '../api/types.ts'
import { useEditing } from '../editing.ts'
import type { ListName } from '../fields.ts'
import { Panel } from './basics.tsx'
import { EditButtons } from './edit-buttons.tsx'
import { LabelChips, type Labels, LabelsEditor } from './labels.tsx'

export function LabelsPanel(props: {
  readonly known: Known
  readonly list: ListName
  readonly path: string
  readonly onChanged: () => void
}) {
  const { known, list, path, onChanged } = props
  const { labels = {}, deleted_time } = known.resource
  const editing = useEditing<Labels>(known, path, bodyOf, onChanged)
  const { draft } = editing
  return (
    <Panel
      title="Labels"
      tools={
        draft === undefined &&
        deleted_time === undefined && (
          <button type="button" class="quiet small" onClick={() => editing.begin(Object.entries(labels))}>
            Edit
          </button>
        )
      }
    >
      {draft === undefined ? (
        <LabelChips labels={labels} list={list} />
      ) : (
        <>
          <LabelsEditor labels={draft} onChange={editing.change} />
          <EditButtons editing={editing} />
        </>
      )}
    </Panel>
  )
}

/** Lines without a key are left out. */
function bodyOf(draft: Labels): string {
  return JSON.stringify({ labels: Object.fromEntries(draft.filter(([key]) => key !== '')) })
}
