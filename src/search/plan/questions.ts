// The questions of many searches about one record at a time: each written resource is asked if it matches the searches that are watched. Searches of a
// fleet are alike, so equal leaves of different searches share one answer for each record. A leaf with relative times is tested as of a moment.
import type { Instant } from '../../wire/instant.ts'
import type { Leaf } from '../check/checked.ts'
import { fieldName } from '../check/fields.ts'
import { type MovingLeaf, movingLeaves } from './moving-leaf.ts'
import type { PlanNode } from './plan.ts'
import type { Filter } from './prepared.ts'
import { type RecordTest, recordTest } from './record-test.ts'

/** A leaf with relative times, shared by the searches that have it. */
export interface SharedMovingLeaf<R> {
  /** As `MovingLeaf.changing`. */
  changing(low: Instant, high: Instant): readonly Leaf<R>[]
}

/** The question of one search. */
export interface Question<R> {
  /** The leaves whose answers change as time passes. */
  readonly moving: readonly SharedMovingLeaf<R>[]
  /** False if it reads no condition. New conditions then leave its answer as it was. */
  readonly readsConditions: boolean
  /** True if the record that was presented last matches. */
  passes(): boolean
  /** Ends the question. */
  drop(): void
}

/** The leaves of a filter. */
interface Leaves<R> {
  readonly now: readonly Leaf<R>[]
  /** Undefined for a filter without relative times. */
  readonly moving: readonly (MovingLeaf<R> | undefined)[] | undefined
}

export class Questions<R> {
  readonly #clock: () => Instant
  readonly #leaves = new Map<string, SharedLeaf<R>>()
  readonly #presented: Presented<R> = { record: undefined, number: 0, moment: 0n }
  /** The number of shared leaves with relative times. */
  #moving = 0

  /** @param clock the server's clock (contract 3.4), for relative times */
  constructor(clock: () => Instant) {
    this.#clock = clock
  }

  /** The number of different leaves. */
  get size(): number {
    return this.#leaves.size
  }

  /** The time that `now` is in the answers. It never goes back but in `moveTo`. */
  get moment(): Instant {
    return this.#presented.moment
  }

  /** Presents a record to all questions, as of the present. Its content must not change until the next one is presented. */
  present(record: R): void {
    this.#presented.record = record
    this.#presented.number++
    if (this.#moving > 0) this.#advance()
  }

  /** Moves the moment to the present, also back if the clock was set back. */
  moveToPresent(): void {
    this.#presented.moment = this.#clock()
  }

  /** Adds the question of a search. If it has relative times, its answers are as of the moment. */
  add({ root, leaves, relative }: Filter<R>): Question<R> {
    if (relative !== undefined && this.#moving === 0) this.moveToPresent()
    else if (relative !== undefined) this.#advance()
    const used: SharedLeaf<R>[] = []
    const moving = relative && movingLeaves(relative)
    const passes = this.#test(root, { now: leaves, moving }, used)
    return {
      moving: [...new Set(used.filter(({ isMoving }) => isMoving))],
      readsConditions: used.some(({ cost }) => cost === COSTS.condition),
      passes,
      drop: () => {
        for (const leaf of used.splice(0)) this.#leave(leaf)
      },
    }
  }

  #advance(): void {
    const now = this.#clock()
    if (now > this.#presented.moment) this.#presented.moment = now
  }

  #leave(leaf: SharedLeaf<R>): void {
    if (--leaf.users > 0) return
    this.#leaves.delete(leaf.key)
    if (leaf.isMoving) this.#moving--
  }

  /** Nests as deep as the query, which the grammar bounds. */
  #test(node: PlanNode, leaves: Leaves<R>, used: SharedLeaf<R>[]): () => boolean {
    if (node.kind === 'leaf') {
      const leaf = this.#share(node, leaves)
      used.push(leaf)
      return () => leaf.passes()
    }
    const tests = node.operands
      .toSorted((a, b) => costOf(a, leaves.now) - costOf(b, leaves.now))
      .map(operand => this.#test(operand, leaves, used))
    return node.kind === 'and' ? allOf(tests) : anyOf(tests)
  }

  #share(node: Extract<PlanNode, { kind: 'leaf' }>, { now, moving }: Leaves<R>): SharedLeaf<R> {
    const leaf = now[node.number]
    if (leaf === undefined) throw new Error('a plan has more leaves than its query')
    const move = moving?.[node.number]
    const key = keyOf(move?.far ?? leaf, node.negated)
    let shared = this.#leaves.get(key)
    if (shared === undefined) {
      shared = new SharedLeaf(key, { leaf, negated: node.negated, move }, this.#presented)
      this.#leaves.set(key, shared)
      if (shared.isMoving) this.#moving++
    }
    shared.users++
    return shared
  }
}

interface Presented<R> {
  record: R | undefined
  /** Each record has another one. */
  number: number
  moment: Instant
}

interface SharedLeafOptions<R> {
  readonly leaf: Leaf<R>
  readonly negated: boolean
  /** Undefined for a leaf that is the same at any time. */
  readonly move: MovingLeaf<R> | undefined
}

/** A leaf of one search or of several. It is tested at most once for each record. */
class SharedLeaf<R> implements SharedMovingLeaf<R> {
  readonly key: string
  readonly cost: number
  users = 0
  readonly #negated: boolean
  readonly #move: MovingLeaf<R> | undefined
  readonly #presented: Presented<R>
  #test: RecordTest<R>
  /** The moment of the test of a moving leaf. */
  #moment: Instant | undefined
  #asked = 0
  #answer = false

  constructor(key: string, { leaf, negated, move }: SharedLeafOptions<R>, presented: Presented<R>) {
    this.key = key
    this.cost = COSTS[costKind(leaf)]
    this.#negated = negated
    this.#move = move
    this.#presented = presented
    this.#test = testOf(leaf, negated)
  }

  get isMoving(): boolean {
    return this.#move !== undefined
  }

  changing(low: Instant, high: Instant): readonly Leaf<R>[] {
    return this.#move?.changing(low, high) ?? []
  }

  passes(): boolean {
    const { record, number } = this.#presented
    if (this.#asked !== number && record !== undefined) {
      this.#asked = number
      if (this.#move !== undefined) this.#follow(this.#move)
      this.#answer = this.#test(record)
    }
    return this.#answer
  }

  #follow(move: MovingLeaf<R>): void {
    const { moment } = this.#presented
    if (this.#moment === moment) return
    this.#moment = moment
    this.#test = testOf(move.at(moment), this.#negated)
  }
}

function testOf<R>(leaf: Leaf<R>, negated: boolean): RecordTest<R> {
  return recordTest({ kind: 'leaf', number: 0, negated }, [leaf])
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
