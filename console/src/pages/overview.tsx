// The fleet at a glance: totals, the last hour, what needs a human first, and counts by label.
import { useMemo, useState } from 'preact/hooks'
import { linkTo } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { Facet, Facets, History, List, Row } from '../api/types.ts'
import { AVAILABLE_TYPES, READY_TYPES, resourceLink } from '../columns.tsx'
import type { ListName } from '../fields.ts'
import { Age, Bars, conditionOf, Fault, Histogram, Link, Loading, Panel, Shown } from '../parts/basics.tsx'
import { Chart } from '../parts/chart.tsx'
import { EmptyFleet } from '../parts/empty-fleet.tsx'
import { ListSwitch } from '../parts/list-switch.tsx'
import { usePolled } from '../polling.ts'
import { countText, literal, shareText } from '../text.ts'

const COUNTS_EVERY_MS = 3000
const HISTORY_EVERY_MS = 10_000
const LISTS_EVERY_MS = 5000
const SHOWN = 6
/** Longer deletions need somebody. */
const STUCK = 'now-1h'

interface Totals {
  readonly total: number
  readonly readyType: string | undefined
  readonly ready: number
  readonly notReady: number
  readonly available: number
  readonly availableType: string | undefined
  readonly deleting: number
  readonly labels: readonly string[]
}

export function OverviewPage() {
  const [list, setList] = useState<ListName>('clusters')
  const totals = useTotals(list)
  const { value, error } = totals
  return (
    <main class="page">
      <header class="page-head">
        <h1>Overview</h1>
        <ListSwitch label="What is counted" list={list} onChange={setList} />
      </header>
      <Fault error={error} />
      {value === undefined ? (
        error === undefined && <Loading />
      ) : value.total === 0 ? (
        <EmptyFleet list={list} />
      ) : (
        <>
          <Tiles list={list} totals={value} />
          <div class="panels">
            <HistoryPanel list={list} />
            <FirstPanel list={list} totals={value} />
            <div class="stack">
              <LabelPanel list={list} labels={value.labels} />
              <StalePanel list={list} type={value.readyType} />
            </div>
          </div>
        </>
      )}
    </main>
  )
}

function useTotals(list: ListName) {
  return usePolled<Totals>(`totals of ${list}`, COUNTS_EVERY_MS, async signal => {
    const types = [...READY_TYPES, ...AVAILABLE_TYPES]
    const by = ['deleting', 'labels', ...types.map(type => `status.conditions.${type}`)].join(',')
    const { value } = await read<Facets>(pathOf(`/facets/${list}`, { by, limit: 100 }), { signal })
    const [deleting, labels, ...conditions] = value.facets
    const used = (names: readonly string[]) =>
      names.find(
        name =>
          (conditions[types.indexOf(name as (typeof types)[number])]?.missing ?? value.total) < value.total,
      )
    const count = (type: string | undefined, status: string) =>
      type === undefined ? 0 : countIn(conditions[types.indexOf(type as (typeof types)[number])], status)
    const readyType = used(READY_TYPES)
    const availableType = used(AVAILABLE_TYPES)
    return {
      total: value.total,
      readyType,
      availableType,
      ready: count(readyType, 'True'),
      notReady: count(readyType, 'False'),
      available: count(availableType, 'True'),
      deleting: countIn(deleting, 'true'),
      labels: (labels?.values ?? []).map(({ value }) => value).filter(key => /^[a-z0-9_]+$/.test(key)),
    }
  })
}

function countIn(facet: Facet | undefined, value: string): number {
  return facet?.values?.find(each => each.value === value)?.count ?? 0
}

function Tiles({ list, totals }: { readonly list: ListName; readonly totals: Totals }) {
  const { total, ready, notReady, available, deleting, readyType, availableType } = totals
  const condition = (type: string | undefined, status: string) =>
    type === undefined ? '' : `status.conditions.${type}='${status}'`
  const tiles = [
    { name: 'in all', count: total, search: '', kind: '' },
    { name: 'ready', count: ready, search: condition(readyType, 'True'), kind: 'good' },
    {
      name: 'not ready',
      count: notReady,
      search: condition(readyType, 'False'),
      kind: notReady > 0 ? 'bad' : '',
    },
    { name: 'available', count: available, search: condition(availableType, 'True'), kind: 'good' },
    {
      name: 'being deleted',
      count: deleting,
      search: 'deleted_time is not null',
      kind: deleting > 0 ? 'warn' : '',
    },
  ]
  return (
    <ul class="tiles">
      {tiles.map(({ name, count, search, kind }) => (
        <li key={name}>
          <a class={`tile ${kind}`} href={linkTo([list], { search })}>
            <strong>{countText(count)}</strong>
            <span>{name}</span>
            <small>{name === 'in all' ? list : shareText(count, total)}</small>
          </a>
        </li>
      ))}
    </ul>
  )
}

