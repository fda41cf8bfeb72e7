// The dialog that creates a cluster, or a nodepool of one.
import { useState } from 'preact/hooks'
import { send } from '../api/client.ts'
import type { Resource } from '../api/types.ts'
import { useWrite } from '../writing.ts'
import { Dialog, Fault } from './basics.tsx'
import { JsonEditor, parseJson } from './json-editor.tsx'
import { type Labels, LabelsEditor } from './labels.tsx'

export function CreateDialog(props: {
  /** The cluster of a nodepool. */
  readonly cluster?: Resource
  readonly onClose: () => void
  readonly onCreated: (created: Resource) => void
}) {
  const { cluster, onClose, onCreated } = props
  const kind = cluster === undefined ? 'Cluster' : 'NodePool'
  const [name, setName] = useState('')
  const [labels, setLabels] = useState<Labels>([])
  const [spec, setSpec] = useState('{\n  \n}')
  const parsed = parseJson(spec)

  const { error, isBusy, run } = useWrite(async () => {
    // The text of the spec is sent as written: the server keeps its characters (contract 3.8).
    const head = JSON.stringify({ kind, name, labels: Object.fromEntries(labels) })
    const path = cluster === undefined ? '/clusters' : `/clusters/${cluster.id}/nodepools`
    const response = await send(path, { method: 'POST', body: `${head.slice(0, -1)},"spec":${spec}}` })
    return (await response.json()) as Resource
  }, onCreated)

  return (
    <Dialog
      title={cluster === undefined ? 'Create a cluster' : `Create a nodepool of ${cluster.name}`}
      onClose={onClose}
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          run()
        }}
      >
        <label class="stacked">
          Name
          <input
            type="text"
            required
            minLength={3}
            maxLength={cluster === undefined ? 53 : 15}
            pattern="[a-z0-9]([\-a-z0-9]*[a-z0-9])?"
            title="Lowercase letters, digits and dashes; it begins and ends with a letter or a digit"
            value={name}
            onInput={event => setName(event.currentTarget.value)}
          />
        </label>
        <fieldset>
          <legend>Labels</legend>
          <LabelsEditor labels={labels} onChange={setLabels} />
        </fieldset>
        <JsonEditor label="Spec" text={spec} onChange={setSpec} />
        <Fault error={error} />
        <p class="buttons">
          <button type="submit" class="primary" disabled={isBusy || parsed.fault !== undefined}>
            Create
          </button>
        </p>
      </form>
    </Dialog>
  )
}
