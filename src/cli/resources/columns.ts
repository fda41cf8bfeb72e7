// Columns of the tables of clusters, nodepools and statuses.

import { ageCell, type Cell, type Column, statusCell } from '../terminal/table.ts'
import type { ListName } from './kind.ts'
import {
  conditionStatus,
  isBeingDeleted,
  type ServedItems,
  type ServedNodepool,
  type ServedResource,
  type ServedStatus,
} from './served.ts'

export interface View {
  readonly isWide: boolean
  readonly nowMs: number
  /** Names of clusters by id. */
  readonly owners: ReadonlyMap<string, string>
}

/** Conditions that are not an adapter's (contract 1.5). */
const SUMMARIES: ReadonlySet<string> = new Set(['Available', 'Ready', 'Reconciled', 'LastKnownReconciled'])

type ColumnsOf = { readonly [L in ListName]: (view: View) => Column<ServedItems[L]>[] }

const columnsByList: ColumnsOf = {
  clusters: view => resourceColumns(view, []),
  nodepools: view => resourceColumns(view, [{ title: 'CLUSTER', cell: pool => plain(ownerOf(pool, view)) }]),
  statuses: view => statusColumns(view),
}

export function columnsOf<L extends ListName>(list: L, view: View): Column<ServedItems[L]>[] {
  return columnsByList[list](view)
}

/** @param own columns of the kind, placed after the name */
function resourceColumns<T extends ServedResource>(
  { isWide, nowMs }: View,
  own: readonly Column<T>[],
): Column<T>[] {
  return [
    { title: 'NAME', cell: ({ name }) => plain(name) },
    ...own,
    { title: 'READY', cell: readyCell },
    {
      title: 'AVAILABLE',
      cell: resource => statusCell(conditionStatus(resource, 'Available', 'LastKnownReconciled')),
    },
    { title: 'GENERATION', cell: ({ generation }) => plain(String(generation)) },
    { title: 'AGE', cell: ({ created_time }) => ageCell(created_time, nowMs) },
    ...(isWide
      ? [
          { title: 'UPDATED', cell: ({ updated_time }: T) => ageCell(updated_time, nowMs) },
          { title: 'DELETED', cell: ({ deleted_time }: T) => sinceCell(deleted_time, nowMs) },
          { title: 'ADAPTERS', cell: (resource: T) => plain(adaptersText(resource)) },
          { title: 'ID', cell: ({ id }: T) => plain(id), isWhole: true },
          { title: 'LABELS', cell: ({ labels = {} }: T) => plain(labelsText(labels)) },
        ]
      : []),
  ]
}

/** A resource that is being deleted is not ready (contract 11.10). A server of today's clients alone shows no `Ready`. */
function readyCell(resource: ServedResource): Cell {
  if (isBeingDeleted(resource)) return { text: 'Deleting', tone: 'unsure' }
  return statusCell(conditionStatus(resource, 'Ready', 'Reconciled'))
}

function statusColumns({ isWide, nowMs }: View): Column<ServedStatus>[] {
  const condition = (status: ServedStatus, type: string) =>
    status.conditions.find(candidate => candidate.type === type)
  const conditionColumn = (type: string): Column<ServedStatus> => ({
    title: type.toUpperCase(),
    cell: status => statusCell(condition(status, type)?.status),
  })
  return [
    { title: 'ADAPTER', cell: ({ adapter }) => plain(adapter) },
    ...['Available', 'Applied', 'Health'].map(conditionColumn),
    { title: 'GENERATION', cell: ({ observed_generation }) => plain(String(observed_generation)) },
    { title: 'REPORTED', cell: ({ last_report_time }) => ageCell(last_report_time, nowMs) },
    { title: 'REASON', cell: status => plain(condition(status, 'Available')?.reason) },
    ...(isWide
      ? [
          conditionColumn('Finalized'),
          {
            title: 'SINCE',
            cell: (status: ServedStatus) =>
              sinceCell(condition(status, 'Available')?.last_transition_time, nowMs),
          },
          {
            title: 'MESSAGE',
            cell: (status: ServedStatus) => plain(condition(status, 'Available')?.message),
          },
        ]
      : []),
  ]
}

/** `a=b,c=d` */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** The number of adapters that report `True` and of all that have reported: `3/4`. */
function adaptersText({ status }: ServedResource): string {
  const adapters = status.conditions.filter(({ type }) => !SUMMARIES.has(type))
  return `${adapters.filter(condition => condition.status === 'True').length}/${adapters.length}`
}

function ownerOf({ owner_references }: ServedNodepool, { owners }: View): string {
  return owners.get(owner_references.id) ?? owner_references.id
}

function sinceCell(time: string | undefined, nowMs: number): Cell {
  return time === undefined ? plain(time) : ageCell(time, nowMs)
}

function plain(text: string | undefined): Cell {
  return { text: text === undefined || text === '' ? '-' : text }
}
