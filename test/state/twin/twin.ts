// The slow twin of the state: the same behaviour over plain maps and arrays of objects, each with a document of its own. What can be
// computed by walking everything is computed so, each time it is asked.
import { type RecordPut, unhandled } from '../../../src/state/put.ts'
import {
  RESOURCE_KINDS,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from '../../../src/state/records.ts'
import { divisionOf, documentOf, isReadInEffects, keyOfPut, textOf, textOfPut } from './documents.ts'
import type {
  CheckpointView,
  EffectView,
  FoldView,
  KeptView,
  Model,
  PartPut,
  PartView,
  RecordView,
  RenumberingView,
  ResourceView,
  StatusView,
  Stored,
  Write,
  Writes,
} from './model.ts'

const MIN_HOLES = 1024
const MIN_HOLE_SHARE = 1 / 3
const EMPTY = Buffer.alloc(0)

/** A record to fold, with its present version. */
export interface TwinFold extends FoldView {
  readonly put: PartPut
}

export interface TwinCheckpoint extends CheckpointView {
  folds(place: number): readonly TwinFold[]
}

class TwinPart implements PartView {
  sequence = 0
  foldedSequence = -1
  foldedChecksum: number | undefined

  get isDirty(): boolean {
    return this.foldedSequence !== this.sequence
  }

  noteFolded(sequence: number, checksum: number): void {
    this.foldedSequence = sequence
    this.foldedChecksum = checksum
  }
}

abstract class TwinRecord<P extends RecordPut = RecordPut> extends TwinPart implements RecordView {
  put: P
  document = EMPTY
  number = -1
  #text = ''

  constructor(put: P) {
    super()
    this.put = put
  }

  write(put: P, number: number, sequence: number): void {
    this.show(put)
    this.number = number
    this.sequence = sequence
  }

  show(put: P): void {
    this.put = put
    const document = documentOf(put)
    this.document = Buffer.from(document)
    this.#text = textOf(put, document)
  }

  text(): string {
    return this.#text
  }
}

class TwinStatus extends TwinRecord<Extract<RecordPut, { kind: 'status' }>> implements StatusView {
  get adapter(): string {
    return this.put.record.adapter
  }
}

class TwinResource extends TwinRecord<Extract<RecordPut, { kind: 'resource' }>> implements ResourceView {
  slot = 0
  otherSlot: number | undefined
  /** True while a renumbering of its kind is under way. */
  isMoving = false
  isRemoved = false
  readonly conditions = new TwinPart()
  readonly statuses: TwinStatus[] = []

  get kind(): ResourceKind {
    return this.put.record.kind
  }

  get id(): string {
    return this.put.record.id
  }

  get name(): string {
    return this.put.record.name
  }

  get ownerId(): string | undefined {
    return this.put.record.ownerId
  }

  get isMarked(): boolean {
    return this.put.record.deletedTime !== undefined
  }

  get formerSlot(): number | undefined {
    return this.isMoving ? undefined : this.otherSlot
  }

  statusOf(adapter: string): TwinStatus | undefined {
    return this.statuses.find(status => status.adapter === adapter)
  }
}

/** The resources of a kind by slot. */
class TwinSlots {
  entries: (TwinResource | undefined)[] = []
  /** By second slots, during a renumbering. */
  next: (TwinResource | undefined)[] | undefined
  walked = 0
  nextNumber = 0
  /** Removals of a load keep their numbers. */
  reserved = 0

  get living(): readonly TwinResource[] {
    return this.entries.filter(entry => entry !== undefined)
  }

  add(entry: TwinResource): void {
    entry.slot = this.entries.length
    entry.otherSlot = undefined
    entry.isMoving = this.next !== undefined
    this.entries.push(entry)
    this.nextNumber = entry.number + 1
  }

  remove(entry: TwinResource): void {
    leaveHole(this.entries, entry)
    if (this.next !== undefined) leaveHole(this.next, entry)
  }

  setMoving(isMoving: boolean): void {
    for (const entry of this.living) entry.isMoving = isMoving
  }

  secondSlotOf(entry: TwinResource): number | undefined {
    return this.next !== undefined && entry.slot < this.walked ? entry.otherSlot : undefined
  }
}

export class Twin implements Model {
  readonly #byId = new Map<string, TwinResource>()
  readonly #slots = { Cluster: new TwinSlots(), NodePool: new TwinSlots() }
  /** All resources with a name: at most one is not being deleted. */
  readonly #named = new Map<string, Set<TwinResource>>()
  readonly #missing = new Map<string, string>()
  #dirty = new Set<TwinResource>()
  #removed: TwinResource[] = []
  effects: EffectView[] = []

  get bytes(): number {
    return this.#records().reduce((sum, { document }) => sum + document.length, 0)
  }

  get statusCount(): number {
    return this.#records().length - this.#byId.size
  }

  count(kind: ResourceKind): number {
    return this.#slots[kind].living.length
  }

  nextNumber(kind: ResourceKind): number {
    return this.#slots[kind].nextNumber
  }

  adapters(kind: ResourceKind): readonly string[] {
    const all = this.#slots[kind].living.flatMap(({ statuses }) => statuses.map(({ adapter }) => adapter))
    return [...new Set(all)].sort()
  }

  slots(kind: ResourceKind): readonly (string | undefined)[] {
    return this.#slots[kind].entries.map(entry => entry?.id)
  }

  living(kind: ResourceKind): readonly string[] {
    return this.#slots[kind].living.map(({ id }) => id)
  }

  /** The record of a resource, for whoever decides on the next write. */
  record(id: string): Resource {
    return this.#present(id).put.record
  }

  resource(kind: ResourceKind, id: string): ResourceView | undefined {
    const entry = this.#byId.get(id)
    return entry?.kind === kind ? entry : undefined
  }

  statusOf(id: string, adapter: string): StatusView | undefined {
    return this.#byId.get(id)?.statusOf(adapter)
  }

  nodepoolsOf(clusterId: string): readonly string[] {
    return this.#slots.NodePool.living.filter(({ ownerId }) => ownerId === clusterId).map(({ id }) => id)
  }

  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    const namesakes = [...(this.#named.get(nameKey(kind, ownerId, name)) ?? [])]
    return namesakes.find(({ isMarked }) => !isMarked)?.id
  }

  keep(id: string): KeptView {
    return versionOf(this.#present(id))
  }

  retain(ids: readonly string[]): readonly KeptView[] {
    const records = ids.flatMap(id => recordsOf(this.#present(id)))
    return records.map(({ document }) => ({ document, text: () => '', release() {} }))
  }

  apply(group: readonly Writes[]): readonly Buffer[] {
    this.effects = []
    return group.map(({ sequence, writes }) => {
      const [first] = writes.map(write => this.#apply(write, sequence))
      return first ?? Buffer.alloc(0)
    })
  }

  takeDirty(): TwinCheckpoint {
    const taken = [...this.#dirty].filter(({ isRemoved }) => !isRemoved)
    const changed = RESOURCE_KINDS.flatMap(kind =>
      taken.filter(entry => entry.kind === kind).sort((a, b) => a.number - b.number),
    )
    const removed = this.#removed
    this.#dirty = new Set()
    this.#removed = []
    const forgotten = new Set<TwinResource>()
    return {
      changed: changed.map(({ kind, id }) => ({ kind, id })),
      removed: removed.map(({ kind, id }) => ({ kind, id })),
      folds: place => {
        const entry = changed[place]
        return entry === undefined || entry.isRemoved ? [] : foldsOf(entry)
      },
      erasures: place => {
        const entry = removed[place]
        return entry === undefined ? [] : erasuresOf(entry)
      },
      noteErased: place => {
        const entry = removed[place]
        if (entry === undefined) return
        for (const part of [entry.conditions, ...recordsOf(entry)]) part.foldedChecksum = undefined
        forgotten.add(entry)
      },
      giveBack: () => {
        for (const entry of changed) this.#dirty.add(entry)
        this.#removed = [...removed.filter(entry => !forgotten.has(entry)), ...this.#removed]
      },
    }
  }

  renumber(kind: ResourceKind): RenumberingView | undefined {
    const slots = this.#slots[kind]
    const holes = slots.entries.length - slots.living.length
    if (holes <= slots.living.length * MIN_HOLE_SHARE || holes <= MIN_HOLES) return undefined
    const next: TwinResource[] = []
    slots.next = next
    slots.walked = 0
    slots.setMoving(true)
    return {
      step: limit => {
        const passed = slots.entries.slice(slots.walked, slots.walked + limit)
        slots.walked += passed.length
        const visited = passed.filter(entry => entry !== undefined)
        for (const entry of visited) entry.otherSlot = next.push(entry) - 1
        return { visited: visited.map(({ id }) => id), hasMore: slots.walked < slots.entries.length }
      },
      secondSlotOf: id => slots.secondSlotOf(this.#present(id)),
      ids: () => (slots.next ?? slots.entries).map(entry => entry?.id),
      takeOver: () => {
        slots.entries = slots.next ?? []
        slots.next = undefined
        slots.setMoving(false)
        for (const [slot, entry] of slots.entries.entries()) {
          if (entry === undefined) continue
          entry.otherSlot = entry.slot
          entry.slot = slot
        }
      },
    }
  }

  load({ key, put, number, sequence, isWhole }: Stored, checksum?: number): void {
    if (put.kind === 'removal') {
      this.#missing.delete(put.resource.id)
      const entry = this.#byId.get(put.resource.id)
      if (entry === undefined) return
      const slots = this.#slots[entry.kind]
      slots.reserved = Math.max(slots.reserved, entry.number + 1)
      this.#remove(entry)
      return
    }
    if (put.kind === 'resource') this.#loadHead(put.record, number, sequence, checksum)
    if (put.kind === 'resource' && isWhole)
      this.#loadConditions(put.record, key, put.record.conditions, sequence, checksum && 'in-head')
    if (put.kind === 'conditions') this.#loadConditions(put.resource, key, put.conditions, sequence, checksum)
    if (put.kind === 'status') this.#loadStatus(put, key, number, sequence, checksum)
  }

  finishLoad(): string | undefined {
    for (const [id, key] of this.#missing) return `resource ${id}, which ${key} is about,`
    for (const kind of RESOURCE_KINDS) {
      const slots = this.#slots[kind]
      const inOrder = slots.living.toSorted((a, b) => a.number - b.number)
      slots.entries = []
      slots.nextNumber = 0
      for (const entry of inOrder) slots.add(entry)
      slots.nextNumber = Math.max(slots.nextNumber, slots.reserved)
    }
    for (const { ownerId } of this.#slots.NodePool.living) {
      if (ownerId !== undefined && this.resource('Cluster', ownerId) === undefined)
        return `Cluster ${ownerId}, which has nodepools,`
    }
    for (const kind of RESOURCE_KINDS) {
      for (const entry of this.#slots[kind].living) {
        if (entry.conditions.sequence === 0) return `the record of the conditions of ${kind} ${entry.id}`
        entry.statuses.sort((a, b) => a.number - b.number)
        const hole = entry.statuses.findIndex(({ number }, place) => number !== place)
        if (hole !== -1) return `adapter status number ${hole + 1} of ${kind} ${entry.id}`
        if (entry.conditions.isDirty || recordsOf(entry).some(isDirty)) this.#dirty.add(entry)
        else this.#dirty.delete(entry)
      }
    }
    return undefined
  }

  #loadHead(record: Resource, number: number, sequence: number, checksum: number | undefined): void {
    const present = this.#byId.get(record.id)
    if (present !== undefined && present.sequence >= sequence) return
    const conditions = present?.put.record.conditions ?? []
    const entry = this.#writeHead({ kind: 'resource', record: { ...record, conditions } }, number, sequence)
    if (checksum !== undefined) entry.noteFolded(sequence, checksum)
  }

  #loadConditions(
    { id }: { readonly id: string },
    key: string,
    conditions: readonly ResourceCondition[],
    sequence: number,
    checksum: number | 'in-head' | undefined,
  ): void {
    const entry = this.#byId.get(id)
    if (entry === undefined && checksum === undefined) {
      this.#missing.set(id, key)
      return
    }
    if (entry === undefined) throw new Error(`${key} is about a resource that does not exist`)
    if (entry.conditions.sequence >= sequence) return
    this.#writeConditions(entry, conditions, sequence)
    if (checksum === 'in-head') entry.conditions.foldedSequence = sequence
    else if (checksum !== undefined) entry.conditions.noteFolded(sequence, checksum)
  }

  #loadStatus(
    put: TwinStatus['put'],
    key: string,
    number: number,
    sequence: number,
    checksum: number | undefined,
  ): void {
    const { resourceId, adapter } = put.record
    const present = this.#byId.get(resourceId)?.statusOf(adapter)
    if (present !== undefined && present.sequence >= sequence) return
    if (checksum === undefined && !this.#byId.has(resourceId)) {
      this.#missing.set(resourceId, key)
      return
    }
    const status = this.#writeStatus(put, number, sequence)
    if (checksum !== undefined) status.noteFolded(sequence, checksum)
  }

  #apply(write: Write, sequence: number): Buffer {
    const { put, number } = write
    const key = keyOfPut(put)
    const isRead = isReadInEffects(sequence)
    const tell = (entry: TwinResource, text: () => string, previous: KeptView | undefined) => {
      const previousDocument = put.kind === 'status' ? undefined : previous?.document
      this.effects.push({
        ...{ kind: put.kind, sequence, key, slot: entry.slot, put: isRead ? text() : '' },
        ...{ secondSlot: this.#slots[entry.kind].secondSlotOf(entry), formerSlot: entry.formerSlot },
        ...{
          document: entry.document,
          previous: isRead && put.kind !== 'status' ? previous?.text() : undefined,
          previousDocument,
        },
      })
    }
    switch (put.kind) {
      case 'resource':
      case 'status': {
        const id = put.kind === 'resource' ? put.record.id : put.record.resourceId
        const present =
          put.kind === 'resource' ? this.#byId.get(id) : this.#byId.get(id)?.statusOf(put.record.adapter)
        const previous = present && versionOf(present)
        const record = this.#write(put, number, sequence)
        tell(this.#present(id), () => record.text(), previous)
        return record.document
      }
      case 'conditions': {
        const { id } = put.resource
        const previous = this.keep(id)
        this.#writeConditions(this.#present(id), put.conditions, sequence)
        tell(this.#present(id), () => textOfPut(put), previous)
        return EMPTY
      }
      case 'removal': {
        const entry = this.#present(put.resource.id)
        const previous = this.keep(entry.id)
        this.#remove(entry)
        tell(entry, () => textOfPut(put), previous)
        return entry.document
      }
      default:
        return unhandled(put)
    }
  }

  #write(put: RecordPut, number: number, sequence: number): TwinRecord {
    if (put.kind === 'status') return this.#writeStatus(put, number, sequence)
    const entry = this.#writeHead(put, number, sequence)
    entry.conditions.sequence = sequence
    return entry
  }

  #writeHead(put: TwinResource['put'], number: number, sequence: number): TwinResource {
    const present = this.#byId.get(put.record.id)
    const entry = present ?? new TwinResource(put)
    entry.write(put, number, sequence)
    if (present === undefined) {
      this.#byId.set(entry.id, entry)
      const key = nameKey(entry.kind, entry.ownerId, entry.name)
      this.#named.set(key, (this.#named.get(key) ?? new Set()).add(entry))
      this.#slots[entry.kind].add(entry)
    }
    this.#dirty.add(entry)
    return entry
  }

  #writeConditions(entry: TwinResource, conditions: readonly ResourceCondition[], sequence: number): void {
    entry.show({ kind: 'resource', record: { ...entry.put.record, conditions } })
    entry.conditions.sequence = sequence
    this.#dirty.add(entry)
  }

  #writeStatus(put: TwinStatus['put'], number: number, sequence: number): TwinStatus {
    const { record } = put
    const entry = this.#byId.get(record.resourceId)
    if (entry === undefined) throw new Error(`${keyOfPut(put)} is about a resource that does not exist`)
    const present = entry.statusOf(record.adapter)
    const status = present ?? new TwinStatus(put)
    status.write(put, number, sequence)
    if (present === undefined) entry.statuses.push(status)
    this.#dirty.add(entry)
    return status
  }

  #remove(entry: TwinResource): void {
    this.#byId.delete(entry.id)
    const namesakes = this.#named.get(nameKey(entry.kind, entry.ownerId, entry.name))
    namesakes?.delete(entry)
    if (namesakes?.size === 0) this.#named.delete(nameKey(entry.kind, entry.ownerId, entry.name))
    this.#slots[entry.kind].remove(entry)
    this.#removed.push(entry)
    entry.isRemoved = true
    for (const record of recordsOf(entry)) record.document = EMPTY
  }

  #present(id: string): TwinResource {
    const entry = this.#byId.get(id)
    if (entry === undefined) throw new Error(`there is no ${id}`)
    return entry
  }

  #records(): readonly TwinRecord[] {
    return [...this.#byId.values()].flatMap(recordsOf)
  }
}

function nameKey(kind: ResourceKind, ownerId: string | undefined, name: string): string {
  return JSON.stringify([kind, ownerId, name])
}

function leaveHole(entries: (TwinResource | undefined)[], entry: TwinResource): void {
  const place = entries.indexOf(entry)
  if (place !== -1) entries[place] = undefined
}

function recordsOf(entry: TwinResource): readonly TwinRecord[] {
  return [entry, ...entry.statuses]
}

function isDirty(part: TwinPart): boolean {
  return part.isDirty
}

/** The present version, which stays as it is. */
function versionOf(record: TwinRecord): KeptView {
  const [document, text] = [record.document, record.text()]
  return { document, text: () => text, release() {} }
}

/** The records of a resource that are dirty: its head, its conditions and its statuses. */
function foldsOf(entry: TwinResource): TwinFold[] {
  const { conditions, document, kind, id } = entry
  const division = divisionOf(document)
  const head = fold(entry, keyOfPut(entry.put), entry.put, entry.number, document.subarray(0, division))
  const { record } = entry.put
  const put = { kind: 'conditions', resource: { kind, id }, conditions: record.conditions } as const
  const own = fold(conditions, `${head.key}/`, put, 0, document.subarray(division))
  const statuses = entry.statuses
    .filter(isDirty)
    .map(status => fold(status, keyOfPut(status.put), status.put, status.number, status.document))
  return [...(entry.isDirty ? [head] : []), ...(conditions.isDirty ? [own] : []), ...statuses]
}

function fold(part: TwinPart, key: string, put: PartPut, number: number, document: Buffer): TwinFold {
  const { sequence, foldedChecksum: replaces } = part
  const noteFolded = (checksum: number) => part.noteFolded(sequence, checksum)
  return { key, put, sequence, number, document, replaces, noteFolded }
}

/** The head is the last to leave the snapshot. */
function erasuresOf(entry: TwinResource) {
  const key = keyOfPut(entry.put)
  return [
    ...entry.statuses.flatMap(status => erasure(keyOfPut(status.put), status)),
    ...erasure(`${key}/`, entry.conditions),
    ...erasure(key, entry),
  ]
}

function erasure(key: string, { foldedChecksum: checksum }: TwinPart) {
  return checksum === undefined ? [] : [{ key, checksum }]
}
