// The spec of a resource as a tree and as text, to be edited.
import { useState } from 'preact/hooks'
import { Refusal } from '../api/client.ts'
import type { Known } from '../api/types.ts'
import { useEditing } from '../editing.ts'
import { Panel } from './basics.tsx'
import { EditButtons } from './edit-buttons.tsx'
import { JsonTree } from './json.tsx'
import { JsonEditor, parseJson } from './json-editor.tsx'

const VIEWS = { tree: 'Tree', text: 'Text' } as const

export function SpecPanel({
  known,
  path,
  onChanged,
}: {
  readonly known: Known
  readonly path: string
  readonly onChanged: () => void
}) {
  const { resource } = known
  const [view, setView] = useState<keyof typeof VIEWS>('tree')
  const editing = useEditing<string>(known, path, text => `{"spec":${text}}`, onChanged)
  const { draft, save } = editing
  const text = () => JSON.stringify(resource.spec, undefined, 2)
  const faults =
    save.error instanceof Refusal && save.error.status === 400 ? (save.error.problem.errors ?? []) : []
  return (
    <Panel
      title="Spec"
      wide
      tools={
        draft === undefined && (
          <>
            {(['tree', 'text'] as const).map(each => (
              <button
                key={each}
                type="button"
                class="quiet small"
                aria-pressed={view === each}
                onClick={() => setView(each)}
              >
                {VIEWS[each]}
              </button>
            ))}
            {resource.deleted_time === undefined && (
              <button type="button" class="quiet small" onClick={() => editing.begin(text())}>
                Edit
              </button>
            )}
          </>
        )
      }
    >
      {draft !== undefined ? (
        <>
          <JsonEditor label="Spec" text={draft} faults={faults} onChange={editing.change} />
          <p class="hint">A changed spec begins generation {resource.generation + 1}.</p>
          <EditButtons
            editing={editing}
            isSound={parseJson(draft).fault === undefined}
            hasShownFaults={faults.length > 0}
          />
        </>
      ) : view === 'tree' ? (
        <JsonTree value={resource.spec} />
      ) : (
        <pre>{text()}</pre>
      )}
    </Panel>
  )
}
