// The state under test, behind the surface that it shares with its slow twin. No other file of the comparison knows how State is called, so a
// change of its interface is a change of this file.
import assert from 'node:assert/strict'
import {
  encodeBody,
  encodeConditions,
  encodePut,
  keyOfConditions,
  keyOfResource,
  keyOfStatus,
} from '../../../src/state/document.ts'
import type { StoredDocument, StoredResource, StoredRow, StoredStatus } from '../../../src/state/entry.ts'
import type { Effect } from '../../../src/state/fleet-state.ts'
import { type Body, bytesIn, documentIn, NO_BODY, numberIn } from '../../../src/state/layout.ts'
import type { JournalRecord, PlacedPut, Put } from '../../../src/state/put.ts'
import { readHead, readStatus } from '../../../src/state/reader.ts'
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
  PartView,
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
    const documents = ids.flatMap(id => {
      const entry = this.#present(id)
      return [entry, ...entry.statuses].map(stored => stored.jsonPieces())
    })
    const release = this.#state.retain(documents.flat())
    // All are released with the last one. The pieces must stay as they are until then.
    return documents.map((pieces, place) => ({
      get document() {
        return Buffer.concat(pieces)
      },
      text: () => '',
      release: () => {
        if (place === documents.length - 1) release()
      },
    }))
  }

  /** Encodes all bodies before the first is applied, as a group commit does, and takes their memory back after the last. */
  apply(group: readonly Writes[]): readonly Buffer[] {
    if (!this.#isWatched) this.#watch()
    this.effects = []
    const changes = group.map(({ sequence, writes }) => {
      const puts = writes.map(encode)
      return { sequence, latestTime: undefined, puts }
    })
    const documents = this.#state.apply(changes)
    for (const { puts } of changes)
      for (const { body, conditions } of puts) for (const each of [body, conditions]) scribble(each)
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
        const [head, conditions, ...statuses] = storedOf(entry)
        // The head is the last to leave the snapshot.
        return [...statuses, ...(conditions ? [conditions] : []), ...(head ? [head] : [])].flatMap(
          ([key, { foldedChecksum: checksum }]) => (checksum === undefined ? [] : [{ key, checksum }]),
        )
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
    const records = loaded(stored)
    try {
      for (const [place, record] of records.entries())
        this.#state.load(record, place === 0 || checksum === undefined ? checksum : 'in-head')
    } finally {
      for (const { body } of records) scribble(body)
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
    const previous = effect.kind === 'status' ? undefined : effect.previous
    const isRead = isReadInEffects(sequence)
    const previousText = () => {
      if (previous === undefined || !isRead) return undefined
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
    assert.equal(entry.headSequence, entry.head.sequence)
    assert.equal(entry.conditionsSequence, entry.ownConditions.sequence)
    return {
      ...recordView(entry, entry.head, () => textOf({ kind: 'resource', record: entry.resource })),
      conditions: partView(entry.ownConditions),
      ...{ kind, id, name, ownerId, slot, isMarked, formerSlot: this.#formerSlotOf(entry) },
      statuses: entry.statuses.map(statusView),
    }
  }

  #formerSlotOf({ kind, otherSlot }: Effect['entry']): number | undefined {
    return this.#secondSlotOf[kind] !== undefined || otherSlot === NO_SLOT ? undefined : otherSlot
  }
}

function encode({ put, number }: Write): PlacedPut {
  const { body, conditions } = encodePut(put, number)
  return { put, body: inMiddle(body), conditions: inMiddle(conditions) }
}

/** A body in the middle of some memory, where a group commit has it. */
function inMiddle(body: Body): Body {
  const { length } = body
  if (length === 0) return NO_BODY
  const bytes = Buffer.alloc(length + 16, SCRIBBLE)
  bytesIn(body).copy(bytes, 8)
  return { bytes, offset: 8, length }
}

/** Records as they come from disk: their members are read from bytes that are valid during the visit only. */
function loaded({ key, put, number, sequence, isWhole }: Stored): readonly JournalRecord[] {
  switch (put.kind) {
    case 'removal':
      return [{ key, put, sequence, body: NO_BODY }]
    case 'status': {
      const { resourceKind, resourceId, adapter } = put.record
      const body = encodeBody(put, number)
      const record = readStatus(resourceKind, resourceId, adapter, body)
      return [{ key, put: { kind: 'status', record }, sequence, body }]
    }
    case 'conditions': {
      const { resource, conditions } = put
      return [{ key, put: { kind: 'conditions', resource }, sequence, body: encodeConditions(conditions) }]
    }
    case 'resource': {
      const { kind, id, conditions } = put.record
      const body = encodeBody(put, number)
      const head = { key, put: { kind: 'head', record: readHead(kind, id, body) }, sequence, body } as const
      const own = { kind: 'conditions', resource: { kind, id }, conditions } as const
      return isWhole
        ? [head, ...loaded({ key: `${key}/`, put: own, number, sequence, isWhole: false })]
        : [head]
    }
  }
}

function scribble({ bytes, offset, length }: Body): void {
  bytes.fill(SCRIBBLE, offset, offset + length)
}

function partView({ sequence, isDirty, foldedChecksum }: StoredRow): PartView {
  return { sequence, isDirty, foldedChecksum }
}

function recordView(stored: StoredResource | StoredStatus, row: StoredRow, text: () => string): RecordView {
  const { number, json: document } = stored
  const read = () => {
    checkCopy(stored, document)
    return text()
  }
  return { ...partView(row), number, document, text: read }
}

/** A copy of a document into other memory is exact, and leaves the bytes around it. */
function checkCopy(stored: StoredDocument, document: Buffer): void {
  const { length } = document
  assert.equal(stored.jsonLength, length)
  const copy = Buffer.alloc(length + 2, SCRIBBLE)
  assert.equal(stored.copyJson(copy, 1), length + 1)
  assert.ok(copy.subarray(1, -1).equals(document))
  assert.ok(Buffer.concat(stored.jsonPieces()).equals(document))
  assert.ok(copy[0] === SCRIBBLE && copy[length + 1] === SCRIBBLE)
}

function statusView(stored: StoredStatus): StatusView {
  const view = recordView(stored, stored, () => textOf({ kind: 'status', record: stored.status }))
  return { ...view, adapter: stored.adapter }
}

/** The records of a resource with their keys: its head, its conditions and its statuses. */
function storedOf(entry: StoredResource): readonly (readonly [string, StoredRow])[] {
  const statuses = entry.statuses.map(status => [keyOfStatus(entry, status.adapter), status] as const)
  return [[keyOfResource(entry), entry.head], [keyOfConditions(entry), entry.ownConditions], ...statuses]
}

function foldsOf(entry: StoredResource): readonly FoldView[] {
  // A head is never folded over one with conditions that are nowhere else.
  const { head, ownConditions } = entry
  assert.ok(!head.isDirty || ownConditions.isDirty || ownConditions.foldedChecksum !== undefined)
  const dirty = storedOf(entry).filter(([, { isDirty, isRemoved }]) => isDirty && !isRemoved)
  return dirty.map(([key, stored]) => {
    const { sequence, body, foldedChecksum: replaces } = stored
    const number = key.endsWith('/') ? 0 : numberIn(body)
    const document = key.endsWith('/') ? bytesIn(body) : documentIn(body)
    const noteFolded = (checksum: number) => stored.noteFolded(sequence, checksum)
    return { key, sequence, number, document, replaces, noteFolded }
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
