// The spec of a resource as a tree and as text, to be edited.
import { useState } from 'preact/hooks'
import { Refusal, send } from '../api/client.ts'
import type { Known } from '../api/types.ts'
import { useWrite } from '../writing.ts'
import { Conflict, Panel } from './basics.tsx'
import { JsonTree } from './json.tsx'
import { JsonEditor, parseJson } from './json-editor.tsx'

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
  const [view, setView] = useState<'tree' | 'text'>('tree')
  const [edited, setEdited] = useState<
    { readonly text: string; readonly tag: string | undefined } | undefined
  >()
  const text = () => JSON.stringify(resource.spec, undefined, 2)
  const save = useWrite(
    () => send(path, { method: 'PATCH', body: `{"spec":${edited?.text}}`, ifMatch: edited?.tag }),
    () => {
      setEdited(undefined)
      onChanged()
    },
  )
  const { error } = save
  const faults = error instanceof Refusal && error.status === 400 ? (error.problem.errors ?? []) : []
  return (
    <Panel
      title="Spec"
      wide
      tools={
        edited === undefined && (
          <>
            <button
              type="button"
              class="quiet small"
              aria-pressed={view === 'tree'}
              onClick={() => setView('tree')}
            >
              Tree
            </button>
            <button
              type="button"
              class="quiet small"
              aria-pressed={view === 'text'}
              onClick={() => setView('text')}
            >
              Text
            </button>
            {resource.deleted_time === undefined && (
              <button
                type="button"
                class="quiet small"
                onClick={() => setEdited({ text: text(), tag: known.tag })}
              >
                Edit
              </button>
            )}
          </>
        )
      }
    >
      {edited !== undefined ? (
        <>
          <JsonEditor
            label="Spec"
            text={edited.text}
            faults={faults}
            onChange={next => setEdited({ ...edited, text: next })}
          />
          {faults.length === 0 && <Conflict error={error} />}
          <p class="hint">A changed spec begins generation {resource.generation + 1}.</p>
          <p class="buttons">
            <button
              type="button"
              class="primary"
              disabled={save.isBusy || parseJson(edited.text).fault !== undefined}
              onClick={save.run}
            >
              Save
            </button>
            <button type="button" onClick={() => setEdited(undefined)}>
              Cancel
            </button>
          </p>
        </>
      ) : view === 'tree' ? (
        <JsonTree value={resource.spec} />
      ) : (
        <pre class="json">{text()}</pre>
      )}
    </Panel>
  )
}
