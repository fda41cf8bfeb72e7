// Operations on the fleet of the simulation, decided by the rules that a server on a replica has to follow.
import type { Replica } from '../../../src/replication/replica.ts'
import type { OperationKind } from './checker.ts'
import type { Answer, Fleet, Staged } from './fleet.ts'

const MAX_STALENESS_MS = 5000

export interface AskedOperation {
  readonly number: number
  readonly kind: OperationKind
  readonly name: number
  /** The version that a conditional write expects. */
  readonly expected: number | undefined
}

export class FleetService {
  readonly #replica: Replica<readonly Staged[]>
  readonly #fleet: Fleet
  /** Called for each stale read, with its number and greatest age. */
  readonly #onStaleRead: (number: number, staleMs: number) => void

  constructor(
    replica: Replica<readonly Staged[]>,
    fleet: Fleet,
    onStaleRead: (number: number, staleMs: number) => void = () => {},
  ) {
    this.#replica = replica
    this.#fleet = fleet
    this.#onStaleRead = onStaleRead
  }

  answer({ number, kind, name, expected }: AskedOperation): Promise<Answer> {
    switch (kind) {
      case 'write':
      case 'conditional write':
        return this.#write(number, name, expected)
      case 'read':
        return this.#read()
      case 'latest read':
        return this.#readLatest()
      case 'any read':
        return Promise.resolve(this.#readAny())
    }
  }

  async #write(operation: number, name: number, expected: number | undefined): Promise<Answer> {
    const fleet = this.#fleet
    if (!this.#replica.isLeading) return refused(`not the writer, but ${this.#replica.role}`)
    const version = fleet.newest.of[name] ?? 0
    if (expected === undefined || version === expected) return fleet.stage(operation, name)
    // An answer that stores nothing depends on versions that may not be stored yet, and on being the writer: the append of
    // those versions may have begun before another server became the writer.
    const { number } = fleet.newest
    if (!fleet.isIdle && !(await fleet.settled())) return refused('not settled')
    return (await this.#isWriter()) ? { kind: 'conflict', number, version } : refused('no longer the writer')
  }

  /** A read by the rule that the writer answers alone while it has its lease. */
  async #read(): Promise<Answer> {
    if (!this.#replica.isLeading) return refused('not the writer')
    return (await this.#isWriter()) ? this.#versions() : refused('no longer the writer')
  }

  /** A linearizable read that needs no clock. */
  async #readLatest(): Promise<Answer> {
    const { kind } = await this.#replica.confirm()
    return kind === 'stored' ? this.#versions() : refused(kind)
  }

  /** A read of whatever this server has applied, if that is not too old (contract 14.8). */
  #readAny(): Answer {
    const { staleMs } = this.#replica
    if (staleMs === undefined || staleMs > MAX_STALENESS_MS) return refused('stale')
    this.#onStaleRead(this.#fleet.versions.number, staleMs)
    return this.#versions()
  }

  async #isWriter(): Promise<boolean> {
    return this.#replica.hasLease || (await this.#replica.confirm()).kind === 'stored'
  }

  #versions(): Answer {
    const { number, of } = this.#fleet.versions
    return { kind: 'read', number, versions: of }
  }
}

function refused(reason: string): Answer {
  return { kind: 'refused', reason }
}
