// Results of a run, as stored in `bench/results/load.json`.
import type { Machine } from '../machine.ts'
import type { Spread } from './spread.ts'
import type { Latency } from './traffic/fixed-rate.ts'

/** The server, the two ceilings, and the server on its second engine. */
export type TargetName = 'server' | 'bare' | 'node' | 'server on node'

export interface TargetResult {
  readonly perSecond: Spread
  /** CPU time of the server's process for one request, in microseconds. */
  readonly cpuUs: Spread
  /** CPU time divided by elapsed time. */
  readonly serverBusy: Spread
  readonly clientBusy: Spread
  /** In milliseconds, at the fixed rate of the row; undefined if not measured. */
  readonly latency: Readonly<Record<keyof Latency, Spread>> | undefined
}

export interface RowResult {
  readonly name: string
  readonly clusters: number
  readonly connections: number
  readonly answerBytes: number
  /** Bytes that a bare journal writes for each request; undefined for reads. */
  readonly entryBytes: number | undefined
  /** Requests per second at which latency is measured. */
  readonly fixedRate: number
  readonly targets: Partial<Readonly<Record<TargetName, TargetResult>>>
  /** Requests per second of the server divided by the bare server's, round by round. */
  readonly ratio: Spread
  /** CPU time per request of the bare server divided by the server's. */
  readonly cpuRatio: Spread
  /** Requests per second of the server divided by those on its second engine. */
  readonly engineRatio: Spread | undefined
}

export interface MemoryResult {
  readonly clusters: number
  readonly statuses: number
  /** Resident memory some time after the start, and after a full garbage collection. */
  readonly rssBytes: number
  readonly collectedRssBytes: number
  readonly emptyRssBytes: number
  readonly servedBytes: number
  readonly indexBytes: number
}

export interface MixedDayResult {
  readonly clusters: number
  readonly seconds: number
  readonly idlePolls: Latency
  readonly polls: Latency
  readonly reports: Latency
  /** True if a checkpoint was completed in it. */
  readonly hadCheckpoint: boolean
  /** Resident memory, second by second. */
  readonly rssBytes: readonly number[]
  readonly pauses: { readonly count: number; readonly totalMs: number; readonly maxMs: number }
}

export interface FairnessResult {
  readonly clusters: number
  readonly alone: Latency
  readonly beside: readonly {
    readonly query: string
    /** Expensive queries per second answered meanwhile. */
    readonly perSecond: number
    readonly polls: Latency
  }[]
}

interface LogFigures {
  readonly perSecond: Spread
  /** CPU time of the server's process for one request, in microseconds. */
  readonly cpuUs: Spread
}

/** A workload on a server that logs warnings only, and on one with the default log level. */
export interface LogCostResult {
  readonly name: string
  readonly quiet: LogFigures
  readonly logging: LogFigures
  /** Requests per second and CPU time per request of the logging server divided by the quiet server's, round by round. */
  readonly ratio: Spread
  readonly cpuRatio: Spread
}

export interface Results {
  readonly machine: Machine
  readonly measuredAt: string
  readonly rounds: number
  /** Throughput of the client against a server that answers two bytes. */
  readonly client: Readonly<{ perSecond: Spread; clientBusy: Spread; serverBusy: Spread }> | undefined
  readonly rows: readonly RowResult[]
  readonly memory: readonly MemoryResult[]
  readonly mixedDay: MixedDayResult | undefined
  readonly fairness: FairnessResult | undefined
  readonly logCost: readonly LogCostResult[]
}