function HistoryPanel({ list }: { readonly list: ListName }) {
  const history = usePolled(
    `history of ${list}`,
    HISTORY_EVERY_MS,
    async signal => (await read<History>(`/history/${list}`, { signal })).value.points,
  )
  const points = history.value
  const times = useMemo(() => (points ?? []).map(({ time }) => Date.parse(time) / 1000), [points])
  const lines = useMemo(
    () => [
      { label: 'in all', color: '--line-total', values: (points ?? []).map(({ total }) => total) },
      { label: 'ready', color: '--line-ready', values: (points ?? []).map(({ ready }) => ready) },
      {
        label: 'available',
        color: '--line-available',
        values: (points ?? []).map(({ available }) => available),
      },
      {
        label: 'being deleted',
        color: '--line-deleting',
        values: (points ?? []).map(({ deleting }) => deleting),
      },
    ],
    [points],
  )
  return (
    <Panel title="The last hour" wide>
      <Shown of={history}>{() => <Chart times={times} lines={lines} height={220} />}</Shown>
    </Panel>
  )
}

/** What needs a human first. */
function FirstPanel({ list, totals }: { readonly list: ListName; readonly totals: Totals }) {
  const stuckSearch = `deleted_time < ${STUCK}`
  const stuck = useFew(list, stuckSearch, 'deleted_time asc')
  const { readyType } = totals
  return (
    <Panel title="Needs somebody first">
      <h3>Deletions older than an hour</h3>
      <Shown of={stuck}>
        {found => (
          <Few
            list={list}
            search={stuckSearch}
            found={found}
            time={row => row.deleted_time}
            nothing="None."
          />
        )}
      </Shown>
      <h3>Not ready, by how long</h3>
      {readyType === undefined ? (
        <p class="faint">Nothing has been reported yet.</p>
      ) : (
        <Ages
          list={list}
          search={`status.conditions.${readyType}='False' and deleted_time is null`}
          field={`status.conditions.${readyType}.last_transition_time`}
        />
      )}
    </Panel>
  )
}

/** How long ago a time was, for the resources of a search. */
function Ages({
  list,
  search,
  field,
}: {
  readonly list: ListName
  readonly search: string
  readonly field: string
}) {
  const facet = usePolled(`ages ${list} ${search} ${field}`, COUNTS_EVERY_MS, async signal => {
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

function useFew(list: ListName, search: string, orderBy: string) {
  return usePolled(
    `few ${list} ${search} ${orderBy}`,
    LISTS_EVERY_MS,
    async signal =>
      (await read<List<Row>>(pathOf(`/${list}`, { search, orderBy, pageSize: SHOWN }), { signal })).value,
  )
}

function Few(props: {
  readonly list: ListName
  readonly search: string
  readonly found: List<Row>
  readonly time: (row: Row) => string | undefined
  readonly nothing: string
}) {
  const { list, search, found, time, nothing } = props
  if (found.total === 0) return <p class="faint">{nothing}</p>
  return (
    <ul class="few">
      {found.items.map(row => (
        <li key={row.id}>
          <Link to={resourceLink(row)}>
            <bdi>{row.name}</bdi>
          </Link>
          <span class="faint">{conditionOf(row.status.conditions, ...READY_TYPES)?.reason}</span>
          <Age time={time(row)} />
        </li>
      ))}
      {found.total > found.items.length && (
        <li>
          <Link to={linkTo([list], { search })}>all {countText(found.total)}</Link>
        </li>
      )}
    </ul>
  )
}

function LabelPanel({ list, labels }: { readonly list: ListName; readonly labels: readonly string[] }) {
  const [chosen, setChosen] = useState<string | undefined>()
  const key = chosen !== undefined && labels.includes(chosen) ? chosen : labels[0]
  return (
    <Panel
      title="By label"
      tools={
        labels.length > 0 && (
          <select aria-label="Label" value={key} onChange={event => setChosen(event.currentTarget.value)}>
            {labels.map(label => (
              <option key={label} value={label}>
                {label}
              </option>
            ))}
          </select>
        )
      }
    >
      {key === undefined ? <p class="faint">No label is in use.</p> : <LabelBars list={list} label={key} />}
    </Panel>
  )
}

function LabelBars({ list, label }: { readonly list: ListName; readonly label: string }) {
  const facets = usePolled(
    `label ${list} ${label}`,
    COUNTS_EVERY_MS,
    async signal =>
      (await read<Facets>(pathOf(`/facets/${list}`, { by: `labels.${label}`, limit: 15 }), { signal })).value,
  )
  return (
    <Shown of={facets}>
      {({ facets: [facet], total }) => (
        <Bars
          facet={facet}
          total={total}
          linkOf={value => linkTo([list], { search: `labels.${label} = ${literal(value)}` })}
          missingLink={linkTo([list], { search: `labels.${label} is null` })}
        />
      )}
    </Shown>
  )
}

function StalePanel({ list, type }: { readonly list: ListName; readonly type: string | undefined }) {
  return (
    <Panel title="Last confirmed">
      {type === undefined ? (
        <p class="faint">Nothing has been reported yet.</p>
      ) : (
        <Ages list={list} search="" field={`status.conditions.${type}.last_updated_time`} />
      )}
    </Panel>
  )
}

/** A search for the times of a bucket (contract 15.3). */
function between(field: string, from: string | undefined, to: string | undefined, search: string): string {
  const parts = search === '' ? [] : [search]
  if (from !== undefined) parts.push(`${field} > '${from}'`)
  if (to !== undefined) parts.push(`${field} <= '${to}'`)
  return parts.join(' and ')
}
