// The oracle of the indexes: plain maps and arrays, rebuilt from the records. The maintained indexes are written out in the same
// form for comparison.

import { listSlots } from '../../src/index/posting-list.ts'
import type { ResourceIndex } from '../../src/index/resource-index.ts'
import type { ValueIndex } from '../../src/index/value-index.ts'
import { isSearchableLabelKey } from '../../src/search/check/fields.ts'
import type { Resource } from '../../src/state/records.ts'
import { parseInstant } from '../../src/wire/instant.ts'
import { isStoredNumber, specAt, textOf } from '../search/naive-spec.ts'

function instant(text: string): bigint {
  const parsed = parseInstant(text)
  if (parsed === undefined) throw new Error(`${text} is no time`)
  return parsed
}

type Value = string | number | bigint

/** By field: the slots of each value, ascending; the column by slot; the slots that have the field. */
export class PlainIndex {
  readonly values = new Map<string, Map<Value, number[]>>()
  readonly columns = new Map<string, Map<number, Value>>()
  readonly presences = new Map<string, number[]>()

  addValue(field: string, value: Value, slot: number): void {
    const slots = entry(
      entry(this.values, field, () => new Map<Value, number[]>()),
      value,
      () => [],
    )
    slots.push(slot)
  }

  addCell(field: string, slot: number, value: Value): void {
    entry(this.columns, field, () => new Map<number, Value>()).set(slot, value)
  }

  addPresence(field: string, slot: number): void {
    entry(this.presences, field, () => []).push(slot)
  }
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const present = map.get(key)
  if (present !== undefined) return present
  const created = create()
  map.set(key, created)
  return created
}

/** A resource and the adapters' statuses about it. */
export interface Indexed {
  readonly resource: Resource
  readonly statuses: readonly { readonly json: Buffer }[]
}

/** The index of the resources of one kind by slot; undefined for a hole. */
export function rebuild(entries: readonly (Indexed | undefined)[]): PlainIndex {
  const index = new PlainIndex()
  entries.forEach((entry, slot) => {
    if (entry === undefined) return
    const { resource, statuses } = entry
    rebuildStatuses(index, statuses, slot)
    index.addPresence('slots', slot)
    index.addValue('name', resource.name, slot)
    if (resource.ownerId !== undefined) index.addValue('owner_id', resource.ownerId, slot)
    index.addValue('created_by', resource.createdBy, slot)
    index.addValue('updated_by', resource.updatedBy, slot)
    index.addValue('generation', resource.generation, slot)
    index.addCell('generation', slot, resource.generation)
    index.addCell('created_time', slot, resource.createdTime)
    index.addCell('updated_time', slot, resource.updatedTime)
    rebuildDeletion(index, resource, slot)
    rebuildLabels(index, resource, slot)
    rebuildSpec(index, resource, slot)
    rebuildConditions(index, resource, slot)
  })
  return index
}

function rebuildStatuses(index: PlainIndex, statuses: Indexed['statuses'], slot: number): void {
  if (statuses.length > 0) index.addPresence('adapters', slot)
  for (const { json } of statuses) {
    const { adapter, conditions, last_report_time } = JSON.parse(String(json))
    const { status } = conditions.find(({ type }: { type: string }) => type === 'Available')
    index.addValue(`adapters.${adapter}`, status, slot)
    index.addPresence(`adapters.${adapter}`, slot)
    index.addCell(`adapters.${adapter}.last_report_time`, slot, instant(last_report_time))
  }
}

function rebuildDeletion(index: PlainIndex, { deletedTime, deletedBy }: Resource, slot: number): void {
  if (deletedTime !== undefined) index.addCell('deleted_time', slot, deletedTime)
  if (deletedBy === undefined) return
  index.addValue('deleted_by', deletedBy, slot)
  index.addPresence('deleted_by', slot)
}

function rebuildLabels(index: PlainIndex, { labels }: Resource, slot: number): void {
  if (labels !== undefined && labels.size > 0) index.addPresence('labels', slot)
  for (const [key, value] of labels ?? []) {
    if (!isSearchableLabelKey(key)) {
      index.addValue('other keys', key, slot)
      continue
    }
    index.addValue(`labels.${key}`, value, slot)
    index.addPresence(`labels.${key}`, slot)
  }
}

/** Paths with an index in these tests. */
export const INDEXED_PATHS = ['spec.a', 'spec.b.a', 'spec.b', 'spec.__proto__']

