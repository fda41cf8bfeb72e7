// Random searches as syntax trees, and their text in a random spelling.
import fc from 'fast-check'
import type {
  FieldSyntax,
  Literal,
  PredicateSyntax,
  StringLiteral,
  Syntax,
} from '../../src/search/syntax/syntax.ts'
import { operatorText } from '../../src/search/syntax/syntax.ts'

/** Few values, so that searches and records meet. */
export const TEXTS = ['', 'a', 'b', 'ab', 'A', "it's", '5', '😀', '\uffff', 'a%', 'back\\slash', 'é']
export const TIMES = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000001Z', '2026-01-02T02:00:00+02:00']
export const TYPES = ['Ready', 'Available', 'DnsSuccessful']

/** Paths in the specs of random fleets, and one that no spec has. */
export const SPEC_PATHS = ['a', 'b.a', 'b.c.d', 'b', '__proto__', 'none.a']

const string = (value: string): StringLiteral => ({ kind: 'string', value, offset: 0 })
const number = (text: string): Literal => ({ kind: 'number', text, offset: 0 })

const textLiteral: fc.Arbitrary<Literal> = fc.oneof(
  fc.constantFrom(...TEXTS).map(string),
  fc.constantFrom('5', '+5', '5.0', '1e3').map(number),
)
const integerLiteral: fc.Arbitrary<Literal> = fc.oneof(
  fc.constantFrom('0', '1', '2', '+2', '-3', '007', '123456789012345678901234567890').map(number),
  fc.constantFrom('1', '2', '-0').map(string),
)
const int32Literal = fc.constantFrom('0', '1', '2', '+2', '-2147483648', '2147483647').map(number)
/** With the `NOW` of the tests some of them are equal to times of the records. */
const RELATIVE_TIMES = [
  'now',
  'NOW-1D',
  'now-24h',
  'now-1439m59s1000ms',
  'now-1d0h',
  'now+0s',
  'now-23h59M59s999ms',
  'nOw-36500d',
  'now+1ms',
]
const timeLiteral: fc.Arbitrary<Literal> = fc.oneof(
  fc.constantFrom(...TIMES).map(string),
  fc.constantFrom(...RELATIVE_TIMES).map(string),
  fc.constantFrom(...RELATIVE_TIMES).map((text): Literal => ({ kind: 'relativeTime', text, offset: 0 })),
)
const pattern = fc
  .constantFrom('', '%', 'a%', '%b', '_', 'A_', '\\%', 'a\\%', '%\\\\%', "%'%", '😀', 'É')
  .map(string)

const comparison = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
type Comparison = Extract<PredicateSyntax, { kind: 'compare' }>['operator']

const fieldNamed = (...names: string[]): FieldSyntax => ({ names, offset: 0 })
const textField = fc.constantFrom(
  fieldNamed('name'),
  fieldNamed('id'),
  fieldNamed('labels', 'a'),
  fieldNamed('labels', 'in'),
  fieldNamed('labels', 'none'),
  fieldNamed('deleted_by'),
)
const timeField = fc.constantFrom(
  fieldNamed('created_time'),
  fieldNamed('updated_time'),
  fieldNamed('deleted_time'),
)

function compares(field: fc.Arbitrary<FieldSyntax>, literal: fc.Arbitrary<Literal>, operators = comparison) {
  return fc.record({ field, operator: operators, literal }).map(
    ({ field, operator, literal }): PredicateSyntax => ({
      ...parts(field),
      kind: 'compare',
      operator: operator as Comparison, // fast-check widens the constants it was given
      literal,
    }),
  )
}

function parts(field: FieldSyntax) {
  return { field, offset: 0, operatorOffset: 0 }
}

const specLiteral: fc.Arbitrary<Literal> = fc.oneof(
  textLiteral,
  fc
    .constantFrom(
      '5',
      '+5',
      '5.00',
      '05',
      '0',
      '-0',
      '1e3',
      '1000',
      '1e400',
      '-1E400',
      '1e-400',
      '12345678901234567890',
    )
    .map(number),
  fc.constantFrom('true', '5.0', '1e400', 'aaaa').map(string),
)
const specNumber = specLiteral.filter(({ kind }) => kind === 'number')
const specField = fc.constantFrom(...SPEC_PATHS).map(path => fieldNamed('spec', ...path.split('.')))

/** Every test that fields of all types take. */
function tests(
  field: fc.Arbitrary<FieldSyntax>,
  literal: fc.Arbitrary<Literal>,
): fc.Arbitrary<PredicateSyntax> {
  const negated = fc.boolean()
  return fc.oneof(
    compares(field, literal),
    fc
      .record({ field, negated, literals: fc.array(literal, { maxLength: 3 }) })
      .map(({ field, ...rest }): PredicateSyntax => ({ ...parts(field), kind: 'in', ...rest })),
    fc
      .record({ field, negated, low: literal, high: literal })
      .map(({ field, ...rest }): PredicateSyntax => ({ ...parts(field), kind: 'between', ...rest })),
    fc
      .record({ field, negated })
      .map(({ field, ...rest }): PredicateSyntax => ({ ...parts(field), kind: 'null', ...rest })),
  )
}

