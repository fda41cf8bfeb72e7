// The questions of many searches about one record at a time: each written resource is asked if it matches the searches that are watched. Searches of a
// fleet are alike, so equal leaves of different searches share one answer for each record.
import type { Leaf } from '../check/checked.ts'
import { fieldName } from '../check/fields.ts'
import type { Plan, PlanNode } from './plan.ts'
import { type RecordTest, recordTest } from './record-test.ts'

/** The question of one search. */
export interface Question {
  /** False if it reads no condition. New conditions then leave its answer as it was. */
  readonly readsConditions: boolean
  /** True if the record that was presented last matches. */
  passes(): boolean
  /** Ends the question. */
  drop(): void
}

export class Questions<R> {
  readonly #leaves = new Map<string, SharedLeaf<R>>()
  readonly #presented: Presented<R> = { record: undefined, number: 0 }

  /** The number of different leaves. */
  get size(): number {
    return this.#leaves.size
  }

  /** Presents a record to all questions. Its content must not change until the next one is presented. */
  present(record: R): void {
    this.#presented.record = record
    this.#presented.number++
  }

  /** Adds the question of a search. */
  add({ root, leaves }: Plan<R>): Question {
    const used: SharedLeaf<R>[] = []
    const passes = this.#test(root, leaves, used)
    return {
      readsConditions: used.some(({ cost }) => cost === COSTS.condition),
      passes,
      drop: () => {
        for (const leaf of used.splice(0)) if (--leaf.users === 0) this.#leaves.delete(leaf.key)
      },
    }
  }

  /** Nests as deep as the query, which the grammar bounds. */
  #test(node: PlanNode, leaves: readonly Leaf<R>[], used: SharedLeaf<R>[]): () => boolean {
    if (node.kind === 'leaf') {
      const leaf = this.#share(node, leaves)
      used.push(leaf)
      return () => leaf.passes()
    }
    const tests = node.operands
      .toSorted((a, b) => costOf(a, leaves) - costOf(b, leaves))
      .map(operand => this.#test(operand, leaves, used))
    return node.kind === 'and' ? allOf(tests) : anyOf(tests)
  }

  #share(node: Extract<PlanNode, { kind: 'leaf' }>, leaves: readonly Leaf<R>[]): SharedLeaf<R> {
    const leaf = leaves[node.number]
    if (leaf === undefined) throw new Error('a plan has more leaves than its query')
    const key = keyOf(leaf, node.negated)
    let shared = this.#leaves.get(key)
    if (shared === undefined) {
      shared = new SharedLeaf(key, recordTest(node, leaves), COSTS[costKind(leaf)], this.#presented)
      this.#leaves.set(key, shared)
    }
    shared.users++
    return shared
  }
}

interface Presented<R> {
  record: R | undefined
  /** Each record has another one. */
  number: number
}

/** A leaf of one search or of several. It is tested at most once for each record. */
class SharedLeaf<R> {
  readonly key: string
  readonly cost: number
  users = 0
  readonly #test: RecordTest<R>
  readonly #presented: Presented<R>
  #asked = 0
  #answer = false

  constructor(key: string, test: RecordTest<R>, cost: number, presented: Presented<R>) {
    this.key = key
    this.cost = cost
    this.#test = test
    this.#presented = presented
  }

  passes(): boolean {
    const { record, number } = this.#presented
    if (this.#asked !== number && record !== undefined) {
      this.#asked = number
      this.#answer = this.#test(record)
    }
    return this.#answer
  }
}

function allOf(tests: readonly (() => boolean)[]): () => boolean {
  return () => {
    for (const test of tests) if (!test()) return false
    return true
  }
}

function anyOf(tests: readonly (() => boolean)[]): () => boolean {
  return () => {
    for (const test of tests) if (test()) return true
    return false
  }
}

/** A report brings the conditions with it; everything else is read from the document, and the spec by a scan. */
const COSTS = { condition: 0, member: 1, spec: 8 } as const

function costKind<R>({ kind }: Leaf<R>): keyof typeof COSTS {
  switch (kind) {
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return 'condition'
    case 'spec':
      return 'spec'
    case 'text':
    case 'integer':
    case 'time':
      return 'member'
  }
}

function costOf<R>(node: PlanNode, leaves: readonly Leaf<R>[]): number {
  if (node.kind !== 'leaf') return node.operands.reduce((sum, operand) => sum + costOf(operand, leaves), 0)
  const leaf = leaves[node.number]
  return leaf === undefined ? 0 : COSTS[costKind(leaf)]
}

/** Names a leaf. Two leaves of one kind of record have the same name only if they test the same. */
function keyOf<R>({ kind, field, ...test }: Leaf<R>, negated: boolean): string {
  return JSON.stringify([kind, fieldName(field), negated, { ...test, negated: undefined }], (_, value) => {
    if (typeof value === 'bigint') return `${value}n`
    return value instanceof Set ? [...value] : value
  })
}
