// Random histories, folded step by step by the module and from the beginning by the oracle (contract 5.3, 6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ResourceKind } from '../../src/state/records.ts'
import { foldHistory, type HistoryEvent } from './conditions-oracle.ts'
import { stepThrough } from './conditions-steps.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const HISTORIES = 4000

/** What may happen next; a change of the list of required adapters is seen by the events after it. */
type Happening =
  | {
      readonly kind: 'report'
      readonly adapter: string
      readonly observedGeneration: number
      readonly seconds: number
      readonly available: 'True' | 'False' | 'Unknown'
      readonly words: { readonly reason?: string; readonly message?: string }
    }
  | { readonly kind: 'spec-changed'; readonly later: number }
  | { readonly kind: 'required'; readonly required: readonly string[] }

const ADAPTERS = ['dns', 'gcp-provisioner', 'validator', 'a1'] as const
const requiredList = fc.subarray([...ADAPTERS, 'never-reports'], { maxLength: 3 })
const shuffledList = requiredList.chain(list => fc.shuffledSubarray(list, { minLength: list.length }))

const report: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('report' as const),
  adapter: fc.constantFrom(...ADAPTERS),
  observedGeneration: fc.constantFrom(1, 1, 1, 2, 2, 3, 4),
  seconds: fc.integer({ min: 98, max: 112 }),
  available: fc.constantFrom('True', 'True', 'True', 'False', 'False', 'Unknown'),
  words: fc.record(
    { reason: fc.constantFrom('Broken', 'Fine'), message: fc.constantFrom('one', 'two') },
    { requiredKeys: [] },
  ),
})

const specChange: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('spec-changed' as const),
  later: fc.integer({ min: 0, max: 3 }),
})

const listChange: fc.Arbitrary<Happening> = shuffledList.map(required => ({ kind: 'required', required }))

const happenings = fc.array(
  fc.oneof(
    { arbitrary: report, weight: 10 },
    { arbitrary: specChange, weight: 2 },
    { arbitrary: listChange, weight: 1 },
  ),
  { maxLength: 20, size: 'max' },
)

const at = (seconds: number): bigint => BigInt(seconds) * 1_000_000n

/** The history that the happenings make; the server's own times never go back. */
function historyOf(firstRequired: readonly string[], following: readonly Happening[]): HistoryEvent[] {
  const history: HistoryEvent[] = [{ kind: 'created', time: at(100) }]
  let required = firstRequired
  let seconds = 100
  for (const happening of following) {
    if (happening.kind === 'required') required = happening.required
    else if (happening.kind === 'spec-changed') {
      seconds += happening.later
      history.push({ kind: 'spec-changed', time: at(seconds), required })
    } else {
      const { words, seconds: reported, ...rest } = happening
      history.push({ ...rest, ...words, observedTime: at(reported), required })
    }
  }
  return history
}

test('every history ends in the same conditions as its fold from the beginning, at every step (contract 5.3, 5.6, 6)', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const kind = fc.constantFrom<ResourceKind>('Cluster', 'NodePool')
  const anyHistory = fc.tuple(shuffledList, happenings).map(([required, all]) => historyOf(required, all))
  const property = fc.property(kind, anyHistory, (resourceKind, history) => {
    const outcomes = stepThrough(resourceKind, history)
    outcomes.forEach((outcome, i) => {
      assert.deepStrictEqual(outcome, foldHistory(resourceKind, history.slice(0, i + 1)), `after event ${i}`)
    })
  })
  fc.assert(property, { seed: SEED, numRuns: HISTORIES })
})
