// A part of a plan as JavaScript, for the rows that no index can answer for. The source is put together from the
// fixed words of this file and from numbers; literals, label keys and condition types are read from the parameters.
import type { Resource, ResourceCondition } from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { Leaf, TextLeaf, ValueTest } from '../check/checked.ts'
import type { ColumnName } from '../check/fields.ts'
import { isLike } from '../syntax/like.ts'
import type { LeafShape, PlanLeaf, PlanNode, TestShape } from './plan-shape.ts'

/** Whether a record passes; the parameters are those of the whole query. */
export type RowTest = (resource: Resource, parameters: readonly unknown[]) => boolean

/** Each leaf has three parameters: whose value, and up to two values that it is compared with. */
const PARAMETERS_PER_LEAF = 3

/** The values of a query's leaves, in the places where compiled tests read them. */
export function bindParameters(leaves: readonly Leaf<Resource>[]): readonly unknown[] {
  return leaves.flatMap(leaf => {
    const [first, second] = testParameters(leaf)
    return [ownerOfValue(leaf), first, second]
  })
}

/** Compiles the source of a test. */
export function rowTest(source: string): RowTest {
  const make = new Function('labelOf', 'conditionOf', 'compareText', 'isLike', source)
  // What Function makes has no type of its own; the source below returns one function of this type.
  return make(labelOf, conditionOf, compareCodePoints, isLike) as RowTest
}

/** The source that a part of a plan is compiled from. */
export function rowTestSource(node: PlanNode): string {
  return `'use strict'\nreturn (resource, parameters) => {\n  let value\n  return ${source(node)}\n}`
}

function source(node: PlanNode): string {
  if (node.kind === 'leaf') return node.negated ? `!${leafSource(node)}` : leafSource(node)
  if (node.operands.length === 0) return node.kind === 'and' ? 'true' : 'false'
  return `(${node.operands.map(source).join(node.kind === 'and' ? ' && ' : ' || ')})`
}

/** Columns of resources; those of adapter statuses are in no plan. */
const COLUMN_SOURCES: Readonly<Partial<Record<ColumnName, string>>> = {
  id: 'resource.id',
  name: 'resource.name',
  kind: 'resource.kind',
  created_by: 'resource.createdBy',
  updated_by: 'resource.updatedBy',
  owner_id: 'resource.ownerId',
  generation: 'resource.generation',
  created_time: 'resource.createdTime',
  updated_time: 'resource.updatedTime',
}

function leafSource({ number, shape }: PlanLeaf): string {
  const [owner, first, second] = [0, 1, 2].map(i => `parameters[${number * PARAMETERS_PER_LEAF + i}]`)
  const read = readSource(shape, `${owner}`)
  switch (shape.kind) {
    case 'label':
    case 'text':
      return textSource(shape.test, read, `${first}`, `${second}`)
    case 'integer':
    case 'time':
      return numberSource(shape.test, read, `${first}`, `${second}`)
    case 'conditionStatus':
      return `((value = ${read}) !== undefined && value.status === ${first})`
    case 'conditionTime': {
      const member = shape.subfield === 'last_updated_time' ? 'lastUpdatedTime' : 'lastTransitionTime'
      return `((value = ${read}) !== undefined && value.${member} ${OPERATORS[shape.operator]} ${first})`
    }
    case 'conditionGeneration':
      return `((value = ${read}) !== undefined && value.observedGeneration ${OPERATORS[shape.operator]} ${first})`
  }
}

function readSource(shape: LeafShape, owner: string): string {
  if (shape.kind === 'label') return `labelOf(resource, ${owner})`
  if (!('column' in shape)) return `conditionOf(resource, ${owner})`
  const column = COLUMN_SOURCES[shape.column]
  if (column === undefined) throw new Error(`${shape.column} is no column of a resource`)
  return column
}

/** Loose equality, because a number equals a bigint of its value only by that. */
const OPERATORS = { '=': '==', '!=': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const

function textSource(test: TestShape, read: string, first: string, second: string): string {
  switch (test) {
    case '=':
      return `(${read} === ${first})`
    case 'in':
      return `${first}.has(${read})`
    case 'null':
      return `(${read} === undefined)`
    case 'like':
      return `((value = ${read}) !== undefined && isLike(value, ${first}))`
    case 'between': {
      const above = `compareText(value, ${first}) >= 0`
      return `((value = ${read}) !== undefined && ${above} && compareText(value, ${second}) <= 0)`
    }
    default:
      return `((value = ${read}) !== undefined && compareText(value, ${first}) ${OPERATORS[test]} 0)`
  }
}

/** Integers and times always have a value. */
function numberSource(test: Exclude<TestShape, 'like'>, read: string, first: string, second: string): string {
  switch (test) {
    case 'in':
      return `${first}.has(BigInt(${read}))`
    case 'null':
      return 'false'
    case 'between':
      return `(${read} >= ${first} && ${read} <= ${second})`
    default:
      return `(${read} ${OPERATORS[test]} ${first})`
  }
}

function ownerOfValue(leaf: Leaf<Resource>): string | undefined {
  if ('type' in leaf) return leaf.type
  return leaf.kind === 'text' && leaf.field.kind === 'label' ? leaf.field.key : undefined
}

function testParameters(leaf: Leaf<Resource>): readonly unknown[] {
  switch (leaf.kind) {
    case 'conditionStatus':
      return [leaf.status]
    case 'conditionTime':
    case 'conditionGeneration':
      return [leaf.value]
    case 'text':
    case 'integer':
    case 'time':
      return valueParameters(leaf.test)
  }
}

function valueParameters(test: ValueTest<bigint> | TextLeaf<Resource>['test']): readonly unknown[] {
  switch (test.kind) {
    case 'compare':
      return [test.value]
    case 'in':
      return [test.values]
    case 'between':
      return [test.low, test.high]
    case 'like':
      return [test.pattern]
    case 'null':
      return []
  }
}

function labelOf(resource: Resource, key: string): string | undefined {
  return resource.labels?.get(key)
}

function conditionOf(resource: Resource, type: string): ResourceCondition | undefined {
  return resource.conditions.find(condition => condition.type === type)
}
