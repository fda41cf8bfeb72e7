// Turns the lines of an export into a copy that can be written into a data folder. Reports each fault with its line.
// With a fault, the copy has no end, unless faulty lines are skipped.

import { type IdentityFormat, isAuthor } from '../../fleet/author.ts'
import { encodeRecords } from '../../state/document.ts'
import type { RecordPut } from '../../state/put.ts'
import type { AdapterStatus, Resource } from '../../state/records.ts'
import { Arena } from '../../store/arena.ts'
import { encodeSnapshotValue } from '../../store/codec.ts'
import type { CopyPart, Counts } from '../../store/copy/copy.ts'
import { encodeGroup } from '../../store/journal/group.ts'
import { later, laterId, type Watermarks } from '../../store/snapshot/snapshot.ts'
import { FleetAudit } from '../audit/fleet-audit.ts'
import type { Fault, Group } from '../audit/group.ts'
import { type FromLine, groupLines, type LineGroup } from './line-groups.ts'
import type { Line } from './line-reader.ts'

/** Journal entry of all imported records. */
const SEQUENCE = 1

/** Most faults that are reported. */
const MAX_FAULTS = 100

/** Lines of an export that were refused. */
export interface Refusals {
  readonly faults: readonly Fault[]
  /** Number of all faults; the list may have fewer. */
  readonly faultCount: number
  /** Number of refused lines. */
  readonly lineCount: number
  /** Resources with an author that the setting refuses (contract 3.6). They are never skipped. */
  readonly strangers: Strangers | undefined
}

export interface Strangers {
  readonly resourceCount: number
  /** One of the authors, and its place. */
  readonly author: string
  readonly where: string
}

export interface ImportOptions {
  /** True to import the valid lines in spite of faults in others. */
  readonly skipsRefused: boolean
  readonly identityFormat: IdentityFormat
}

/** Something was refused, so nothing is imported. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly refusals: Refusals

  constructor(refusals: Refusals) {
    super(`nothing is imported: ${refusals.lineCount} lines are refused`)
    this.refusals = refusals
  }
}

export class Importer {
  readonly #options: ImportOptions
  readonly #audit = new FleetAudit()
  readonly #arena = new Arena()
  readonly #faults: Fault[] = []
  readonly #taken = { clusters: 0, nodepools: 0, statuses: 0 }
  #faultCount = 0
  #refusedLines = 0
  #strangers: Strangers | undefined
  #watermarks: Watermarks = { latestTime: undefined, latestId: undefined }

  constructor(options: ImportOptions) {
    this.#options = options
  }

  get refusals(): Refusals {
    return {
      faults: this.#faults,
      faultCount: this.#faultCount,
      lineCount: this.#refusedLines,
      strangers: this.#strangers,
    }
  }

  /** Builds the copy while the lines arrive. Throws RefusedError if there is none. */
  async *copy(lines: AsyncIterable<Line>): AsyncGenerator<CopyPart[], void> {
    let announced: Counts | undefined
    for await (const item of groupLines(lines)) {
      if (item.kind === 'header') {
        announced = item.counts
        yield [{ kind: 'start', folded: SEQUENCE, records: total(announced) }]
      } else yield this.#take(item)
    }
    if (announced !== undefined) this.#compare(announced)
    if (announced === undefined || this.#isRefused()) throw new RefusedError(this.refusals)
    yield [
      { kind: 'group', ...encodeGroup(SEQUENCE, undefined, [[]]) },
      { kind: 'end', sequence: SEQUENCE, counts: { ...this.#taken }, watermarks: this.#watermarks },
    ]
  }

  #take(lines: LineGroup): CopyPart[] {
    const group = this.#placed(lines)
    const faults = lines.faults.length > 0 ? lines.faults : this.#audit.check(group)
    if (faults.length > 0) {
      this.#refusedLines += lines.lineCount
      this.#note(faults)
      return []
    }
    this.#audit.take(group)
    this.#count(group)
    this.#noteStrangers(group)
    return this.#isRefused() ? [] : this.#partsOf(group)
  }

  #placed({ resource, statuses }: LineGroup): Group {
    return {
      resource: resource && placed(resource, this.#audit.nextNumber(resource.record.kind), asResource),
      statuses: statuses.map((status, number) => placed(status, number, asStatus)),
    }
  }

  #partsOf({ resource, statuses }: Group): CopyPart[] {
    const wholes = [
      ...(resource === undefined ? [] : [resource.whole]),
      ...statuses.map(({ whole }) => whole),
    ]
    return wholes.flatMap(({ records }) =>
      records.map(({ key, body }): CopyPart => {
        return { kind: 'record', key, value: encodeSnapshotValue(key, SEQUENCE, body, this.#arena) }
      }),
    )
  }

  #count({ resource, statuses }: Group): void {
    this.#taken.statuses += statuses.length
    if (resource === undefined) return
    const { kind, id, createdTime, updatedTime, deletedTime } = resource.record
    this.#taken[kind === 'Cluster' ? 'clusters' : 'nodepools']++
    this.#watermarks = {
      latestTime: [createdTime, updatedTime, deletedTime].reduce(later, this.#watermarks.latestTime),
      latestId: laterId(this.#watermarks.latestId, id),
    }
  }

  #noteStrangers({ resource }: Group): void {
    if (resource === undefined) return
    const { createdBy, updatedBy, deletedBy = createdBy } = resource.record
    const author = [createdBy, updatedBy, deletedBy].find(
      each => !isAuthor(this.#options.identityFormat, each),
    )
    if (author === undefined) return
    const { resourceCount, ...first } = this.#strangers ?? { resourceCount: 0, author, where: resource.where }
    this.#strangers = { resourceCount: resourceCount + 1, ...first }
  }

  /** Detects an export that was cut off between two lines: only the counts show it. */
  #compare(announced: Counts): void {
    const came = total(this.#taken) + this.#refusedLines
    const expected = total(announced)
    if (came !== expected)
      this.#note([{ where: 'the end', what: `${expected} records were announced, but ${came} arrived` }])
    if (this.#refusedLines > 0) return
    for (const name of ['clusters', 'nodepools', 'statuses'] as const)
      if (came === expected && announced[name] !== this.#taken[name])
        this.#note([{ where: 'line 1', what: `${name} must be ${this.#taken[name]}, as many as there are` }])
  }

  #isRefused(): boolean {
    return this.#strangers !== undefined || (this.#faultCount > 0 && !this.#options.skipsRefused)
  }

  #note(faults: readonly Fault[]): void {
    this.#faultCount += faults.length
    this.#faults.push(...faults.slice(0, MAX_FAULTS - this.#faults.length))
  }
}

function placed<T>({ record, where }: FromLine<T>, number: number, put: (record: T) => RecordPut) {
  return { record, whole: encodeRecords(put(record), number, SEQUENCE), where }
}

function asResource(record: Resource): RecordPut {
  return { kind: 'resource', record }
}

function asStatus(record: AdapterStatus): RecordPut {
  return { kind: 'status', record }
}

function total({ clusters, nodepools, statuses }: Counts): number {
  return clusters + nodepools + statuses
}