const likeTest: fc.Arbitrary<PredicateSyntax> = fc
  .record({ field: fc.oneof(textField, specField), negated: fc.boolean(), ignoreCase: fc.boolean(), pattern })
  .map(({ field, ...rest }) => ({ ...parts(field), kind: 'like', ...rest }))

const fieldTest = fc.oneof(
  tests(textField, textLiteral),
  likeTest,
  tests(specField, specLiteral),
  tests(specField, specNumber),
  tests(fc.constant(fieldNamed('generation')), integerLiteral),
  tests(timeField, timeLiteral),
)

const conditionField = (...subfields: string[]) =>
  fc
    .tuple(fc.constantFrom(...TYPES), fc.constantFrom(...subfields))
    .map(([type, subfield]) =>
      fieldNamed('status', 'conditions', type, ...(subfield === '' ? [] : [subfield])),
    )

const conditionTest = fc.oneof(
  compares(conditionField(''), fc.constantFrom('True', 'False').map(string), fc.constant('=')),
  compares(conditionField('observed_generation'), int32Literal),
  compares(conditionField('last_updated_time', 'last_transition_time'), timeLiteral),
)

const negatable = fc.letrec<{ tree: Syntax }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fieldTest,
    chain(tie('tree')),
    negation(tie('tree')),
  ),
})).tree

/** Searches that can be negated: without conditions. */
export const negatableSearches: fc.Arbitrary<Syntax> = negatable

/** Valid searches of clusters, conditions never under a `not`. */
export const searches: fc.Arbitrary<Syntax> = fc.letrec<{ tree: Syntax }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fieldTest,
    conditionTest,
    chain(tie('tree')),
    negation(negatable),
  ),
})).tree

function chain(operand: fc.Arbitrary<Syntax>): fc.Arbitrary<Syntax> {
  return fc
    .record({
      kind: fc.constantFrom('and', 'or'),
      operands: fc.array(operand, { minLength: 2, maxLength: 4 }),
    })
    .map(
      ({ kind, operands }): Syntax =>
        kind === 'and' ? { kind: 'and', operands, offset: 0 } : { kind: 'or', operands, offset: 0 },
    )
}

function negation(operand: fc.Arbitrary<Syntax>): fc.Arbitrary<Syntax> {
  return operand.map(operand => ({ kind: 'not', operand, offset: 0 }))
}

/** A spelling: numbers taken one after another, each deciding one thing. */
export const spellings = fc.array(fc.nat(11), { minLength: 1, maxLength: 40 })

/** The text of a tree, with the keywords, spaces, brackets and spare parentheses of a spelling. */
export function printSearch(syntax: Syntax, spelling: readonly number[]): string {
  let taken = 0
  const choose = (choices: number) => (spelling[taken++ % spelling.length] ?? 0) % choices
  const space = () => [' ', '  ', '\t', '\r\n '][choose(4)] ?? ' '
  const word = (text: string) => (choose(3) === 0 ? text.toUpperCase() : text).replaceAll(' ', space)
  const gap = () => (choose(2) === 0 ? '' : space())

  const tree = (node: Syntax): string => {
    if (node.kind === 'not')
      return `${word('not')}${space()}${operand(node.operand, node.operand.kind !== 'not')}`
    if (node.kind !== 'and' && node.kind !== 'or') return predicate(node)
    const inside = (child: Syntax) => operand(child, child.kind === node.kind || child.kind === 'or')
    return node.operands.map(inside).join(`${space()}${word(node.kind)}${space()}`)
  }
  const operand = (node: Syntax, needsParentheses: boolean) => {
    const isSimple = node.kind !== 'and' && node.kind !== 'or'
    const spare = choose(6) === 0
    return (needsParentheses && !isSimple) || spare ? `(${gap()}${tree(node)}${gap()})` : tree(node)
  }
  const literal = (value: Literal) =>
    value.kind === 'string' ? `'${value.value.replaceAll("'", "''")}'` : value.text
  const predicate = (node: PredicateSyntax): string => {
    const field = node.field.names.join('.')
    if (node.kind === 'compare') {
      const operator = node.operator === '!=' && choose(2) === 0 ? '<>' : node.operator
      return `${field}${gap()}${operator}${gap()}${literal(node.literal)}`
    }
    const start = `${field}${space()}${word(operatorText(node))}`
    if (node.kind === 'null') return start
    if (node.kind === 'like') return `${start}${gap()}${literal(node.pattern)}`
    if (node.kind === 'between') {
      return `${start}${space()}${literal(node.low)}${space()}${word('and')}${space()}${literal(node.high)}`
    }
    const items = node.literals.map(literal).join(`${gap()},${gap()}`)
    return choose(2) === 0 ? `${start}${gap()}(${items})` : `${start}${gap()}[${items}]`
  }
  return tree(syntax)
}
