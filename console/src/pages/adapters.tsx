// The adapters: over how many resources each reports, what it says, and how long ago.
import { useMemo, useState } from 'preact/hooks'
import { linkTo } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { Facet, Facets } from '../api/types.ts'
import type { ListName } from '../fields.ts'
import { Bars, Fault, Histogram, Link, Loading, Panel } from '../parts/basics.tsx'
import { ListSwitch } from '../parts/list-switch.tsx'
import { usePolled } from '../polling.ts'
import { countText, shareText } from '../text.ts'

const EVERY_MS = 5000
/** Facets of one request (contract 15.1). */
const MAX_FACETS = 16
const BUCKETS = '1m,5m,30m,2h,1d'

interface Adapter {
  readonly name: string
  readonly resources: number
  readonly verdicts: Facet | undefined
  readonly ages: Facet | undefined
}

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

async function loadAdapters(list: ListName, signal: AbortSignal) {
  const names = (await read<Facets>(pathOf(`/facets/${list}`, { by: 'adapters', limit: 1000 }), { signal }))
    .value
  const counted = names.facets[0]?.values ?? []
  const fields = counted.flatMap(({ value }) => [`adapters.${value}`, `adapters.${value}.last_report_time`])
  const facets = new Map<string, Facet>()
  for (let i = 0; i < fields.length; i += MAX_FACETS) {
    const by = fields.slice(i, i + MAX_FACETS).join(',')
    const { value } = await read<Facets>(pathOf(`/facets/${list}`, { by, buckets: BUCKETS }), { signal })
    for (const facet of value.facets) facets.set(facet.field, facet)
  }
  const adapters = counted.map(
    ({ value, count }): Adapter => ({
      name: value,
      resources: count,
      verdicts: facets.get(`adapters.${value}`),
      ages: facets.get(`adapters.${value}.last_report_time`),
    }),
  )
  return { total: names.total, adapters }
}

function oldReports({ ages }: Adapter): number {
  return (ages?.buckets ?? []).slice(-2).reduce((sum, { count }) => sum + count, 0)
}

/** The adapters with the most reports older than two hours, if there are any. */
function Slowest({ adapters }: { readonly adapters: readonly Adapter[] }) {
  const slow = useMemo(
    () =>
      adapters
        .filter(adapter => oldReports(adapter) > 0)
        .sort((a, b) => oldReports(b) - oldReports(a))
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
          <bdi>{adapter.name}</bdi> ({countText(oldReports(adapter))},{' '}
          {shareText(oldReports(adapter), adapter.resources)})
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
  const type = conditionType(name)
  return (
    <Panel title={<bdi>{name}</bdi>}>
      <p>
        Reports about {countText(resources)} of {countText(total)} {list}.{' '}
        <Link to={linkTo([list], { search: `status.conditions.${type}='False'` })}>
          Those it says are not available
        </Link>
      </p>
      <h3>What it says</h3>
      <Bars facet={verdicts === undefined ? undefined : { ...verdicts, missing: 0 }} total={resources} />
      <h3>How long ago</h3>
      <Histogram facet={ages} />
    </Panel>
  )
}

/** The type of an adapter's own condition (contract 6.10). */
export function conditionType(adapter: string): string {
  const name = adapter
    .split(/[-._]+/)
    .map(part => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
  return /^[0-9]/.test(name) ? `Adapter${name}Successful` : `${name}Successful`
}