function rebuildSpec(index: PlainIndex, { spec }: Resource, slot: number): void {
  for (const path of INDEXED_PATHS) {
    const value = specAt(spec, path.split('.').slice(1))
    const text = textOf(value)
    if (text !== undefined) index.addPresence(path, slot)
    else if (value !== undefined) index.addPresence(`${path} container`, slot)
    if (text === undefined) continue
    if (Buffer.byteLength(text) > 255 || /\p{Surrogate}/u.test(text))
      index.addPresence(`${path} unindexed`, slot)
    else {
      index.addValue(path, text, slot)
      if (isStoredNumber(value)) index.addPresence(`${path} number`, slot)
    }
  }
}

function rebuildConditions(index: PlainIndex, { conditions }: Resource, slot: number): void {
  if (conditions.length > 0) index.addPresence('conditions', slot)
  for (const condition of conditions) {
    index.addValue(condition.type, condition.status, slot)
    index.addPresence(condition.type, slot)
    index.addCell(`${condition.type}.last_updated_time`, slot, condition.lastUpdatedTime)
    index.addCell(`${condition.type}.last_transition_time`, slot, condition.lastTransitionTime)
    index.addCell(`${condition.type}.observed_generation`, slot, condition.observedGeneration)
  }
}

/** The contents of the maintained indexes. */
export function writeOut(index: ResourceIndex): PlainIndex {
  const plain = new PlainIndex()
  writeValues(plain, 'name', index.names)
  writeValues(plain, 'owner_id', index.owners)
  writeValues(plain, 'created_by', index.creators)
  writeValues(plain, 'updated_by', index.updaters)
  writeValues(plain, 'generation', index.generations)
  writeColumn(plain, 'generation', index.generationColumn)
  writeColumn(plain, 'created_time', index.createdTimes)
  writeColumn(plain, 'updated_time', index.updatedTimes)
  writeColumn(plain, 'deleted_time', index.deletedTimes)
  writeValues(plain, 'deleted_by', index.deleters.values)
  writePresence(plain, 'deleted_by', index.deleters.presence.slots())
  writePresence(plain, 'slots', index.living.slots(0, index.slotCount, 'ascending'))
  writePresence(plain, 'labels', index.labels.presence.slots())
  writePresence(plain, 'conditions', index.conditions.presence.slots())
  writeValues(plain, 'other keys', index.labels.others)
  writePresence(plain, 'adapters', index.adapters.presence.slots())
  for (const [adapter, one] of index.adapters.entries()) {
    for (const status of ['True', 'False', 'Unknown'] as const)
      for (const slot of one.withStatus(status).slots()) plain.addValue(`adapters.${adapter}`, status, slot)
    writePresence(plain, `adapters.${adapter}`, one.presence.slots())
    writeColumn(plain, `adapters.${adapter}.last_report_time`, one.lastReportTimes)
  }
  for (const [key, label] of index.labels.entries()) {
    writeValues(plain, `labels.${key}`, label.values)
    plain.presences.set(`labels.${key}`, [...label.presence.slots()])
  }
  for (const [path, spec] of index.specs.entries()) {
    writeValues(plain, path, spec.values)
    writePresence(plain, path, spec.presence.slots())
    writePresence(plain, `${path} container`, spec.containers.slots())
    writePresence(plain, `${path} unindexed`, spec.unindexed.slots())
    writePresence(plain, `${path} number`, spec.numbers.slots())
  }
  for (const [type, condition] of index.conditions.entries()) {
    for (const status of ['True', 'False'] as const)
      for (const slot of condition.withStatus(status).slots()) plain.addValue(type, status, slot)
    plain.presences.set(type, [...condition.presence.slots()])
    writeColumn(plain, `${type}.last_updated_time`, condition.lastUpdatedTimes)
    writeColumn(plain, `${type}.last_transition_time`, condition.lastTransitionTimes)
    writeColumn(plain, `${type}.observed_generation`, condition.observedGenerations)
  }
  return plain
}

function writePresence(plain: PlainIndex, field: string, slots: Uint32Array): void {
  if (slots.length > 0) plain.presences.set(field, [...slots])
}

function writeValues(plain: PlainIndex, field: string, index: ValueIndex<string> | ValueIndex<number>): void {
  let slotCount = 0
  for (const [value, slots] of index.entries()) {
    for (const slot of listSlots(slots)) plain.addValue(field, value, slot)
    slotCount += listSlots(slots).length
  }
  if (slotCount !== index.slotCount)
    throw new Error(`${field} counts ${index.slotCount} slots, not ${slotCount}`)
}

interface ReadableColumn {
  readonly size: number
  present(): { slots(from: number, limit: number, direction: 'ascending'): Uint32Array; free(): void }
  get(slot: number): Value | undefined
}

function writeColumn(plain: PlainIndex, field: string, column: ReadableColumn): void {
  const present = column.present()
  for (const slot of present.slots(0, column.size + 1, 'ascending')) {
    const value = column.get(slot)
    if (value !== undefined) plain.addCell(field, slot, value)
  }
  present.free()
}
