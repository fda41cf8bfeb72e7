// The fleet at a glance: totals, the last hour, what needs a human first, and counts by label.
import { useMemo, useState } from 'preact/hooks'
import { linkTo } from '../address.ts'
import { pathOf, read } from '../api/client.ts'
import type { Facet, Facets, History } from '../api/types.ts'
import { AVAILABLE_TYPES, READY_TYPES } from '../columns.tsx'
import type { ListName } from '../fields.ts'
import { Bars, Fault, Loading, Panel, Shown } from '../parts/basics.tsx'
import { Chart } from '../parts/chart.tsx'
import { EmptyFleet } from '../parts/empty-fleet.tsx'
import { Ages, FirstPanel } from '../parts/first-panel.tsx'
import { ListSwitch } from '../parts/list-switch.tsx'
import { usePolled } from '../polling.ts'
import { countText, literal, shareText } from '../text.ts'

const COUNTS_EVERY_MS = 3000
const HISTORY_EVERY_MS = 10_000

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
            <FirstPanel list={list} readyType={value.readyType} />
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
