// A checkpoint of a state and of its twin, in steps: some removed resources are erased, or some changed ones are read and, one step
// later, noted as folded. Writes may come in between.
import type { Random } from '../../harness/random.ts'
import { same, sameBytes, sameList } from './comparison.ts'
import type { Disk } from './disk.ts'
import type { CheckpointView, FoldView } from './model.ts'
import type { Subject } from './subject.ts'
import type { Twin, TwinCheckpoint, TwinFold } from './twin.ts'

const MAX_BATCH = 64

interface Fold {
  readonly subject: FoldView
  readonly twin: TwinFold
}

export class FoldedTogether {
  readonly #subject: CheckpointView
  readonly #twin: TwinCheckpoint
  readonly #disk: Disk
  readonly #random: Random
  readonly #sequence: number
  #erased = 0
  #folded = 0
  /** The folds that are being written. */
  #pending: readonly Fold[] = []

  constructor(subject: Subject, twin: Twin, disk: Disk, random: Random) {
    this.#subject = subject.takeDirty()
    this.#twin = twin.takeDirty()
    this.#disk = disk
    this.#random = random
    this.#sequence = disk.sequence
    sameList('changed', 'a checkpoint', this.#subject.changed.map(toKey), this.#twin.changed.map(toKey))
    sameList('removed', 'a checkpoint', this.#subject.removed.map(toKey), this.#twin.removed.map(toKey))
  }

  /** Returns false at the end. */
  step(): boolean {
    if (this.#pending.length > 0) this.#notePending()
    else if (this.#erased < this.#twin.removed.length) this.#erase()
    else if (this.#folded < this.#twin.changed.length) this.#read()
    else {
      this.#disk.complete(this.#sequence, this.#random)
      return false
    }
    return true
  }

  /** The folds that are being written are lost. */
  giveBack(): void {
    this.#subject.giveBack()
    this.#twin.giveBack()
  }

  #erase(): void {
    const end = Math.min(this.#erased + 1 + this.#random.below(MAX_BATCH), this.#twin.removed.length)
    for (; this.#erased < end; this.#erased++) {
      const [subject, twin] = [this.#subject.erasures(this.#erased), this.#twin.erasures(this.#erased)]
      sameList('erasures', 'a removed resource', subject.map(toText), twin.map(toText))
      for (const erasure of twin) this.#disk.erase(erasure)
      this.#subject.noteErased(this.#erased)
      this.#twin.noteErased(this.#erased)
    }
  }

  #read(): void {
    const end = Math.min(this.#folded + 1 + this.#random.below(MAX_BATCH), this.#twin.changed.length)
    const pending: Fold[] = []
    for (; this.#folded < end; this.#folded++) {
      const [subject, twin] = [this.#subject.folds(this.#folded), this.#twin.folds(this.#folded)]
      same('number of folds', 'a resource', subject.length, twin.length)
      for (const [place, fold] of twin.entries()) {
        const own = subject[place]
        if (own === undefined) continue
        same('key', 'a fold', own.key, fold.key)
        same('sequence', fold.key, own.sequence, fold.sequence)
        same('number', fold.key, own.number, fold.number)
        same('replaced checksum', fold.key, own.replaces, fold.replaces)
        sameBytes('document', fold.key, own.document, fold.document)
        pending.push({ subject: own, twin: fold })
      }
    }
    this.#pending = pending
  }

  #notePending(): void {
    for (const { subject, twin } of this.#pending) {
      const checksum = this.#random.word()
      subject.noteFolded(checksum)
      twin.noteFolded(checksum)
      this.#disk.fold(twin, twin.put, checksum)
    }
    this.#pending = []
  }
}

function toKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

function toText({ key, checksum }: { readonly key: string; readonly checksum: number }): string {
  return `${key} ${checksum}`
}
