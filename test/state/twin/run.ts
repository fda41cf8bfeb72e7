// A run of random operations on a state and on its twin: groups of changes, renumberings, checkpoints with writes in between, and
// loads of what the checkpoints and the journal would have on disk.
import assert from 'node:assert/strict'
import type { Put } from '../../../src/state/put.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../../src/state/records.ts'
import { Random } from '../../harness/random.ts'
import { Comparison, same, sameBytes, sameEffects, sameList } from './comparison.ts'
import { Decisions } from './decisions.ts'
import { Disk } from './disk.ts'
import { textOf } from './documents.ts'
import { FoldedTogether } from './folded.ts'
import type { EffectView, KeptView, Model, RenumberingView, Writes } from './model.ts'
import { Subject } from './subject.ts'
import { Twin } from './twin.ts'

/** Operations between two full comparisons, and between two loads. */
const ALL_EVERY = 1000
const LOAD_EVERY = 8000
/** One load of so many is of a disk that has lost a record, and after another one the run goes on with the loaded state. */
const LOADS_OF_A_KIND = 3
/** Share of the checkpoints that fail, at one of their first steps. */
const FAILURES = 0.1
const MAX_FAILING_STEP = 40
const MAX_KEPT = 40

/** A resource that a group has written. */
interface Touched {
  readonly kind: ResourceKind
  readonly name: string
  readonly ownerId: string | undefined
  /** True if the group may have given or freed the name. */
  readonly isNamed: boolean
}

interface Pair<T> {
  readonly subject: T
  readonly twin: T
}

