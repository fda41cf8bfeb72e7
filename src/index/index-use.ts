// The memory of each index, by name, for metrics and benchmarks.
import type { ConditionIndex } from './conditions.ts'
import type { ResourceIndex } from './resource-index.ts'
import type { ValueIndex } from './value-index.ts'

/** The memory of one index of a kind of resource. */
export interface IndexUse {
  /** Such as `Cluster labels.env` or `NodePool status.conditions.Ready.last_updated_time`. */
  readonly name: string
  /** Of linear memory. */
  readonly bytes: number
  /** Number of slots with a value. */
  readonly entries: number
}

interface Sized {
  readonly bytes: number
  readonly size: number
}

/** The memory of every index of a kind, named by its field. */
export function indexUses(index: ResourceIndex): IndexUse[] {
  const named = (uses: readonly IndexUse[]) =>
    uses.map(use => ({ ...use, name: `${index.kind} ${use.name}` }))
  return named([
    valueUse('name', index.names),
    valueUse('owner_id', index.owners),
    valueUse('created_by', index.creators),
    valueUse('updated_by', index.updaters),
    { name: 'deleted_by', bytes: index.deleters.bytes, entries: index.deleters.presence.size },
    valueUse('generation', index.generations),
    columnUse('generation column', index.generationColumn),
    columnUse('created_time', index.createdTimes),
    columnUse('updated_time', index.updatedTimes),
    columnUse('deleted_time', index.deletedTimes),
    { name: 'slots', bytes: index.living.bytes, entries: index.count },
    {
      name: 'labels',
      bytes: index.labels.presence.bytes + index.labels.others.bytes,
      entries: index.labels.presence.size,
    },
    { name: 'conditions', bytes: index.conditions.presence.bytes, entries: index.conditions.presence.size },
    ...[...index.labels.entries()].map(([key, label]) => ({
      name: `labels.${key}`,
      bytes: label.bytes,
      entries: label.presence.size,
    })),
    ...[...index.specs.entries()].map(([path, spec]) => ({
      name: path,
      bytes: spec.bytes,
      entries: spec.presence.size,
    })),
    ...[...index.conditions.entries()].flatMap(([type, condition]) => conditionUses(type, condition)),
    { name: 'adapters', bytes: index.adapters.presence.bytes, entries: index.adapters.presence.size },
    ...[...index.adapters.entries()].flatMap(([adapter, { bytes, presence, lastReportTimes }]) => [
      { name: `adapters.${adapter}`, bytes, entries: presence.size },
      columnUse(`adapters.${adapter}.last_report_time`, lastReportTimes),
    ]),
  ])
}

function conditionUses(type: string, condition: ConditionIndex): IndexUse[] {
  const name = `status.conditions.${type}`
  const lists = [condition.presence, condition.withStatus('True'), condition.withStatus('False')]
  const bytes = lists.reduce((sum, list) => sum + list.bytes, 0)
  return [
    { name, bytes, entries: condition.presence.size },
    columnUse(`${name}.last_updated_time`, condition.lastUpdatedTimes),
    columnUse(`${name}.last_transition_time`, condition.lastTransitionTimes),
    columnUse(`${name}.observed_generation`, condition.observedGenerations),
  ]
}

function valueUse(name: string, index: ValueIndex<string> | ValueIndex<number>): IndexUse {
  return { name, bytes: index.bytes, entries: index.slotCount }
}

function columnUse(name: string, column: Sized): IndexUse {
  return { name, bytes: column.bytes, entries: column.size }
}
