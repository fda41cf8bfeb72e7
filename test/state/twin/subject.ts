// The state under test, behind the surface that it shares with its slow twin. No other file of the comparison knows how State is called, so a
// change of its interface is a change of this file.
import assert from 'node:assert/strict'
import { encodeBody, keyOf, keyOfResource, keyOfStatus } from '../../../src/state/document.ts'
import type { StoredDocument, StoredResource, StoredStatus } from '../../../src/state/entry.ts'
import type { Effect } from '../../../src/state/fleet-state.ts'
import { type Body, documentIn, NO_BODY } from '../../../src/state/layout.ts'
import type { JournalRecord, PlacedPut, Put, StoredRecord } from '../../../src/state/put.ts'
import { readResource, readStatus } from '../../../src/state/reader.ts'
import type { ResourceKind } from '../../../src/state/records.ts'
import { NO_SLOT } from '../../../src/state/slots.ts'
import { State } from '../../../src/state/state.ts'
import { bySlot } from '../../harness/state.ts'
import { isReadInEffects, textOf, textOfPut } from './documents.ts'
import type {
  CheckpointView,
  EffectView,
  FoldView,
  KeptView,
  Model,
  RecordView,
  RenumberingView,
  ResourceView,
  StatusView,
  Stored,
  Write,
  Writes,
} from './model.ts'

/** Overwrites memory that a group commit or a load has lent to the state. */
const SCRIBBLE = 0xdd

export class Subject implements Model {
  readonly #state = new State()
  #isWatched = false
  /** Undefined outside a renumbering. */
  readonly #secondSlotOf: Record<ResourceKind, ((entry: Effect['entry']) => number | undefined) | undefined> =
    { Cluster: undefined, NodePool: undefined }
  effects: EffectView[] = []

  get bytes(): number {
    return this.#state.bytes
  }

  get statusCount(): number {
    return this.#state.statusCount
  }

  count(kind: ResourceKind): number {
    return this.#state.count(kind)
  }

  nextNumber(kind: ResourceKind): number {
    return this.#state.nextNumber(kind)
  }

