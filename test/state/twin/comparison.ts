// Compares the state under test with its twin: what one write has touched, or everything that can be seen.
import assert from 'node:assert/strict'
import { RESOURCE_KINDS, type ResourceKind } from '../../../src/state/records.ts'
import type { Random } from '../../harness/random.ts'
import type { EffectView, Model, PartView, RecordView, ResourceView } from './model.ts'

/** Shares of the records, newly written and others, that are read member by member. The documents of all are compared. */
const READ_NEW_SHARE = 1 / 2
const READ_SHARE = 1 / 20
/** Share of the names and of the nodepools that it looks up, for each of which the twin walks through the whole fleet. */
const WALK_SHARE = 1 / 10

export class Comparison {
  readonly #subject: Model
  readonly #twin: Model
  readonly #random: Random

  constructor(subject: Model, twin: Model, random: Random) {
    this.#subject = subject
    this.#twin = twin
    this.#random = random
  }

  /** Everything that can be seen. */
  all(): void {
    same('bytes', 'the state', this.#subject.bytes, this.#twin.bytes)
    same('statusCount', 'the state', this.#subject.statusCount, this.#twin.statusCount)
    for (const kind of RESOURCE_KINDS) {
      same('nextNumber', kind, this.#subject.nextNumber(kind), this.#twin.nextNumber(kind))
      sameList('adapters', kind, this.#subject.adapters(kind), this.#twin.adapters(kind))
      sameList('slots', kind, this.#subject.slots(kind), this.#twin.slots(kind))
      const living = this.#twin.living(kind)
      sameList('living', kind, this.#subject.living(kind), living)
      same('count', kind, this.#subject.count(kind), living.length)
      for (const id of living) {
        this.resource(kind, id, Number.POSITIVE_INFINITY)
        if (this.#random.chance(WALK_SHARE)) this.#lookUp(kind, id)
      }
    }
  }

  /** A resource and its statuses. It may be removed. Records that are newer than `since` were newly written. */
  resource(kind: ResourceKind, id: string, since: number): void {
    const what = `${kind} ${id}`
    const [subject, twin] = [this.#subject.resource(kind, id), this.#twin.resource(kind, id)]
    const other = kind === 'Cluster' ? 'NodePool' : 'Cluster'
    same('presence in the other kind', what, this.#subject.resource(other, id), undefined)
    if (subject === undefined || twin === undefined) same('presence', what, subject?.id, twin?.id)
    else this.#sameResource(what, subject, twin, since)
  }

  name(kind: ResourceKind, ownerId: string | undefined, name: string): void {
    const holder = this.#twin.idOfName(kind, ownerId, name)
    same(kind, name, this.#subject.idOfName(kind, ownerId, name), holder)
  }

  nodepoolsOf(clusterId: string): void {
    const nodepools = this.#twin.nodepoolsOf(clusterId)
    sameList('nodepools', clusterId, this.#subject.nodepoolsOf(clusterId), nodepools)
  }

  #lookUp(kind: ResourceKind, id: string): void {
    const { name, ownerId } = this.#twin.resource(kind, id) ?? {}
    if (name !== undefined) this.name(kind, ownerId, name)
    if (kind === 'Cluster') this.nodepoolsOf(id)
  }

  #sameResource(what: string, subject: ResourceView, twin: ResourceView, since: number): void {
    this.#sameRecord(what, subject, twin, since)
    samePart(`the conditions of ${what}`, subject.conditions, twin.conditions)
    same('id', what, subject.id, twin.id)
    same('name', what, subject.name, twin.name)
    same('owner', what, subject.ownerId, twin.ownerId)
    same('slot', what, subject.slot, twin.slot)
    same('former slot', what, subject.formerSlot, twin.formerSlot)
    same('mark', what, subject.isMarked, twin.isMarked)
    sameList('statuses', what, subject.statuses.map(adapterOf), twin.statuses.map(adapterOf))
    for (const [place, status] of twin.statuses.entries()) {
      const present = subject.statuses[place]
      assert.ok(present !== undefined)
      this.#sameRecord(`${what}/${status.adapter}`, present, status, since)
    }
  }

  #sameRecord(what: string, subject: RecordView, twin: RecordView, since: number): void {
    same('number', what, subject.number, twin.number)
    samePart(what, subject, twin)
    sameBytes('document', what, subject.document, twin.document)
    if (this.#random.chance(twin.sequence > since ? READ_NEW_SHARE : READ_SHARE))
      same('record', what, subject.text(), twin.text())
  }
}

function samePart(what: string, subject: PartView, twin: PartView): void {
  same('sequence', what, subject.sequence, twin.sequence)
  same('isDirty', what, subject.isDirty, twin.isDirty)
  same('foldedChecksum', what, subject.foldedChecksum, twin.foldedChecksum)
}

export function sameEffects(subject: readonly EffectView[], twin: readonly EffectView[]): void {
  same('number', 'effects', subject.length, twin.length)
  for (const [place, expected] of twin.entries()) {
    const effect = subject[place]
    assert.ok(effect !== undefined)
    const what = `the effect on ${expected.key}`
    same('key', what, effect.key, expected.key)
    same('kind', what, effect.kind, expected.kind)
    same('sequence', what, effect.sequence, expected.sequence)
    same('slot', what, effect.slot, expected.slot)
    same('second slot', what, effect.secondSlot, expected.secondSlot)
    same('former slot', what, effect.formerSlot, expected.formerSlot)
    same('put', what, effect.put, expected.put)
    same('previous version', what, effect.previous, expected.previous)
    sameBytes('document', what, effect.document, expected.document)
    same('presence of a previous document', what, !effect.previousDocument, !expected.previousDocument)
    if (effect.previousDocument !== undefined && expected.previousDocument !== undefined)
      sameBytes('previous document', what, effect.previousDocument, expected.previousDocument)
  }
}

/** Compares a member of something. Its parts are joined in a fault only, since most comparisons find none. */
export function same<T>(member: string, of: string, subject: T, twin: T): void {
  if (subject === twin) return
  const [ours, theirs] = fromDifference(String(subject), String(twin))
  assert.fail(`${member} of ${of}: ${ours} instead of ${theirs}`)
}

export function sameList<T>(member: string, of: string, subject: readonly T[], twin: readonly T[]): void {
  same(`length of ${member}`, of, subject.length, twin.length)
  const place = subject.findIndex((item, i) => item !== twin[i])
  if (place !== -1) same(`place ${place} of ${member}`, of, subject[place], twin[place])
}

export function sameBytes(member: string, of: string, subject: Buffer, twin: Buffer): void {
  if (!subject.equals(twin)) same(member, of, String(subject), String(twin))
}

function adapterOf({ adapter }: { readonly adapter: string }): string {
  return adapter
}

/** Two long texts from shortly before the place where they begin to differ. */
function fromDifference(...texts: readonly [string, string]): readonly string[] {
  const [a, b] = texts
  let place = 0
  while (place < a.length && a[place] === b[place]) place++
  const start = Math.max(0, place - 100)
  return texts.map(text => (text.length < 200 ? text : `…${text.slice(start, start + 300)}…`))
}
