// Watches over a state that a test writes to, without a disk or a network, in time that the test moves.
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { createSearches, isSearchableLabelKey, Turns } from '../../src/search/search.ts'
import type { Resource, ResourceKind } from '../../src/state/records.ts'
import { ALL_TYPES, type Format, type TypeMask } from '../../src/watch/events.ts'
import { RESUMPTION_LIMITS } from '../../src/watch/resumption.ts'
import type { Timing } from '../../src/watch/schedule.ts'
import { type Watch, Watches } from '../../src/watch/watches.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { StateBuilder } from '../harness/state.ts'
import { wholeWatch } from '../harness/watch.ts'
import { NOW } from '../search/sample.ts'
import type { ManualTiming } from './manual-timing.ts'

export interface OpenOptions {
  readonly kind?: ResourceKind
  readonly ownerId?: string
  readonly format?: Format
  readonly types?: TypeMask
  readonly since?: string
  readonly expiresMs?: number
}

/** A client that keeps the lines of its stream. */
export class Lines {
  readonly lines: string[] = []
  /** The number of writes. */
  writes = 0
  bytes = 0
  /** True to take nothing more after the next write. */
  isFull = false
  isEnded = false
  isCutOff = false
  watch: Watch | undefined

  /** The types of the events since the last call, with the names of their resources. */
  take(): string[] {
    return this.lines.splice(0).map(line => {
      const { type, object } = JSON.parse(line)
      return object?.name === undefined ? type : `${type} ${object.name}`
    })
  }

  /** Takes everything from now on. */
  drain(): void {
    this.isFull = false
    this.watch?.ready()
  }
}

export class WatchedState<T extends Timing = ManualTiming> {
  readonly builder: StateBuilder
  readonly timing: T
  readonly watches: Watches
  readonly #searches
  machineMs = 0
  /** The server's clock. */
  now: Instant = NOW

  constructor(
    timing: T,
    retainedRemovals = 1000,
    history = 'a history',
    resumption = RESUMPTION_LIMITS,
    aheadWaitMs?: number,
  ) {
    this.timing = timing
    this.builder = new StateBuilder(retainedRemovals)
    const { state } = this.builder
    const kernels = loadKernels(new LinearMemory())
    const index = FleetIndex.attach(state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey })
    const turns = new Turns({ nowMs: () => 0, nextTurn: callback => timing.nextTurn(callback) })
    this.#searches = createSearches(index, { turns, clock: () => this.now, nowMs: () => 0 })
    this.watches = new Watches({
      state,
      searches: this.#searches,
      history,
      resumption,
      timing,
      machineMs: () => this.machineMs,
      clock: () => this.now,
      bookmarkIntervalMs: 15_000,
      aheadWaitMs,
      onError: error => {
        throw error
      },
    })
  }

  put(resource: Resource): void {
    this.builder.put(resource)
  }

  /** Opens a watch whose client keeps nothing. */
  openQuiet(search: string, { write }: { readonly write: (bytes: Buffer) => boolean }): Watch {
    const query = this.#searches.Cluster.prepare({ search })
    if (query.kind === 'fault') throw new Error(query.fault.detail)
    const subject = { kind: 'Cluster', ownerId: undefined, search } as const
    return this.watches.open(
      wholeWatch({ subject, query, output: { write, end: () => {}, cutOff: () => {} } }),
    )
  }

  open(search = '', options: OpenOptions = {}): Lines {
    const { kind = 'Cluster', ownerId, format = 'lines', types = ALL_TYPES, since } = options
    const query = this.#searches[kind].prepare({ search })
    if (query.kind === 'fault') throw new Error(query.fault.detail)
    const client = new Lines()
    client.watch = this.watches.open({
      subject: { kind, ownerId, search },
      query,
      format,
      types,
      projection: undefined,
      since,
      retryMs: undefined,
      expiresMs: options.expiresMs ?? Number.POSITIVE_INFINITY,
      output: {
        write: bytes => {
          client.writes++
          client.bytes += bytes.length
          client.lines.push(...bytes.toString('utf8').split('\n').slice(0, -1))
          return !client.isFull
        },
        end: () => {
          client.isEnded = true
          client.watch?.over()
        },
        cutOff: () => {
          client.isCutOff = true
          client.watch?.over()
        },
      },
      problem: reason => Buffer.from(JSON.stringify({ name: reason })),
    })
    return client
  }
}
