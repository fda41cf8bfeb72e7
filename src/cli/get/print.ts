// Formats the output of `hyperfleet get`.
import { jsonLine, jsonText, yamlText } from '../documents/print.ts'
import { NumberText, type Tree } from '../documents/tree.ts'
import { columnsOf, type View } from '../resources/columns.ts'
import type { ListName } from '../resources/kind.ts'
import { keyOf, type List, type Listed } from '../resources/list.ts'
import { called, isBeingDeleted, LIST_KINDS, type ServedItems } from '../resources/served.ts'
import type { Screen } from '../terminal/screen.ts'
import { plainLine, plainTitles, tableLines } from '../terminal/table.ts'
import { visible } from '../terminal/text.ts'
import type { GetOptions } from './options.ts'

export interface Found<L extends ListName> {
  readonly list: L
  readonly found: List<ServedItems[L]>
  readonly view: View
}

type Form = Pick<GetOptions, 'output' | 'names' | 'hasHeaders'>

/** The complete output with a line end; empty if a table would have no rows. */
export function answerText<L extends ListName>(shown: Found<L>, form: Form, screen: Screen): string {
  const { list, found, view } = shown
  switch (form.output) {
    case 'json':
      return `${jsonText(documentOf(shown, form))}\n`
    case 'yaml':
      return yamlText(documentOf(shown, form))
    case 'name':
      return found.items.map(({ value }) => `${nameOf(value, view)}\n`).join('')
    case 'table':
    case 'wide':
      if (found.items.length === 0) return ''
      if (screen.isTerminal) return `${tableOf(shown, form, screen).join('\n')}\n`
      return (
        titlesOf(shown, form) +
        found.items.map(({ value }) => `${plainLine(columnsOf(list, view), value)}\n`).join('')
      )
  }
}

/** The table. */
export function tableOf<L extends ListName>(
  { list, found, view }: Found<L>,
  { hasHeaders }: Pick<Form, 'hasHeaders'>,
  screen: Screen,
): string[] {
  const items = found.items.map(({ value }) => value)
  return tableLines(columnsOf(list, view), items, screen, hasHeaders)
}

/** The titles for a pipe, with a line end; empty for formats without titles. */
export function titlesOf<L extends ListName>({ list, view }: Found<L>, { output, hasHeaders }: Form): string {
  const isTable = output === 'table' || output === 'wide'
  return isTable && hasHeaders ? `${plainTitles(columnsOf(list, view))}\n` : ''
}

/** One item, as `--watch` prints it to a pipe. */
export interface Piece {
  /** A line, or a YAML document. */
  readonly text: string
  /** Changes if the item must be shown again. */
  readonly state: string
}

/** The items by their keys. */
export function pieces<L extends ListName>(shown: Found<L>, { output }: Form): Map<string, Piece> {
  const { list, found, view } = shown
  const columns = columnsOf(list, view)
  const piece = ({ value, tree }: Listed<ServedItems[L]>): Piece => {
    if (output === 'table' || output === 'wide') {
      const line = `${plainLine(columns, value)}\n`
      return { text: line, state: line }
    }
    const state = `${jsonLine(tree)}\n`
    if (output === 'json') return { text: state, state }
    return { text: output === 'yaml' ? `---\n${yamlText(tree)}` : `${nameOf(value, view)}\n`, state }
  }
  return new Map(found.items.map(item => [keyOf(item.value), piece(item)]))
}

/** A single named item is printed alone, anything else in a list envelope (contract 7.1). */
function documentOf<L extends ListName>({ list, found }: Found<L>, { names }: Form): Tree {
  const [only] = found.items
  if (names.length === 1 && only !== undefined) return only.tree
  return new Map<string, Tree>([
    ['kind', LIST_KINDS[list]],
    ['page', new NumberText('1')],
    ['size', new NumberText(String(found.items.length))],
    ['total', new NumberText(String(found.total))],
    ['items', found.items.map(({ tree }) => tree)],
  ])
}

/** A resource that is being deleted goes by its id: its name may already be another's (contract 4.3). */
function nameOf(item: ServedItems[ListName], { owners }: View): string {
  if ('adapter' in item) return visible(`status/${item.adapter}`)
  if (isBeingDeleted(item)) return `${item.kind.toLowerCase()}/${item.id}`
  if (item.kind === 'Cluster') return visible(called(item))
  const owner = item.owner_references.id
  return visible(called(item, owners.get(owner) ?? owner))
}
