// Items of `hyperfleet get`, read from the server or from events of a watch, in the form that was asked for.
import type { Api } from '../connection/api.ts'
import { columnsOf } from '../resources/columns.ts'
import type { ListName } from '../resources/kind.ts'
import { keyOf, type List, type Listed } from '../resources/list.ts'
import { ownerNames } from '../resources/lookup.ts'
import type { Identified, ServedItems } from '../resources/served.ts'
import { columnsOfFields } from './field-columns.ts'
import type { GetOptions } from './options.ts'
import { type Found, foundItems, nameOf } from './print.ts'
import { select, selectFields } from './selection.ts'

/** Formats what was read, with the ages of the present time. */
export type Shown = () => Found

/** @throws FailedError with a message for the user */
export async function look(api: Api, options: GetOptions): Promise<Shown> {
  const { list, fields } = options
  if (fields !== undefined && list !== 'statuses') {
    const found = await selectFields(api, list, options, fields)
    return () => partsFound(options, found)
  }
  const found = await select(api, list, options)
  const owners = await ownersOf(api, options, found.items)
  return () => wholeFound(options, found, owners)
}

/** Resources with some of their fields. */
export function partsFound({ list, output }: GetOptions, found: List<Identified>): Found {
  const columns = output.kind === 'columns' ? columnsOfFields(output.columns) : []
  return foundItems(list, found, columns, ({ id }) => id)
}

/**
 * Whole items.
 * @param owners names of clusters by id
 */
export function wholeFound(
  { list, output }: GetOptions,
  found: List<ServedItems[ListName]>,
  owners: ReadonlyMap<string, string>,
): Found {
  if (output.kind === 'columns') return foundItems(list, found, columnsOfFields(output.columns), keyOf)
  const view = { isWide: output.kind === 'wide', nowMs: Date.now(), owners }
  const usual = columnsOf(list, view).map(column => ({
    ...column,
    cell: ({ value }: Listed<ServedItems[ListName]>) => column.cell(value),
  }))
  return foundItems(list, found, usual, item => nameOf(item, view))
}

/**
 * The names of the clusters of nodepools, where the output shows them.
 * @param known names that need not be read
 */
export async function ownersOf(
  api: Api,
  { output }: GetOptions,
  items: readonly Listed<ServedItems[ListName]>[],
  known: ReadonlyMap<string, string> = new Map(),
): Promise<ReadonlyMap<string, string>> {
  if (output.kind === 'columns' || output.kind === 'template') return known
  const nodepools = items.flatMap(({ value }) => ('owner_references' in value ? [value] : []))
  return ownerNames(api, nodepools, known)
}
