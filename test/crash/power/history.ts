// History of a workload: changes sent and answered, in journal order. A state found on a disk is right if it is the
// state after some change that was sent, no earlier than the last that was answered.
import { createHash } from 'node:crypto'
import type { FleetState } from '../../../src/state/fleet-state.ts'

/** A document as served, with its key and its number in the order of creation. An empty document removes the record. */
export type Line = readonly [key: string, number: number, json: string]

/** Marks of the workload in its trace. */
export type Mark =
  | { readonly kind: 'opened'; readonly lines: readonly Line[] }
  /** A change was staged, and none of it is in a file yet. */
  | { readonly kind: 'sent'; readonly lines: readonly Line[] }
  /** As many of the changes sent since the store was opened have been answered. */
  | { readonly kind: 'answered'; readonly count: number }

/** Digest of a state; different states hardly ever share one. */
export type Digest = number

const DIGESTS = 2 ** 48

export function linesOf(state: FleetState): Line[] {
  const lines: Line[] = []
  for (const kind of ['Cluster', 'NodePool'] as const) {
    for (const { number, json, resource, statuses } of state.living(kind)) {
      const key = `${kind}/${resource.id}`
      lines.push([key, number, json.toString()])
      // They are in the order of their numbers.
      for (const [number, { adapter, json }] of statuses.entries()) {
        lines.push([`${key}/${adapter}`, number, json.toString()])
      }
    }
  }
  return lines
}

export function digestOf(lines: Iterable<Line>): Digest {
  let digest = 0
  for (const line of lines) digest = (digest + lineDigest(line)) % DIGESTS
  return digest
}

function lineDigest([key, number, json]: Line): number {
  if (json === '') return 0
  return createHash('sha1').update(`${key} ${number} ${json}`).digest().readUIntBE(0, 6)
}

export class History {
  /** The digest of the state after each change, from the state in the beginning on. */
  #digests: Digest[] = [0]
  /** The lines of each change. */
  #changes: (readonly Line[])[] = [[]]
  #answered = 0
  /** Number of changes when the store was opened. */
  #base = 0
  readonly #current = new Map<string, Line>()

  /** Begins with what a disk held before. */
  constructor(lines: readonly Line[] = []) {
    this.#changes = [lines]
    this.#digests = [digestOf(lines)]
    for (const line of lines) this.#set(line)
  }

  get answered(): number {
    return this.#answered
  }

  get sent(): number {
    return this.#digests.length - 1
  }

  /** The number of the change that left this state; undefined when none did. */
  changeOf(digest: Digest, from = this.#answered): number | undefined {
    const found = this.#digests.indexOf(digest, from)
    return found === -1 ? undefined : found
  }

  /** The greatest id of all records up to a change, removed ones included (contract 3.2). */
  latestIdAt(change: number): string {
    const keys = this.#changes.slice(0, change + 1).flatMap(lines => lines.map(([key]) => key))
    return (
      keys
        .map(key => key.split('/')[1] ?? '')
        .sort()
        .at(-1) ?? ''
    )
  }

  note(mark: Mark): void {
    switch (mark.kind) {
      case 'sent':
        this.#add(mark.lines)
        break
      case 'answered':
        this.#answered = this.#base + mark.count
        break
      case 'opened':
        this.#reopen(digestOf(mark.lines))
        break
    }
  }

  #add(lines: readonly Line[]): void {
    let digest = this.#digests.at(-1) ?? 0
    for (const line of lines) {
      const before = this.#current.get(line[0])
      digest =
        (digest + lineDigest(line) + (before === undefined ? 0 : DIGESTS - lineDigest(before))) % DIGESTS
      this.#set(line)
    }
    this.#digests.push(digest)
    this.#changes.push(lines)
  }

  #set(line: Line): void {
    const [key, , json] = line
    if (json === '') this.#current.delete(key)
    else this.#current.set(key, line)
  }

  /** State that a process found on opening must persist; everything else is gone for good. */
  #reopen(digest: Digest): void {
    const found = this.changeOf(digest)
    if (found === undefined) {
      throw new Error(`a restart in the trace holds none of the states ${this.#answered} to ${this.sent}`)
    }
    this.#digests.length = found + 1
    this.#changes.length = found + 1
    this.#current.clear()
    for (const lines of this.#changes) for (const line of lines) this.#set(line)
    this.#answered = found
    this.#base = found
  }
}
