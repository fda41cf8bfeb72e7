// What needs a human first: deletions that hang, what has not been ready for the longest time, and adapters that fail or have fallen silent.
import { type Adapters, conditionType, countOf, loadAdapters, silentCount } from '../adapters.ts'
import { linkTo } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { Facets, List, Row } from '../api/types.ts'
import { READY_TYPES, resourceLink } from '../columns.tsx'
import type { ListName } from '../fields.ts'
import { usePolled } from '../polling.ts'
import { between, countText } from '../text.ts'
import { Age, conditionOf, Histogram, Link, Panel, Shown } from './basics.tsx'

const EVERY_MS = 5000
const ADAPTERS_EVERY_MS = 10_000
const SHOWN = 6
/** Longer deletions need somebody. */
const STUCK = 'now-1h'
/** Bounds of the times of which the oldest are read, as many as a count may have (contract 15.3). */
const FINE_BUCKETS =
  '1m,2m,5m,10m,20m,30m,45m,1h,90m,2h,3h,4h,6h,8h,12h,18h,1d,36h,2d,3d,4d,5d,7d,10d,14d,21d,30d,45d,60d,90d,180d,365d'
/** Most rows that are read to find the oldest. */
const READ_ROWS = 100

export function FirstPanel({
  list,
  readyType,
}: {
  readonly list: ListName
  readonly readyType: string | undefined
}) {
  return (
    <Panel title="Needs somebody first">
      <h3>Deletions older than an hour</h3>
      <Stuck list={list} />
      <h3>Not ready for the longest time</h3>
      {readyType === undefined ? (
        <p class="faint">Nothing has been reported yet.</p>
      ) : (
        <NotReady list={list} type={readyType} />
      )}
      <h3>Adapters that fail, or are silent for over two hours</h3>
      <TroubledAdapters list={list} />
    </Panel>
  )
}

function Stuck({ list }: { readonly list: ListName }) {
  const search = `deleted_time < ${STUCK}`
  const stuck = usePolled(`stuck ${list}`, EVERY_MS, async signal => {
    const parameters = { search, orderBy: 'deleted_time asc', pageSize: SHOWN }
    return (await read<List<Row>>(pathOf(`/${list}`, parameters), { signal })).value
  })
  return (
    <Shown of={stuck}>
      {({ items, total }) => (
        <Few rows={items} time={row => row.deleted_time} total={total} link={linkTo([list], { search })} />
      )}
    </Shown>
  )
}

function NotReady({ list, type }: { readonly list: ListName; readonly type: string }) {
  const search = `status.conditions.${type}='False' and deleted_time is null`
  const field = `status.conditions.${type}.last_transition_time`
  const since = (row: Row) => conditionOf(row.status.conditions, type)?.last_transition_time
  const found = usePolled(`not ready ${list} ${type}`, EVERY_MS, async signal => {
    const rows = await oldest(list, search, field, signal)
    return rows.sort((a, b) => (since(a) ?? '').localeCompare(since(b) ?? '')).slice(0, SHOWN)
  })
  return (
    <>
      <Shown of={found}>{rows => <Few rows={rows} time={since} />}</Shown>
      <Ages list={list} search={search} field={field} />
    </>
  )
}

/** Rows with the oldest times of a field. Lists are not sorted by times of conditions, but counts have their intervals. */
async function oldest(list: ListName, search: string, field: string, signal: AbortSignal): Promise<Row[]> {
  const { value } = await read<Facets>(
    pathOf(`/facets/${list}`, { search, by: field, buckets: FINE_BUCKETS }),
    { signal },
  )
  const bucket = value.facets[0]?.buckets?.findLast(({ count }) => count > 0)
  if (bucket === undefined) return []
  const within = between(field, bucket.from, bucket.to, search)
  const { value: page } = await read<List<Row>>(
    pathOf(`/${list}`, { search: within, pageSize: READ_ROWS, orderBy: 'id' }),
    { signal },
  )
  return page.items
}

function Few(props: {
  readonly rows: readonly Row[]
  readonly time: (row: Row) => string | undefined
  /** Number of all such rows, if there are more, and where they are. */
  readonly total?: number
  readonly link?: string
}) {
  const { rows, time, total = rows.length, link } = props
  if (rows.length === 0) return <p class="faint">None.</p>
  return (
    <ul class="few">
      {rows.map(row => (
        <li key={row.id}>
          <Link to={resourceLink(row)}>
            <bdi>{row.name}</bdi>
          </Link>
          <span class="faint">
            <bdi>{conditionOf(row.status.conditions, ...READY_TYPES)?.reason}</bdi>
          </span>
          <Age time={time(row)} />
        </li>
      ))}
      {total > rows.length && link !== undefined && (
        <li>
          <Link to={link}>all {countText(total)}</Link>
        </li>
      )}
    </ul>
  )
}

/** How long ago a time was, for the resources of a search. */
export function Ages({
  list,
  search,
  field,
}: {
  readonly list: ListName
  readonly search: string
  readonly field: string
}) {
  const facet = usePolled(`ages ${list} ${search} ${field}`, EVERY_MS, async signal => {
    const { value } = await read<Facets>(pathOf(`/facets/${list}`, { search, by: field }), { signal })
    return value.facets[0]
  })
  return (
    <Shown of={facet}>
      {found => (
        <Histogram
          facet={found}
          linkOf={(from, to) => linkTo([list], { search: between(field, from, to, search) })}
        />
      )}
    </Shown>
  )
}

function TroubledAdapters({ list }: { readonly list: ListName }) {
  const adapters = usePolled(`troubled adapters of ${list}`, ADAPTERS_EVERY_MS, signal =>
    loadAdapters(list, signal),
  )
  return <Shown of={adapters}>{found => <AdapterLines list={list} found={found} />}</Shown>
}

function AdapterLines({ list, found }: { readonly list: ListName; readonly found: Adapters }) {
  const troubled = found.adapters
    .map(adapter => ({
      name: adapter.name,
      failing: countOf(adapter, 'False'),
      silent: silentCount(adapter),
    }))
    .filter(({ failing, silent }) => failing + silent > 0)
    .sort((a, b) => b.failing + b.silent - (a.failing + a.silent))
  if (troubled.length === 0) return <p class="faint">None.</p>
  return (
    <ul class="few">
      {troubled.slice(0, SHOWN).map(({ name, failing, silent }) => (
        <li key={name}>
          <Link to={linkTo(['adapters'])}>
            <bdi>{name}</bdi>
          </Link>
          <span class="faint">
            {failing > 0 && (
              <Link to={linkTo([list], { search: `status.conditions.${conditionType(name)} = 'False'` })}>
                {countText(failing)} failing
              </Link>
            )}
          </span>
          <span class="faint">{silent > 0 && `${countText(silent)} silent`}</span>
        </li>
      ))}
      {troubled.length > SHOWN && (
        <li>
          <Link to={linkTo(['adapters'])}>all {countText(troubled.length)}</Link>
        </li>
      )}
    </ul>
  )
}
