// Columns of fields, for `--fields` and for `-o custom-columns`, which is kubectl's.
import { fieldItems } from '../../state/field-path.ts'
import { UsageError } from '../command.ts'
import { compactJson } from '../documents/print.ts'
import { isTreeObject, type Tree } from '../documents/tree.ts'
import type { ListName } from '../resources/kind.ts'
import type { Listed } from '../resources/list.ts'
import { type Cell, type Column, statusCell } from '../terminal/table.ts'
import { type Field, isCondition, plainField, readField, scalarText, valuesAt } from './field.ts'

export interface FieldColumn {
  readonly title: string
  readonly field: Field
}

/** A cell without a value, as kubectl shows it. */
const NONE = '<none>'

/**
 * Reads `--fields a,b.c`. A column has the last key of its field for a title, or all keys where two columns would have the same title.
 * @throws UsageError if it names none
 */
export function readFieldColumns(text: string): FieldColumn[] {
  const items = fieldItems(text)
  if (items.length === 0)
    throw new UsageError(`--fields is '${text}': must name fields, such as name,labels.region`)
  const dotted = items.find(item => item.startsWith('.'))
  if (dotted !== undefined)
    throw new UsageError(
      `--fields: '${dotted}' must have no dot at its start: '${dotted.replace(/^\.+/, '')}'`,
    )
  const fields = items.map(plainField)
  const titles = fields.map(lastKey)
  return fields.map((field, i) => {
    const title = titles[i] ?? ''
    const isAmbiguous = titles.filter(other => other === title).length > 1
    return { title: (isAmbiguous ? field.text : title).toUpperCase(), field }
  })
}

function lastKey({ steps, text }: Field): string {
  const last = steps.at(-1)
  return last?.kind === 'key' ? last.key : text
}

const FORM = 'custom-columns'

/**
 * Reads `NAME:.name,READY:.status.conditions.Ready`.
 * @throws UsageError that says what is wrong and what is allowed
 */
export function readCustomColumns(text: string, list: ListName): FieldColumn[] {
  const where = `-o ${FORM}`
  const columns = columnTexts(text)
  if (columns.every(column => column.trim() === ''))
    throw new UsageError(
      `${where} names no columns: must be such as ${FORM}=NAME:.name,READY:.status.conditions.Ready`,
    )
  return columns.map(column => {
    const at = column.indexOf(':')
    const [title, path] = [column.slice(0, Math.max(0, at)).trim(), column.slice(at + 1).trim()]
    if (at === -1 || title === '' || path === '')
      throw new UsageError(`${where}: '${column}' must be TITLE:PATH, such as NAME:.name`)
    return { title, field: readField(path, list, where) }
  })
}

/** Splits at commas outside brackets. */
function columnTexts(text: string): string[] {
  const columns = ['']
  let depth = 0
  for (const character of text) {
    if (character === '[') depth++
    if (character === ']') depth--
    if (character === ',' && depth <= 0) columns.push('')
    else columns.push(`${columns.pop() ?? ''}${character}`)
  }
  return columns
}

/** The columns of a table. A condition shows its status. */
export function columnsOfFields(columns: readonly FieldColumn[]): Column<Listed<unknown>>[] {
  return columns.map(({ title, field }) => ({ title, cell: ({ tree }) => cellOf(field, tree) }))
}

function cellOf(field: Field, tree: Tree): Cell {
  const values = valuesAt(field, tree).filter(value => value !== null)
  const [first] = values
  if (first === undefined) return { text: NONE }
  if (isCondition(field) && isTreeObject(first))
    return statusCell(scalarText(first.get('status') ?? '') ?? '')
  return { text: values.map(value => scalarText(value) ?? compactJson(value)).join(',') }
}
