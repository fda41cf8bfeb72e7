// A second evaluator, as an oracle. It works on the syntax tree and shares no code with the server's evaluation: values become
// sortable strings, and a pattern is tried in every way.
import type { Literal, PredicateSyntax, Syntax } from '../../src/search/syntax/syntax.ts'
import type { Resource } from '../../src/state/records.ts'
import { type Instant, parseInstant } from '../../src/wire/instant.ts'
import { isStoredNumber, scaledNumber, specAt, textOf } from './naive-spec.ts'

/** True if a resource matches a search, which must be valid, at a time. */
export function naiveMatches(syntax: Syntax, record: Resource, now: Instant): boolean {
  const matches = (operand: Syntax) => naiveMatches(operand, record, now)
  if (syntax.kind === 'not') return !matches(syntax.operand)
  if (syntax.kind === 'and') return !syntax.operands.some(operand => !matches(operand))
  if (syntax.kind === 'or') return syntax.operands.filter(matches).length > 0
  const names = syntax.field.names
  if (names[0] === 'spec') return specMatches(syntax, record)
  const isCondition = names[0] === 'status'
  const value = readSortable(names, record)
  if (value === undefined) return !isCondition && isTrueOfNothing(syntax)
  return isTrueOf(syntax, value, literal => sortable(names, literal, now))
}

/** Contract 13.2-13.4. */
function specMatches(predicate: PredicateSyntax, record: Resource): boolean {
  const value = specAt(record.spec, predicate.field.names.slice(1))
  if (predicate.kind === 'null') return predicate.negated === (value !== undefined)
  const literals = literalsOf(predicate)
  const isNumeric = literals.length > 0 && literals.every(({ kind }) => kind === 'number')
  const sortable = isNumeric ? sortableNumber : toUtf32
  const text = sortable(textOf(value))
  if (text === undefined) return isTrueOfNothing(predicate)
  return isTrueOf(predicate, text, literal => {
    const own = literal.kind === 'string' ? literal.value : literal.text
    return sortable(isNumeric ? own.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1') : own) ?? ''
  })
}

function literalsOf(predicate: PredicateSyntax): readonly Literal[] {
  if (predicate.kind === 'compare') return [predicate.literal]
  if (predicate.kind === 'between') return [predicate.low, predicate.high]
  if (predicate.kind === 'like') return [predicate.pattern]
  return predicate.kind === 'in' ? predicate.literals : []
}

/** Numbers as strings in the order of their values; undefined for a text that is no number. */
function sortableNumber(text: string | undefined): string | undefined {
  const number = text === undefined ? undefined : scaledNumber(text)
  return number === undefined ? undefined : String(number + 10n ** 1600n).padStart(1602, '0')
}

/** True for the tests that a missing value passes, as contract 8.5 lists them. */
function isTrueOfNothing(predicate: PredicateSyntax): boolean {
  if (predicate.kind === 'compare') return predicate.operator === '!='
  return predicate.kind === 'null' ? !predicate.negated : predicate.negated
}

function isTrueOf(predicate: PredicateSyntax, value: string, read: (literal: Literal) => string): boolean {
  if (predicate.kind === 'compare') return comparesTo(value, predicate.operator, read(predicate.literal))
  return positivelyTrueOf(predicate, value, read) ? !predicate.negated : predicate.negated
}

function positivelyTrueOf(
  predicate: Exclude<PredicateSyntax, { kind: 'compare' }>,
  value: string,
  read: (literal: Literal) => string,
): boolean {
  switch (predicate.kind) {
    case 'in':
      return predicate.literals.map(read).includes(value)
    case 'between':
      return value >= read(predicate.low) && value <= read(predicate.high)
    case 'null':
      return false
    case 'like':
      return obviousLike(fromUtf32(value), predicate.pattern.value, predicate.ignoreCase)
  }
}

function comparesTo(value: string, operator: string, other: string): boolean {
  const holding = value === other ? ['=', '<=', '>='] : value < other ? ['!=', '<', '<='] : ['!=', '>', '>=']
  return holding.includes(operator)
}

/** The value of a field as a string whose order is that of the field's type. */
function readSortable(names: readonly string[], record: Resource): string | undefined {
  const [first, second, type, subfield = 'status'] = names
  if (first === 'spec') return sortableSpec(record.spec, names.slice(1))
  if (first === 'labels') return toUtf32(record.labels?.get(second ?? ''))
  if (first === 'generation') return sortableInteger(BigInt(record.generation))
  if (first === 'created_time') return sortableInteger(record.createdTime)
  if (first === 'updated_time') return sortableInteger(record.updatedTime)
  if (first === 'deleted_time')
    return record.deletedTime === undefined ? undefined : sortableInteger(record.deletedTime)
  if (first === 'name') return toUtf32(record.name)
  if (first === 'id') return toUtf32(record.id)
  if (first === 'kind') return toUtf32(record.kind)
  if (first === 'owner_id') return toUtf32(record.ownerId)
  if (first === 'created_by') return toUtf32(record.createdBy)
  if (first === 'updated_by') return toUtf32(record.updatedBy)
  if (first === 'deleted_by') return toUtf32(record.deletedBy)
  const condition = record.conditions.find(candidate => candidate.type === type)
  if (condition === undefined) return undefined
  if (subfield === 'status') return toUtf32(condition.status)
  if (subfield === 'observed_generation') return sortableInteger(BigInt(condition.observedGeneration))
  const isUpdate = subfield === 'last_updated_time'
  return sortableInteger(isUpdate ? condition.lastUpdatedTime : condition.lastTransitionTime)
}

/** Numbers before all other texts (contract 13.6). */
function sortableSpec(spec: string, path: readonly string[]): string | undefined {
  const value = specAt(spec, path)
  const text = textOf(value)
  if (text === undefined) return undefined
  return isStoredNumber(value) ? `0${sortableNumber(text)}` : `1${toUtf32(text)}`
}

type SortRows = <Row>(rows: readonly Row[], recordOf: (row: Row) => Resource) => readonly Row[]

/** The order of valid list parameters: rows sorted by one text each key, a missing value last in either direction. */
export function naiveOrder(orderBy: string | undefined, order: string | undefined): SortRows {
  const items = (orderBy ?? `created_time ${order ?? 'desc'}`).split(',').map(item => item.trim().split(' '))
  const keys = items.map(([field = '', direction = order ?? 'asc']) => ({
    names: field.split('.'),
    direction,
  }))
  const last = keys.at(-1)?.direction ?? 'asc'
  const all = [...keys, { names: ['id'], direction: last }]
  return (rows, recordOf) => {
    const sortable = rows.map(row => ({
      row,
      values: all.map(({ names }) => readSortable(names, recordOf(row))),
    }))
    sortable.sort((a, b) => {
      const at = all.findIndex((_, i) => a.values[i] !== b.values[i])
      const [x, y] = [a.values[at], b.values[at]]
      if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined)
      return (x < y ? -1 : 1) * (all[at]?.direction === 'desc' ? -1 : 1)
    })
    return sortable.map(({ row }) => row)
  }
}

