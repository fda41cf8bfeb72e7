// A part of a plan as a test of records, made of closures.

import { valueText } from '../../wire/json-paths.ts'
import type { ConditionLeaf, Leaf, SpecLeaf } from '../check/checked.ts'
import { isLikeInSteps, type LikePattern } from '../syntax/like.ts'
import { integerTest, textTest, valueTest } from './match.ts'
import type { PlanNode } from './plan.ts'
import { hasNoText, spanTest } from './spec-test.ts'
import { SpecValues } from './spec-values.ts'

export type RecordTest<R> = (record: R) => boolean

/** A part of a plan as a test of one record. Nests as deep as the query, which the grammar bounds (contract 8.1). */
export function recordTest<R>(root: PlanNode, leaves: readonly Leaf<R>[]): RecordTest<R> {
  return nodeTest(root, leaves, valuesOf(root, leaves, Number.POSITIVE_INFINITY))
}

/** Steps of a test that take some hundred microseconds. A value in the spec is not bounded as other values are. */
const LONG_TEST_STEPS = 65_536

/** The same for long work over many records: it says how much was read, and tests a record with long values in steps. */
export class RowTest<R> {
  readonly #root: PlanNode
  readonly #leaves: readonly Leaf<R>[]
  readonly #values: SpecValues<R> | undefined
  /** The work of testing one record, as a number of simple leaves. */
  readonly leafCount: number
  /** The result counts unless the test was too long. */
  readonly passes: RecordTest<R>

