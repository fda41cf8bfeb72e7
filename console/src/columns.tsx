// The columns of the tables of clusters and nodepools. A view keeps the chosen ones in its address.

import { linkTo } from './address.ts'
import type { Row } from './api/types.ts'
import type { ListName } from './fields.ts'
import { Age, conditionOf, Link, Verdict } from './parts/basics.tsx'
import type { Column } from './parts/table.tsx'

export const READY_TYPES = ['Ready', 'Reconciled'] as const
export const AVAILABLE_TYPES = ['Available', 'LastKnownReconciled'] as const

const MAX_LABELS = 3

export function resourceLink(row: Pick<Row, 'kind' | 'id'>): string {
  return linkTo([row.kind === 'Cluster' ? 'clusters' : 'nodepools', row.id])
}

const NAME: Column<Row> = {
  name: 'name',
  title: 'Name',
  orderBy: 'name',
  width: 'minmax(12rem, 2fr)',
  cell: row => (
    <Link to={resourceLink(row)} title={row.id}>
      <bdi>{row.name}</bdi>
    </Link>
  ),
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'id', title: 'Id', orderBy: 'id', width: 'minmax(16rem, 1fr)', cell: row => <code>{row.id}</code> },
  {
    name: 'ready',
    title: 'Ready',
    width: '6.5rem',
    cell: row => <Verdict status={conditionOf(row.status.conditions, ...READY_TYPES)?.status} />,
  },
  {
    name: 'available',
    title: 'Available',
    width: '6.5rem',
    cell: row => <Verdict status={conditionOf(row.status.conditions, ...AVAILABLE_TYPES)?.status} />,
  },
  {
    name: 'since',
    title: 'Since',
    width: '6rem',
    cell: row => <Age time={conditionOf(row.status.conditions, ...READY_TYPES)?.last_transition_time} />,
  },
  {
    name: 'seen',
    title: 'Confirmed',
    width: '6.5rem',
    cell: row => (
      <Age time={conditionOf(row.status.conditions, ...READY_TYPES)?.last_updated_time} suffix=" ago" />
    ),
  },
  {
    name: 'reason',
    title: 'Why',
    width: 'minmax(10rem, 2fr)',
    cell: row => {
      const condition = conditionOf(row.status.conditions, ...READY_TYPES)
      return (
        <span title={condition?.message}>
          <bdi>{condition?.reason ?? ''}</bdi>
        </span>
      )
    },
  },
  {
    name: 'generation',
    title: 'Generation',
    orderBy: 'generation',
    width: '6.5rem',
    className: 'number',
    cell: row => row.generation,
  },
  {
    name: 'labels',
    title: 'Labels',
    width: 'minmax(10rem, 2fr)',
    cell: row => {
      const labels = Object.entries(row.labels ?? {})
      return (
        <span class="chips" title={labels.map(([key, value]) => `${key}=${value}`).join('\n')}>
          {labels.slice(0, MAX_LABELS).map(([key, value]) => (
            <span class="chip" key={key}>
              <bdi>{key}</bdi>=<bdi>{value}</bdi>
            </span>
          ))}
          {labels.length > MAX_LABELS && <span class="faint">+{labels.length - MAX_LABELS}</span>}
        </span>
      )
    },
  },
  {
    name: 'deletion',
    title: 'Deletion',
    orderBy: 'deleted_time',
    width: '7rem',
    cell: row =>
      row.deleted_time === undefined ? (
        ''
      ) : (
        <span class="bad">
          for <Age time={row.deleted_time} />
        </span>
      ),
  },
  {
    name: 'created',
    title: 'Age',
    orderBy: 'created_time',
    width: '6rem',
    cell: row => <Age time={row.created_time} />,
  },
  {
    name: 'updated',
    title: 'Updated',
    orderBy: 'updated_time',
    width: '6.5rem',
    cell: row => <Age time={row.updated_time} suffix=" ago" />,
  },
  {
    name: 'author',
    title: 'Created by',
    orderBy: 'created_by',
    width: 'minmax(10rem, 1fr)',
    cell: row => <bdi>{row.created_by}</bdi>,
  },
]

const OWNER: Column<Row> = {
  name: 'cluster',
  title: 'Cluster',
  width: 'minmax(10rem, 1fr)',
  cell: row => {
    const owner = row.owner_references?.id
    return owner === undefined ? '' : <Link to={linkTo(['clusters', owner])}>{owner}</Link>
  },
}

const SHOWN_AT_FIRST = ['ready', 'available', 'since', 'reason', 'generation', 'deletion', 'created']

/** The columns that can be chosen, besides the name. */
export function columnsOf(list: ListName): readonly Column<Row>[] {
  return list === 'nodepools' ? [OWNER, ...COLUMNS] : COLUMNS
}

export function namesAtFirst(list: ListName): readonly string[] {
  return list === 'nodepools' ? ['cluster', ...SHOWN_AT_FIRST] : SHOWN_AT_FIRST
}

/** The name and the chosen columns. */
export function chosenColumns(list: ListName, names: readonly string[]): readonly Column<Row>[] {
  return [NAME, ...columnsOf(list).filter(({ name }) => names.includes(name))]
}