function sortable(names: readonly string[], literal: Literal, now: Instant): string {
  const text = literal.kind === 'string' ? literal.value : literal.text
  const last = names.at(-1) ?? ''
  if (names[0] === 'labels') return toUtf32(text) ?? ''
  if (last.endsWith('generation')) return sortableInteger(BigInt(text))
  if (last.endsWith('_time')) return sortableInteger(obviousTime(text, now))
  return toUtf32(text) ?? ''
}

const UNIT_MICROS: Readonly<Record<string, bigint>> = {
  d: 86_400_000_000n,
  h: 3_600_000_000n,
  m: 60_000_000n,
  s: 1_000_000n,
  ms: 1000n,
}

/** The instant of a valid time, by adding or subtracting its parts one after another. */
function obviousTime(text: string, now: Instant): Instant {
  const small = text.toLowerCase()
  if (!small.startsWith('now')) return parseInstant(text) ?? 0n
  const sign = small[3] === '-' ? -1n : 1n
  return [...small.matchAll(/([0-9]+)([a-z]+)/g)].reduce(
    (time, [, digits = '', unit = '']) => time + sign * BigInt(digits) * (UNIT_MICROS[unit] ?? 0n),
    now,
  )
}

/** Integers of less than 40 digits as strings in the order of their values. */
function sortableInteger(value: bigint): string {
  return String(value + 10n ** 39n).padStart(40, '0')
}

/** Six hex digits a code point: their order as strings is that of the code points. */
function toUtf32(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const known = UTF32.get(text)
  if (known !== undefined) return known
  const digits = [...text].map(character => (character.codePointAt(0) ?? 0).toString(16).padStart(6, '0'))
  UTF32.set(text, digits.join(''))
  return digits.join('')
}

/** A fleet's texts are few, and each is asked for a thousand times. */
const UTF32 = new Map<string, string>()

function fromUtf32(digits: string): string {
  return (digits.match(/.{6}/g) ?? []).map(hex => String.fromCodePoint(Number.parseInt(hex, 16))).join('')
}

/** `like` by trying everything: exponential, and obviously correct. */
export function obviousLike(text: string, pattern: string, ignoreCase: boolean): boolean {
  return tryAll([...text], [...pattern], ignoreCase)
}

function tryAll(text: readonly string[], pattern: readonly string[], ignoreCase: boolean): boolean {
  const [head, ...rest] = pattern
  if (head === undefined) return text.length === 0
  if (head === '%') return [...text, ''].some((_, skipped) => tryAll(text.slice(skipped), rest, ignoreCase))
  if (text.length === 0) return false
  if (head === '_') return tryAll(text.slice(1), rest, ignoreCase)
  const [wanted = '', ...after] = head === '\\' ? rest : pattern
  const same = ignoreCase ? text[0]?.toLowerCase() === wanted.toLowerCase() : text[0] === wanted
  return same && tryAll(text.slice(1), after, ignoreCase)
}