  constructor(root: PlanNode, leaves: readonly Leaf<R>[]) {
    this.#root = root
    this.#leaves = leaves
    this.#values = valuesOf(root, leaves, LONG_TEST_STEPS)
    this.leafCount = leavesOf(root, leaves).reduce(
      (count, leaf) => count + 1 + patternLength(leaf) / SHORT_PATTERN,
      0,
    )
    this.passes = nodeTest(root, leaves, this.#values)
  }

  /** Bytes of specs that were read since the last call. */
  takeBytesRead(): number {
    return this.#values?.takeBytesRead() ?? 0
  }

  /** True if the last test has ended early, because values in the spec are too long for it. Call it after each test. */
  wasTooLong(): boolean {
    return this.#values?.takeIsOverLimit() === true
  }

  /** The test of a record for which the other one was too long. The record must keep its bytes. */
  passesInSteps(record: R): Generator<undefined, boolean, undefined> {
    const values = valuesOf(this.#root, this.#leaves, Number.POSITIVE_INFINITY)
    return nodeInSteps(this.#root, this.#leaves, values, record)
  }
}

function* nodeInSteps<R>(
  node: PlanNode,
  leaves: readonly Leaf<R>[],
  values: SpecValues<R> | undefined,
  record: R,
): Generator<undefined, boolean, undefined> {
  switch (node.kind) {
    case 'and':
      for (const operand of node.operands)
        if (!(yield* nodeInSteps(operand, leaves, values, record))) return false
      return true
    case 'or':
      for (const operand of node.operands)
        if (yield* nodeInSteps(operand, leaves, values, record)) return true
      return false
    case 'leaf': {
      const leaf = leafAt(node.number, leaves)
      yield
      if (leaf.kind !== 'spec' || leaf.test.test.kind !== 'like' || values === undefined)
        return leafTest(leaf, node.negated, values)(record)
      values.read(record)
      return (yield* isLikeInPlace(leaf, leaf.test.test.pattern, values)) !== node.negated
    }
  }
}

function* isLikeInPlace<R>(
  { field }: SpecLeaf<R>,
  pattern: LikePattern,
  values: SpecValues<R>,
): Generator<undefined, boolean, undefined> {
  const place = values.placeOf(field)
  const [start = 0, end = 0] = [values.starts[place], values.ends[place]]
  if (hasNoText(values.bytes, start)) return false
  return yield* isLikeInSteps(valueText(values.bytes, start, end), pattern)
}

/** Undefined without a leaf about the spec. */
function valuesOf<R>(
  root: PlanNode,
  leaves: readonly Leaf<R>[],
  maxSteps: number,
): SpecValues<R> | undefined {
  const fields = leavesOf(root, leaves).flatMap(leaf => (leaf.kind === 'spec' ? [leaf.field] : []))
  return fields.length === 0 ? undefined : new SpecValues(fields, maxSteps)
}

/** The length of a pattern that takes about as long as another leaf. */
const SHORT_PATTERN = 32

function patternLength<R>(leaf: Leaf<R>): number {
  const test = leaf.kind === 'spec' ? leaf.test.test : leaf.kind === 'text' ? leaf.test : undefined
  return test?.kind === 'like' ? test.pattern.items.length : 0
}

/** The leaves of a part of a plan, from left to right. */
export function leavesOf<R>(node: PlanNode, leaves: readonly Leaf<R>[]): readonly Leaf<R>[] {
  if (node.kind === 'leaf') return [leafAt(node.number, leaves)]
  return node.operands.flatMap(operand => leavesOf(operand, leaves))
}

function leafAt<R>(number: number, leaves: readonly Leaf<R>[]): Leaf<R> {
  const leaf = leaves[number]
  if (leaf === undefined) throw new Error('a plan has more leaves than its query')
  return leaf
}

function nodeTest<R>(
  node: PlanNode,
  leaves: readonly Leaf<R>[],
  values: SpecValues<R> | undefined,
): RecordTest<R> {
  switch (node.kind) {
    case 'and':
      return allOf(node.operands.map(operand => nodeTest(operand, leaves, values)))
    case 'or':
      return anyOf(node.operands.map(operand => nodeTest(operand, leaves, values)))
    case 'leaf':
      return leafTest(leafAt(node.number, leaves), node.negated, values)
  }
}

function allOf<R>(tests: readonly RecordTest<R>[]): RecordTest<R> {
  return record => {
    for (const test of tests) if (!test(record)) return false
    return true
  }
}

function anyOf<R>(tests: readonly RecordTest<R>[]): RecordTest<R> {
  return record => {
    for (const test of tests) if (test(record)) return true
    return false
  }
}

/** @param negated from the plan; replaces the leaf's own */
function leafTest<R>(leaf: Leaf<R>, negated: boolean, values: SpecValues<R> | undefined): RecordTest<R> {
  switch (leaf.kind) {
    case 'text': {
      const { field } = leaf
      const passes = textTest(leaf.test)
      return field.kind === 'label'
        ? record => passes(field.labels(record)?.get(field.key)) !== negated
        : record => passes(field.read(record)) !== negated
    }
    case 'integer':
    case 'time': {
      const { field } = leaf
      const passes = integerTest(leaf.test)
      return record => passes(field.read(record)) !== negated
    }
    case 'spec':
      return specLeafTest(leaf, negated, values)
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return conditionTest(leaf)
  }
}

function specLeafTest<R>(
  leaf: SpecLeaf<R>,
  negated: boolean,
  values: SpecValues<R> | undefined,
): RecordTest<R> {
  const { field, test } = leaf
  if (values === undefined) throw new Error(`the values of ${field.name} are not read`)
  const passes = spanTest(test)
  const stepsPerByte = 1 + patternLength(leaf)
  const place = values.placeOf(field)
  const { starts, ends } = values
  return record => {
    values.read(record)
    const start = starts[place] as number
    const end = ends[place] as number
    return values.allow((end - start) * stepsPerByte) && passes(values.bytes, start, end) !== negated
  }
}

/** A record without the condition passes no test, `!=` included (contract 8.8). */
function conditionTest<R>(leaf: ConditionLeaf<R>): RecordTest<R> {
  const { field } = leaf
  const conditionOf = (record: R) => field.conditions(record).find(({ type }) => type === field.type)
  switch (leaf.kind) {
    case 'conditionStatus':
      return record => conditionOf(record)?.status === leaf.status
    case 'conditionTime': {
      const passes = integerTest(leaf.test)
      return leaf.subfield === 'last_updated_time'
        ? record => passes(conditionOf(record)?.lastUpdatedTime)
        : record => passes(conditionOf(record)?.lastTransitionTime)
    }
    case 'conditionGeneration': {
      const passes = valueTest<number>(leaf.test, (a, b) => a - b)
      return record => passes(conditionOf(record)?.observedGeneration)
    }
  }
}