  adapters(kind: ResourceKind): readonly string[] {
    const adapters = [...this.#state.adapters(kind)].sort()
    assert.equal(this.#state.adapterCount(kind), adapters.length)
    assert.ok(adapters.every(adapter => this.#state.hasAdapter(kind, adapter)))
    assert.ok(!this.#state.hasAdapter(kind, 'an adapter that never reports'))
    return adapters
  }

  slots(kind: ResourceKind): readonly (string | undefined)[] {
    return bySlot(this.#state.resources(kind)).map(entry => entry?.id)
  }

  living(kind: ResourceKind): readonly string[] {
    return this.#state.living(kind).map(({ id }) => id)
  }

  resource(kind: ResourceKind, id: string): ResourceView | undefined {
    const entry = this.#state.resource(kind, id)
    const ofAnyKind = this.#state.resourceById(id)
    assert.equal(entry?.id, ofAnyKind?.kind === kind ? id : undefined)
    return entry && this.#viewOf(entry)
  }

  statusOf(id: string, adapter: string): StatusView | undefined {
    const status = this.#state.resourceById(id)?.statusOf(adapter)
    return status && statusView(status)
  }

  nodepoolsOf(clusterId: string): readonly string[] {
    return Array.from(this.#state.nodepoolsOf(clusterId), ({ id }) => id)
  }

  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    return this.#state.idOfName(kind, ownerId, name)
  }

  keep(id: string): KeptView {
    const version = this.#present(id).kept()
    return {
      document: version.json,
      text: () => textOf({ kind: 'resource', record: version.resource }),
      release() {},
    }
  }

  retain(ids: readonly string[]): readonly KeptView[] {
    const documents = ids.flatMap(id => storedOf(this.#present(id)).map(([, stored]) => stored.json))
    const release = this.#state.retain(documents)
    // All are released with the last one.
    return documents.map((document, place) => ({
      ...{ document, text: () => '' },
      release: () => {
        if (place === documents.length - 1) release()
      },
    }))
  }

  /** Encodes all bodies before the first is applied, as a group commit does, and takes their memory back after the last. */
  apply(group: readonly Writes[]): readonly Buffer[] {
    if (!this.#isWatched) this.#watch()
    this.effects = []
    const encoded = new Map<string, Body>()
    const changes = group.map(({ sequence, writes }) => {
      const puts = writes.map(write => this.#encode(write, encoded))
      return { sequence, latestTime: undefined, puts }
    })
    const documents = this.#state.apply(changes).flat()
    for (const { puts } of changes) for (const { body } of puts) scribble(body)
    return documents
  }

  takeDirty(): CheckpointView {
    const dirty = this.#state.takeDirty()
    const changed = [...dirty.changed]
    const removed = [...dirty.removed]
    return {
      changed: changed.map(({ kind, id }) => ({ kind, id })),
      removed: removed.map(({ kind, id }) => ({ kind, id })),
      folds: place => {
        const entry = changed[place]
        return entry === undefined || entry.isRemoved ? [] : foldsOf(entry)
      },
      erasures: place => {
        const entry = removed[place]
        if (entry === undefined) return []
        assert.ok(entry.isRemoved)
        assert.equal(entry.json.length, 0)
        const erasures = storedOf(entry).flatMap(([key, { foldedChecksum: checksum }]) =>
          checksum === undefined ? [] : [{ key, checksum }],
        )
        // The resource is the last to leave the snapshot.
        return erasures[0]?.key === keyOfResource(entry) ? [...erasures.slice(1), erasures[0]] : erasures
      },
      noteErased: place => {
        const entry = removed[place]
        if (entry === undefined) return
        this.#state.forget(entry)
        dirty.removed.splice(dirty.removed.indexOf(entry), 1)
      },
      giveBack: () => this.#state.giveBackDirty(dirty),
    }
  }

  renumber(kind: ResourceKind): RenumberingView | undefined {
    const renumbering = this.#state.renumber(kind)
    if (renumbering === undefined) return undefined
    this.#secondSlotOf[kind] = entry => renumbering.secondSlotOf(entry)
    return {
      step: limit => {
        const visited: string[] = []
        const hasMore = renumbering.step(limit, ({ id }) => visited.push(id))
        return { visited, hasMore }
      },
      secondSlotOf: id => renumbering.secondSlotOf(this.#present(id)),
      ids: () => bySlot(renumbering.entries).map(entry => entry?.id),
      takeOver: () => {
        renumbering.takeOver()
        this.#secondSlotOf[kind] = undefined
      },
    }
  }

  load(stored: Stored, checksum?: number): void {
    const record = loaded(stored)
    try {
      this.#state.load(record, checksum)
    } finally {
      scribble(record.body)
    }
  }

  finishLoad(): string | undefined {
    const work = this.#state.finishLoad()
    for (;;) {
      const step = work.next()
      if (step.done) return step.value
    }
  }

  /** Reads the record as a decision does, which may cache parts of it. */
  decide(id: string): string {
    return textOf({ kind: 'resource', record: this.#state.recordOf(this.#present(id)) })
  }

  #present(id: string): StoredResource {
    const entry = this.#state.resourceById(id)
    assert.ok(entry !== undefined, `the state has no ${id}`)
    return entry
  }

  #watch(): void {
    this.#isWatched = true
    this.#state.watch(effect => this.effects.push(this.#effectOf(effect)))
  }

  #effectOf(effect: Effect): EffectView {
    const { kind, sequence, entry } = effect
    const { previous } = effect
    const isRead = isReadInEffects(sequence)
    const previousText = () => {
      if (previous === undefined || !isRead) return undefined
      if ('adapter' in previous) return textOf({ kind: 'status', record: previous })
      return textOf({ kind: 'resource', record: previous.resource })
    }
    return {
      ...{
        kind,
        sequence,
        key: keyOfEffect(effect),
        slot: entry.slot,
        put: isRead ? textOfPut(putOf(effect)) : '',
      },
      ...{ secondSlot: this.#secondSlotOf[entry.kind]?.(entry), formerSlot: this.#formerSlotOf(entry) },
      ...{ document: entry.json, previous: previousText() },
      previousDocument: previous !== undefined && 'json' in previous ? previous.json : undefined,
    }
  }

  #viewOf(entry: StoredResource): ResourceView {
    const { kind, id, name, ownerId, slot, isMarked } = entry
    return {
      ...recordView(entry, () => textOf({ kind: 'resource', record: entry.resource })),
      ...{ kind, id, name, ownerId, slot, isMarked, formerSlot: this.#formerSlotOf(entry) },
      statuses: entry.statuses.map(statusView),
    }
  }

  #formerSlotOf({ kind, otherSlot }: Effect['entry']): number | undefined {
    return this.#secondSlotOf[kind] !== undefined || otherSlot === NO_SLOT ? undefined : otherSlot
  }

  #encode({ put, number }: Write, encoded: Map<string, Body>): PlacedPut {
    if (put.kind === 'removal') return { put, body: NO_BODY }
    const key = keyOf(put)
    const current =
      put.kind === 'conditions' ? (encoded.get(key) ?? this.#present(put.resource.id).body) : undefined
    // A body in the middle of some memory, where a group commit has it.
    const { bytes: own, length } = encodeBody(put, number, current)
    const bytes = Buffer.alloc(length + 16, SCRIBBLE)
    own.copy(bytes, 8)
    const body = { bytes, offset: 8, length }
    encoded.set(key, body)
    return { put, body }
  }
}

/** A record as it comes from disk: its members are read from bytes that are valid during the visit only. */
function loaded({ key, put, number, sequence }: Stored): JournalRecord {
  if (put.kind === 'removal') return { key, put, sequence, body: NO_BODY }
  const body = encodeBody(put, number)
  const read = (): StoredRecord['put'] => {
    if (put.kind === 'status') {
      const { resourceKind, resourceId, adapter } = put.record
      return { kind: 'status', record: readStatus(resourceKind, resourceId, adapter, body) }
    }
    return { kind: 'resource', record: readResource(put.record.kind, put.record.id, body) }
  }
  return { key, put: read(), sequence, body }
}

function scribble({ bytes, offset, length }: Body): void {
  bytes.fill(SCRIBBLE, offset, offset + length)
}

function recordView(stored: StoredResource | StoredStatus, text: () => string): RecordView {
  const { number, sequence, isDirty, foldedChecksum, json: document } = stored
  const read = () => {
    checkCopy(stored, document)
    return text()
  }
  return { number, sequence, isDirty, foldedChecksum, document, text: read }
}

/** A copy of a document into other memory is exact, and leaves the bytes around it. */
function checkCopy(stored: StoredDocument, document: Buffer): void {
  const { length } = document
  assert.equal(stored.jsonLength, length)
  const copy = Buffer.alloc(length + 2, SCRIBBLE)
  assert.equal(stored.copyJson(copy, 1), length + 1)
  assert.ok(copy.subarray(1, -1).equals(document))
  assert.ok(copy[0] === SCRIBBLE && copy[length + 1] === SCRIBBLE)
}

function statusView(stored: StoredStatus): StatusView {
  const view = recordView(stored, () => textOf({ kind: 'status', record: stored.status }))
  return { ...view, adapter: stored.adapter }
}

/** The records of a resource with their keys. */
function storedOf(entry: StoredResource): readonly (readonly [string, StoredResource | StoredStatus])[] {
  const statuses = entry.statuses.map(status => [keyOfStatus(entry, status.adapter), status] as const)
  return [[keyOfResource(entry), entry], ...statuses]
}

function foldsOf(entry: StoredResource): readonly FoldView[] {
  const dirty = storedOf(entry).filter(([, { isDirty, isRemoved }]) => isDirty && !isRemoved)
  return dirty.map(([key, stored]) => {
    const { sequence, number, body, foldedChecksum: replaces } = stored
    const noteFolded = (checksum: number) => stored.noteFolded(sequence, checksum)
    return { key, sequence, number, document: documentIn(body), replaces, noteFolded }
  })
}

function keyOfEffect(effect: Effect): string {
  if (effect.kind === 'status') return keyOfStatus(effect.entry, effect.status.adapter)
  return keyOfResource(effect.entry)
}

function putOf(effect: Effect): Put {
  switch (effect.kind) {
    case 'resource':
      return { kind: 'resource', record: effect.resource }
    case 'conditions':
      return { kind: 'conditions', resource: effect.entry, conditions: effect.conditions }
    case 'status':
      return { kind: 'status', record: effect.status }
    case 'removal':
      return { kind: 'removal', resource: effect.entry, time: undefined }
  }
}
