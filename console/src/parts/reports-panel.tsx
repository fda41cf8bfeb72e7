// The reports of the adapters about a resource.
import { useState } from 'preact/hooks'
import type { AdapterStatus } from '../api/types.ts'
import { Age, conditionOf, Fault, Loading, Panel, Verdict, Why } from './basics.tsx'
import { JsonTree } from './json.tsx'

export function ReportsPanel(props: {
  readonly statuses: readonly AdapterStatus[] | undefined
  readonly error: Error | undefined
  readonly generation: number
}) {
  const { statuses, error, generation } = props
  return (
    <Panel title="Reports of adapters" wide>
      <Fault error={error} />
      {statuses === undefined ? (
        <Loading />
      ) : statuses.length === 0 ? (
        <p class="faint">No adapter has reported about it.</p>
      ) : (
        <ul class="reports">
          {statuses.map(status => (
            <Report key={status.adapter} status={status} generation={generation} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Report({ status, generation }: { readonly status: AdapterStatus; readonly generation: number }) {
  const [isOpen, setOpen] = useState(false)
  const isBehind = status.observed_generation < generation
  return (
    <li>
      <button type="button" class="fold wide" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
        <strong>
          <bdi>{status.adapter}</bdi>
        </strong>
        <Verdict status={conditionOf(status.conditions, 'Available')?.status} />
        <span class={isBehind ? 'bad' : 'faint'}>
          generation {status.observed_generation}
          {isBehind && ` of ${generation}`}
        </span>
        <span class="faint">
          <Age time={status.last_report_time} suffix=" ago" />
        </span>
      </button>
      {isOpen && (
        <div class="report">
          <div class="scroll-x">
            <table>
              <tbody>
                {status.conditions.map(condition => (
                  <tr key={condition.type}>
                    <th scope="row">{condition.type}</th>
                    <td>
                      <Verdict status={condition.status} />
                    </td>
                    <td>
                      since <Age time={condition.last_transition_time} />
                    </td>
                    <Why condition={condition} />
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {status.metadata !== undefined && (
            <>
              <h3>Metadata</h3>
              <JsonTree value={status.metadata} />
            </>
          )}
          {status.data !== undefined && (
            <>
              <h3>Data</h3>
              <JsonTree value={status.data} />
            </>
          )}
        </div>
      )}
    </li>
  )
}
