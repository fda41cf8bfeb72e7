// Formats the output of `hyperfleet get`.
import { jsonLine, jsonText, yamlText } from '../documents/print.ts'
import { NumberText, type Tree } from '../documents/tree.ts'
import type { View } from '../resources/columns.ts'
import type { ListName } from '../resources/kind.ts'
import { type Item, keyOf, type List, type Listed } from '../resources/list.ts'
import { called, isBeingDeleted, LIST_KINDS, type ServedItems } from '../resources/served.ts'
import type { Screen } from '../terminal/screen.ts'
import { type Cell, type Column, plainLine, plainTitles, tableLines } from '../terminal/table.ts'
import { visible } from '../terminal/text.ts'
import { templateText } from './jsonpath.ts'
import type { GetOptions } from './options.ts'

/** The items that were found, as they are shown. */
export interface Found {
  readonly list: ListName
  readonly items: readonly FoundItem[]
  /** The number of matches; larger than the number of items if a limit was given. */
  readonly total: number
  readonly columns: readonly Column<FoundItem>[]
}

interface FoundItem {
  readonly key: string
  /** For `-o name`. */
  readonly name: string
  /** As the server wrote it. */
  readonly tree: Tree
  readonly cells: readonly Cell[]
}

/** Puts items in columns. */
export function foundItems<T extends Item>(
  list: ListName,
  { items, total }: List<T>,
  columns: readonly Column<Listed<T>>[],
  nameOf: (item: T) => string,
): Found {
  return {
    list,
    total,
    items: items.map(item => ({
      key: keyOf(item.value),
      name: nameOf(item.value),
      tree: item.tree,
      cells: columns.map(({ cell }) => cell(item)),
    })),
    columns: columns.map((column, i) => ({ ...column, cell: ({ cells }) => cells[i] ?? { text: '' } })),
  }
}

type Form = Pick<GetOptions, 'output' | 'names' | 'hasHeaders'>

/** The complete output, empty if a table would have no rows. It has a line end, unless a template has none. */
export function answerText(shown: Found, form: Form, screen: Screen): string {
  const { items, columns } = shown
  switch (form.output.kind) {
    case 'json':
      return `${jsonText(documentOf(shown, form))}\n`
    case 'yaml':
      return yamlText(documentOf(shown, form))
    case 'name':
      return items.map(({ name }) => `${name}\n`).join('')
    case 'template':
      return templateText(form.output.template, documentOf(shown, form))
    case 'table':
    case 'wide':
    case 'columns':
      if (items.length === 0) return ''
      if (screen.isTerminal) return `${tableOf(shown, form, screen).join('\n')}\n`
      return titlesOf(shown, form) + items.map(item => `${plainLine(columns, item)}\n`).join('')
  }
}

/** True for an output of columns. */
export function isTable({ output }: Pick<Form, 'output'>): boolean {
  return output.kind === 'table' || output.kind === 'wide' || output.kind === 'columns'
}

/** The table. */
export function tableOf(
  { columns, items }: Found,
  { hasHeaders }: Pick<Form, 'hasHeaders'>,
  screen: Screen,
): string[] {
  return tableLines(columns, items, screen, hasHeaders)
}

/** The titles for a pipe, with a line end; empty for formats without titles. */
export function titlesOf({ columns }: Found, form: Form): string {
  return isTable(form) && form.hasHeaders ? `${plainTitles(columns)}\n` : ''
}

/** One item, as `--watch` prints it to a pipe. */
export interface Piece {
  /** A line, or a YAML document. */
  readonly text: string
  /** Changes if the item must be shown again. */
  readonly state: string
}

/** The items by their keys. */
export function pieces({ items, columns }: Found, form: Form): Map<string, Piece> {
  const piece = (item: FoundItem): Piece => {
    if (isTable(form)) {
      const line = `${plainLine(columns, item)}\n`
      return { text: line, state: line }
    }
    const { name, tree } = item
    const state = `${jsonLine(tree)}\n`
    if (form.output.kind === 'json') return { text: state, state }
    return { text: form.output.kind === 'yaml' ? `---\n${yamlText(tree)}` : `${name}\n`, state }
  }
  return new Map(items.map(item => [item.key, piece(item)]))
}

/** A single named item is printed alone, anything else in a list envelope (contract 7.1). */
function documentOf({ list, items, total }: Found, { names }: Form): Tree {
  const [only] = items
  if (names.length === 1 && only !== undefined) return only.tree
  return new Map<string, Tree>([
    ['kind', LIST_KINDS[list]],
    ['page', new NumberText('1')],
    ['size', new NumberText(String(items.length))],
    ['total', new NumberText(String(total))],
    ['items', items.map(({ tree }) => tree)],
  ])
}

/** A resource that is being deleted goes by its id: its name may already be another's (contract 4.3). */
export function nameOf(item: ServedItems[ListName], { owners }: View): string {
  if ('adapter' in item) return visible(`status/${item.adapter}`)
  if (isBeingDeleted(item)) return `${item.kind.toLowerCase()}/${item.id}`
  if (item.kind === 'Cluster') return visible(called(item))
  const owner = item.owner_references.id
  return visible(called(item, owners.get(owner) ?? owner))
}
