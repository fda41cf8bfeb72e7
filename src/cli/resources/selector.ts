// Label selectors in the form of kubectl's (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/), as
// searches. Both treat a resource without the label alike: `a!=b` and `a notin (b)` find it too (contract 8.5).
import { UsageError } from '../command.ts'

/** Keys that can be searched (contract 8.6). */
const KEY = /^[a-z0-9_]+$/
const IN = /^([^\s!=,()]+)\s+(in|notin)\s*\((.*)\)$/s
const COMPARED = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^=!<>(),]*)$/s
const PRESENT = /^(!?)\s*([^\s!=,()<>]+)$/s

/**
 * The search for a selector; empty for an empty one.
 * @throws UsageError that says which part is wrong
 */
export function selectorSearch(selector: string): string {
  const parts = partsOf(selector).map(part => part.trim())
  if (parts.length === 1 && parts[0] === '') return ''
  return parts.map(part => requirement(part, selector)).join(' and ')
}

/** One search for what both find; either may be empty. */
export function joined(selected: string, search: string): string {
  if (selected === '' || search.trim() === '') return selected === '' ? search : selected
  if (!isBalanced(search))
    throw new UsageError(`--search is '${search}': it has a parenthesis too few or too many`)
  return `${selected} and (${search})`
}

/** Parts between the commas outside parentheses. */
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
    `--selector names the label '${key}': only keys of lowercase letters, digits and underscores can be searched`,
  )
}

/** A string as a search literal (contract 8.2). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Outside strings, no parenthesis closes that none has opened, and all are closed. */
function isBalanced(search: string): boolean {
  let depth = 0
  for (const [character] of search.replace(/'[^']*('|$)/g, '').matchAll(/[()]/g)) {
    depth += character === '(' ? 1 : -1
    if (depth < 0) return false
  }
  return depth === 0
}