export class Run {
  readonly #random: Random
  readonly #decisions: Decisions
  readonly #disk = new Disk()
  #subject = new Subject()
  #twin = new Twin()
  #comparison: Comparison
  #checkpoint: FoldedTogether | undefined
  /** Steps until the checkpoint fails. */
  #failsAfter: number | undefined
  readonly #renumberings = new Map<ResourceKind, Pair<RenumberingView>>()
  #kept: Pair<readonly KeptView[]>[] = []
  #sequence = 0
  /** Counts of each event, to show that a run has all of them. */
  readonly counts = {
    changes: 0,
    puts: 0,
    renumberings: 0,
    checkpoints: 0,
    givenBack: 0,
    loads: 0,
    restarts: 0,
    damaged: 0,
    kept: 0,
    largest: 0,
  }

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#decisions = new Decisions(this.#random, this.#twin)
    this.#comparison = new Comparison(this.#subject, this.#twin, this.#random)
  }

  /** Takes at least this number of operations. Each change of a group is one. */
  operate(operations: number): void {
    let compared = 0
    let loaded = 0
    let operation = 0
    while (operation < operations) {
      try {
        operation += this.#operate()
        if (operation >= compared + ALL_EVERY) {
          this.#compareAll()
          compared = operation
        }
        if (operation >= loaded + LOAD_EVERY) {
          this.#load()
          loaded = operation
        }
      } catch (error) {
        throw new Error(`after ${operation} operations: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        })
      }
    }
    this.#compareAll()
  }

  /** Returns the number of operations. */
  #operate(): number {
    const share = this.#random.below(100)
    if (share < 10) this.#renumber(this.#random.of(RESOURCE_KINDS))
    else if (share < 30) this.#fold()
    else if (share < 34) this.#keep()
    else if (share < 36) this.#decide()
    else return this.#write()
    return 1
  }

  /** Applies a group of changes in one turn, mostly one, and compares what it touched. Returns the number of changes. */
  #write(): number {
    const since = this.#sequence
    const group: Writes[] = []
    const documents: Buffer[] = []
    const effects: EffectView[] = []
    const touched = new Map<string, Touched>()
    for (let left = this.#random.chance(0.8) ? 1 : 1 + this.#random.below(20); left > 0; left--) {
      const change = { sequence: ++this.#sequence, writes: this.#decisions.next() }
      // A removed resource has its name before, a new one after.
      for (const { put } of change.writes) if (put.kind === 'removal') this.#touch(touched, put)
      documents.push(...this.#twin.apply([change]))
      effects.push(...this.#twin.effects)
      for (const { put } of change.writes) if (put.kind !== 'removal') this.#touch(touched, put)
      this.#disk.append(change, this.#twin)
      group.push(change)
      this.counts.puts += change.writes.length
    }
    const given = this.#subject.apply(group)
    sameEffects(this.#subject.effects, effects)
    same('number', 'documents', given.length, documents.length)
    for (const [place, document] of documents.entries()) {
      this.counts.largest = Math.max(this.counts.largest, document.length)
      sameBytes('document', `change ${place} of the group`, given[place] ?? Buffer.alloc(0), document)
    }
    this.#compareTouched(touched, since)
    this.counts.changes += group.length
    return group.length
  }

  #touch(touched: Map<string, Touched>, put: Put): void {
    const id =
      put.kind === 'status' ? put.record.resourceId : (put.kind === 'resource' ? put.record : put.resource).id
    const { kind, name, ownerId } = this.#twin.record(id)
    const isNamed = touched.get(id)?.isNamed || put.kind === 'resource' || put.kind === 'removal'
    touched.set(id, { kind, name, ownerId, isNamed })
  }

  #compareTouched(touched: ReadonlyMap<string, Touched>, since: number): void {
    const owners = new Set<string>()
    for (const [id, { kind, name, ownerId, isNamed }] of touched) {
      this.#comparison.resource(kind, id, since)
      if (!isNamed) continue
      this.#comparison.name(kind, ownerId, name)
      owners.add(ownerId ?? id)
    }
    for (const owner of owners) this.#comparison.nodepoolsOf(owner)
  }

  /** Begins a renumbering if one is due, or takes its next step. */
  #renumber(kind: ResourceKind): void {
    const present = this.#renumberings.get(kind)
    if (present === undefined) {
      const [subject, twin] = [this.#subject.renumber(kind), this.#twin.renumber(kind)]
      same('need of a renumbering', kind, subject === undefined, twin === undefined)
      if (subject !== undefined && twin !== undefined) this.#renumberings.set(kind, { subject, twin })
      return
    }
    const limit = 1 + this.#random.below(300)
    const [subject, twin] = [present.subject.step(limit), present.twin.step(limit)]
    sameList('visited', kind, subject.visited, twin.visited)
    same('end of the renumbering', kind, subject.hasMore, twin.hasMore)
    if (this.#random.chance(0.2) || !twin.hasMore) this.#compareSecondSlots(kind, present)
    if (twin.hasMore) return
    present.subject.takeOver()
    present.twin.takeOver()
    this.#renumberings.delete(kind)
    this.counts.renumberings++
    this.#comparison.all()
  }

  #compareSecondSlots(kind: ResourceKind, { subject, twin }: Pair<RenumberingView>): void {
    sameList('second slots', kind, subject.ids(), twin.ids())
    for (const id of this.#twin.living(kind))
      same('second slot', id, subject.secondSlotOf(id), twin.secondSlotOf(id))
  }

  /** Begins a checkpoint, or takes its next step. */
  #fold(): void {
    if (this.#checkpoint === undefined) {
      if (!this.#random.chance(0.05)) return
      this.#checkpoint = new FoldedTogether(this.#subject, this.#twin, this.#disk, this.#random)
      this.#failsAfter = this.#random.chance(FAILURES) ? this.#random.below(MAX_FAILING_STEP) : undefined
      return
    }
    if (this.#failsAfter !== undefined && this.#failsAfter-- === 0) {
      this.#checkpoint.giveBack()
      this.counts.givenBack++
    } else if (this.#checkpoint.step()) return
    else this.counts.checkpoints++
    this.#checkpoint = undefined
  }

  /** Keeps a version or retains a page of documents for a while, or compares one that was kept and lets it go. */
  #keep(): void {
    const ids = Array.from({ length: 1 + this.#random.below(20) }, () => this.#decisions.someId())
    const present = ids.filter(id => id !== undefined)
    if (this.#kept.length < MAX_KEPT && this.#random.chance(0.55)) {
      const isRetained = this.#random.chance(0.5)
      const keep = (model: Model) =>
        isRetained ? model.retain(present) : present.slice(0, 1).map(id => model.keep(id))
      this.#kept.push({ subject: keep(this.#subject), twin: keep(this.#twin) })
      return
    }
    const [kept] = this.#kept.splice(this.#random.below(this.#kept.length), 1)
    if (kept === undefined) return
    for (const [place, version] of kept.twin.entries()) {
      const own = kept.subject[place]
      assert.ok(own !== undefined)
      sameBytes('document', 'a kept version', own.document, version.document)
      same('record', 'a kept version', own.text(), version.text())
      own.release()
    }
    this.counts.kept++
  }

  #decide(): void {
    const id = this.#decisions.someId()
    if (id === undefined) return
    same('record', id, this.#subject.decide(id), textOf({ kind: 'resource', record: this.#twin.record(id) }))
  }

  /** Loads what is on disk into a state of its own and into a twin, which must also equal the present fleet. Often goes on with them. */
  #load(): void {
    this.#disk.age()
    if (this.counts.loads % LOADS_OF_A_KIND === 0) this.#loadDamaged()
    const [subject, twin] = [new Subject(), new Twin()]
    for (const model of [subject, twin]) assert.equal(this.#disk.load(model), undefined)
    new Comparison(subject, twin, this.#random).all()
    for (const kind of RESOURCE_KINDS) {
      sameList('loaded', kind, twin.living(kind), this.#twin.living(kind))
      for (const id of twin.living(kind)) sameFleet(kind, id, twin, this.#twin)
    }
    this.counts.loads++
    if (this.counts.loads % LOADS_OF_A_KIND !== 0) {
      const checkpoint = new FoldedTogether(subject, twin, new Disk(), this.#random)
      while (checkpoint.step());
      new Comparison(subject, twin, this.#random).all()
      return
    }
    this.counts.restarts++
    this.#subject = subject
    this.#twin = twin
    this.#decisions.twin = twin
    this.#comparison = new Comparison(subject, twin, this.#random)
    this.#checkpoint = undefined
    this.#renumberings.clear()
  }

  /** Both miss the same record, or do without it. */
  #loadDamaged(): void {
    const without = this.#disk.someFolded(this.#random)
    if (without === undefined) return
    const outcomes = [new Subject(), new Twin()].map(model =>
      outcomeOf(() => this.#disk.load(model, without)),
    )
    same('load', `all but ${without}`, outcomes[0], outcomes[1])
    this.counts.damaged++
  }

  #compareAll(): void {
    this.#comparison.all()
    for (const [kind, pair] of this.#renumberings) this.#compareSecondSlots(kind, pair)
  }
}

/** The same resource and statuses with the same bytes. */
function sameFleet(kind: ResourceKind, id: string, loaded: Model, present: Model): void {
  const [a, b] = [loaded.resource(kind, id), present.resource(kind, id)]
  assert.ok(a !== undefined && b !== undefined)
  sameBytes('loaded document', id, a.document, b.document)
  same('loaded statuses', id, a.statuses.length, b.statuses.length)
  for (const [place, { document }] of a.statuses.entries())
    sameBytes(`loaded status ${place}`, id, document, b.statuses[place]?.document ?? Buffer.alloc(0))
}

function outcomeOf(load: () => string | undefined): string | undefined {
  try {
    return load()
  } catch (error) {
    return `throws ${error instanceof Error ? error.message : error}`
  }
}
