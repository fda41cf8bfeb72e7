// Converts label selectors with kubectl's syntax (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/) to
// searches. Both match a resource without the label for `a!=b` and `a notin (b)` (contract 8.5).
import { UsageError } from '../command.ts'

/** Searchable keys (contract 8.6). */
const KEY = /^[a-z0-9_]+$/
const IN = /^([^\s!=,()]+)\s+(in|notin)\s*\((.*)\)$/s
const COMPARED = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^=!<>(),]*)$/s
const PRESENT = /^(!?)\s*([^\s!=,()<>]+)$/s

/**
 * Converts a selector to a search; an empty one to an empty search.
 * @throws UsageError that names the invalid part
 */
export function selectorSearch(selector: string): string {
  const parts = partsOf(selector).map(part => part.trim())
  if (parts.length === 1 && parts[0] === '') return ''
  return parts.map(part => requirement(part, selector)).join(' and ')
}

/** The conjunction of two searches, either of which may be empty. */
export function joined(selected: string, search: string): string {
  if (selected === '' || search.trim() === '') return selected === '' ? search : selected
  if (!isBalanced(search)) throw new UsageError(`--search is '${search}': its parentheses are not balanced`)
  return `${selected} and (${search})`
}

/** Splits at commas outside parentheses. */
function partsOf(selector: string): string[] {
  const parts = ['']
  let depth = 0
  for (const character of selector) {
    if (character === '(') depth++
    if (character === ')') depth--
    if (character === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

function requirement(part: string, selector: string): string {
  const [, inKey, inOperator, inValues] = IN.exec(part) ?? []
  if (inKey !== undefined && inValues !== undefined && !/[()]/.test(inValues)) {
    const values = inValues.split(',').map(value => quoted(value.trim()))
    return `${field(inKey)} ${inOperator === 'in' ? 'in' : 'not in'} (${values.join(', ')})`
  }
  const [, key, operator, value] = COMPARED.exec(part) ?? []
  if (key !== undefined && value !== undefined)
    return `${field(key)} ${operator === '!=' ? '!=' : '='} ${quoted(value.trim())}`
  const [, negation, present] = PRESENT.exec(part) ?? []
  if (present !== undefined) return `${field(present)} is ${negation === '!' ? '' : 'not '}null`
  throw new UsageError(
    `--selector is '${selector}': '${part}' must be KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY`,
  )
}

function field(key: string): string {
  if (KEY.test(key)) return `labels.${key}`
  throw new UsageError(
    `--selector uses the label '${key}': only keys of lowercase letters, digits and underscores are searchable`,
  )
}

/** Quotes a string as a search literal (contract 8.2). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** True if parentheses outside strings are balanced. */
function isBalanced(search: string): boolean {
  let depth = 0
  for (const [character] of search.replace(/'[^']*('|$)/g, '').matchAll(/[()]/g)) {
    depth += character === '(' ? 1 : -1
    if (depth < 0) return false
  }
  return depth === 0
}
