// The adapters: over how many resources each reports, what it says, and how long ago.
import { useMemo, useState } from 'preact/hooks'
import { type Adapter, conditionType, loadAdapters, silentCount } from '../adapters.ts'
import { linkTo } from '../address.ts'
import type { ListName } from '../fields.ts'
import { Bars, Fault, Histogram, kindOfVerdict, Loading, Panel } from '../parts/basics.tsx'
import { ListSwitch } from '../parts/list-switch.tsx'
import { usePolled } from '../polling.ts'
import { between, countText, literal, shareText } from '../text.ts'

const EVERY_MS = 5000

export function AdaptersPage() {
  const [list, setList] = useState<ListName>('clusters')
  const adapters = usePolled(`adapters of ${list}`, EVERY_MS, signal => loadAdapters(list, signal))
  const { value, error } = adapters
  return (
    <main class="page">
      <header class="page-head">
        <h1>
          Adapters {value !== undefined && <span class="faint">{countText(value.adapters.length)}</span>}
        </h1>
        <ListSwitch label="What they report about" list={list} onChange={setList} />
      </header>
      <Fault error={error} />
      {value === undefined ? (
        error === undefined && <Loading />
      ) : value.adapters.length === 0 ? (
        <p class="empty">No adapter has reported about {list} yet.</p>
      ) : (
        <>
          <Slowest adapters={value.adapters} />
          <div class="panels">
            {value.adapters.map(adapter => (
              <AdapterPanel key={adapter.name} adapter={adapter} total={value.total} list={list} />
            ))}
          </div>
        </>
      )}
    </main>
  )
}

/** The adapters with the most reports older than two hours, if there are any. */
function Slowest({ adapters }: { readonly adapters: readonly Adapter[] }) {
  const slow = useMemo(
    () =>
      adapters
        .filter(adapter => silentCount(adapter) > 0)
        .sort((a, b) => silentCount(b) - silentCount(a))
        .slice(0, 5),
    [adapters],
  )
  if (slow.length === 0) return null
  return (
    <p class="notice">
      Silent for over two hours about some resources:{' '}
      {slow.map((adapter, i) => (
        <span key={adapter.name}>
          {i > 0 && ', '}
          <bdi>{adapter.name}</bdi> ({countText(silentCount(adapter))},{' '}
          {shareText(silentCount(adapter), adapter.resources)})
        </span>
      ))}
      .
    </p>
  )
}

function AdapterPanel({
  adapter,
  total,
  list,
}: {
  readonly adapter: Adapter
  readonly total: number
  readonly list: ListName
}) {
  const { name, resources, verdicts, ages } = adapter
  const condition = `status.conditions.${conditionType(name)}`
  return (
    <Panel title={<bdi>{name}</bdi>}>
      <p>
        Reports about {countText(resources)} of {countText(total)} {list}.
      </p>
      <h3>What it says</h3>
      <Bars
        facet={verdicts === undefined ? undefined : { ...verdicts, missing: 0 }}
        total={resources}
        linkOf={verdict =>
          verdict === 'Unknown' ? undefined : linkTo([list], { search: `${condition} = ${literal(verdict)}` })
        }
        kindOf={kindOfVerdict}
      />
      <h3>How long ago</h3>
      <Histogram
        facet={ages}
        linkOf={(from, to) => linkTo([list], { search: between(`${condition}.last_updated_time`, from, to) })}
      />
      {(verdicts?.values ?? []).some(({ value }) => value === 'Unknown') && (
        <p class="hint">A bar leads to those about which it has said True or False.</p>
      )}
    </Panel>
  )
}
