// The parser and the check of searches under hostile queries: nothing crashes, the limits hold, and the work is
// linear, counted in steps. The short form runs with all tests; HYPERFLEET_TEST_INPUTS asks for more, and
// HYPERFLEET_TEST_SEED resumes an interrupted run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordTest } from '../../src/search/plan/record-test.ts'
import { MAX_QUERY_BYTES, MAX_QUERY_DEPTH, parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { readsToParse } from './counted-text.ts'
import { hostileQueries, likeSource } from './hostile-queries.ts'
import { looks, mostLooks } from './like-looks.ts'
import { prepare, resource } from './sample.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const INPUTS = Number(process.env.HYPERFLEET_TEST_INPUTS ?? 20_000)
const BLOCK = 500
const PRINT_EVERY = 50_000
/** Most reads for each character: at the start of a predicate the parser tries nine keywords. */
const MOST_READS_PER_CHARACTER = 60
const SLOWEST_SHOWN = 5

interface Cost {
  readonly steps: number
  readonly input: string
}

test('contract 8.1, 8.2: whatever a query holds, it is answered within the limits and in linear work', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_INPUTS=${INPUTS}`)
  let slowest: Cost[] = []
  for (let done = 0, seed = SEED; done < INPUTS; seed++) {
    const where = `HYPERFLEET_TEST_SEED=${seed} HYPERFLEET_TEST_INPUTS=${BLOCK}`
    slowest = costliest([...slowest, ...hostileQueries(seed, BLOCK).map(query => checkQuery(query, where))])
    done += BLOCK
    if (done % PRINT_EVERY === 0)
      console.log(
        `${done} inputs; go on with HYPERFLEET_TEST_SEED=${seed + 1} HYPERFLEET_TEST_INPUTS=${INPUTS - done}`,
      )
  }
  printSlowest('characters read', slowest)
})

test('contract 8.2: hostile patterns cost at most the pattern times the text', () => {
  const random = new RandomStream('patterns', SEED)
  let slowest: Cost[] = []
  for (let done = 0; done < INPUTS / 10; done++) {
    const source = likeSource(random)
    const text = random.pick(['a', 'ab', 'aab', 'b', '😀']).repeat(random.between(0, 60))
    const steps = looks(text, source)
    assert(steps <= mostLooks(text, source), `${source} on ${text}, HYPERFLEET_TEST_SEED=${SEED}`)
    slowest = costliest([...slowest, { steps, input: `${source} on ${text}` }])
  }
  printSlowest('looks at the pattern', slowest)
})

function checkQuery(input: string, where: string): Cost {
  const query = input.trim()
  const message = `${where}: ${JSON.stringify(query)}`
  if (query === '') return { steps: 0, input: query }
  const parsed = guarded(() => parseSearch(query), message)
  const isTooLong = Buffer.byteLength(query) > MAX_QUERY_BYTES
  if (parsed.kind === 'syntax') {
    assert(!isTooLong, message)
    assert(nots(parsed.syntax) <= MAX_QUERY_DEPTH && parentheses(query) <= MAX_QUERY_DEPTH + 1, message)
  } else {
    const [error] = parsed.fault.errors
    assert.equal(error?.constraint === 'maxLength', isTooLong, message)
    assert(isTooLong || (error?.offset ?? -1) >= 0, message)
    assert((error?.offset ?? 0) <= [...query].length, message)
  }
  guarded(() => prepareAndTest(input), message)
  const steps = isTooLong ? 0 : readsToParse(query)
  assert(steps <= MOST_READS_PER_CHARACTER * (query.length + 1), `${steps} steps, ${message}`)
  return { steps, input: query }
}

/** The only way to fail is to answer with a fault. */
function prepareAndTest(search: string): void {
  for (const target of ['Cluster', 'NodePool'] as const) {
    const query = prepare({ search }, target)
    if (query.kind === 'fault') assert.notEqual(query.fault.detail, '')
    else if (query.filter !== undefined)
      recordTest(query.filter.root, query.filter.leaves)(resource({ kind: target }))
  }
}

function guarded<T>(work: () => T, message: string): T {
  try {
    return work()
  } catch (error) {
    throw new Error(message, { cause: error })
  }
}

/** The deepest nesting of `not` in a tree. */
function nots(syntax: Syntax): number {
  if (syntax.kind === 'not') return 1 + nots(syntax.operand)
  return 'operands' in syntax ? Math.max(...syntax.operands.map(nots)) : 0
}

/** The deepest nesting of parentheses outside strings, including the parentheses of lists. */
function parentheses(query: string): number {
  let depth = 0
  let deepest = 0
  for (const character of query.replace(/'[^']*'/g, '')) {
    if (character === '(') depth += 1
    if (character === ')') depth -= 1
    deepest = Math.max(deepest, depth)
  }
  return deepest
}

function costliest(costs: readonly Cost[]): Cost[] {
  return costs.toSorted((a, b) => b.steps - a.steps).slice(0, SLOWEST_SHOWN)
}

function printSlowest(unit: string, slowest: readonly Cost[]): void {
  for (const { steps, input } of slowest)
    console.log(`${steps} ${unit}, length ${input.length}: ${JSON.stringify(input.slice(0, 60))}`)
}
