// Random histories, folded step by step by the module, and from the beginning by the oracle (contract 5.3, 6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { COMPATIBILITIES, type Compatibility } from '../../src/fleet/conditions.ts'
import type { ResourceKind } from '../../src/state/records.ts'
import { foldHistory, type HistoryEvent } from './conditions-oracle.ts'
import { stepThrough } from './conditions-steps.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const HISTORIES = 4000

/** Possible next events. Later events see a change of the list of required adapters. */
type Happening =
  | {
      readonly kind: 'report'
      readonly adapter: string
      readonly observedGeneration: number
      readonly seconds: number
      readonly available: 'True' | 'False' | 'Unknown'
      readonly words: { readonly reason?: string; readonly message?: string }
      readonly isFinalized: boolean
    }
  | { readonly kind: 'spec-changed' | 'deleted'; readonly later: number }
  | { readonly kind: 'compatibility'; readonly compatibility: Compatibility }
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
  isFinalized: fc.boolean(),
})

const specChange: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('spec-changed' as const),
  later: fc.integer({ min: 0, max: 3 }),
})

const deletion: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constant('deleted' as const),
  later: fc.integer({ min: 0, max: 3 }),
})

const anyCompatibility = fc.constantFrom(...COMPATIBILITIES)
const compatibilityChange: fc.Arbitrary<Happening> = anyCompatibility.map(compatibility => ({
  kind: 'compatibility',
  compatibility,
}))

const listChange: fc.Arbitrary<Happening> = shuffledList.map(required => ({ kind: 'required', required }))

const happenings = fc.array(
  fc.oneof(
    { arbitrary: report, weight: 10 },
    { arbitrary: specChange, weight: 2 },
    { arbitrary: listChange, weight: 1 },
    { arbitrary: compatibilityChange, weight: 1 },
    { arbitrary: deletion, weight: 1 },
  ),
  { maxLength: 20, size: 'max' },
)

const at = (seconds: number): bigint => BigInt(seconds) * 1_000_000n

interface Setting {
  readonly required: readonly string[]
  readonly compatibility: Compatibility
}

/** The history of these events. The server's own times never go back, and a deletion ends all changes. */
function historyOf(first: Setting, following: readonly Happening[]): HistoryEvent[] {
  const history: HistoryEvent[] = [{ kind: 'created', time: at(100), ...first }]
  let setting = first
  let seconds = 100
  let isDeleting = false
  for (const happening of following) {
    if (happening.kind === 'required') setting = { ...setting, required: happening.required }
    else if (happening.kind === 'compatibility')
      setting = { ...setting, compatibility: happening.compatibility }
    else if (happening.kind === 'report') {
      const { words, seconds: reported, ...rest } = happening
      history.push({ ...rest, ...words, observedTime: at(reported), ...setting })
    } else if (!isDeleting) {
      seconds += happening.later
      isDeleting = happening.kind === 'deleted'
      history.push({ kind: happening.kind, time: at(seconds), ...setting })
    }
  }
  return history
}

test('every step of a history gives the same conditions as its fold from the beginning (contract 1.5, 5.3, 5.6, 6, 11.7, 11.10)', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const kind = fc.constantFrom<ResourceKind>('Cluster', 'NodePool')
  const anySetting = fc.record({ required: shuffledList, compatibility: anyCompatibility })
  const anyHistory = fc.tuple(anySetting, happenings).map(([setting, all]) => historyOf(setting, all))
  const property = fc.property(kind, anyHistory, (resourceKind, history) => {
    const outcomes = stepThrough(resourceKind, history)
    outcomes.forEach((outcome, i) => {
      assert.deepStrictEqual(outcome, foldHistory(resourceKind, history.slice(0, i + 1)), `after event ${i}`)
    })
  })
  fc.assert(property, { seed: SEED, numRuns: HISTORIES })
})
