// What a run of the harness finds out, as it is kept in `bench/results/load.json`.
import type { Machine } from '../machine.ts'
import type { Spread } from './spread.ts'
import type { Latency } from './traffic/fixed-rate.ts'

/** The server, the two ceilings, and the server on its second engine. */
export type TargetName = 'server' | 'bare' | 'node' | 'server on node'

export interface TargetResult {
  readonly perSecond: Spread
  /** CPU time of the server's process for one request, in microseconds. */
  readonly cpuUs: Spread
  /** CPU time in parts of the time that passed. */
  readonly serverBusy: Spread
  readonly clientBusy: Spread
  /** In milliseconds, at the fixed rate of the row; undefined where it is not measured. */
  readonly latency: Readonly<Record<keyof Latency, Spread>> | undefined
}

export interface RowResult {
  readonly name: string
  readonly clusters: number
  readonly connections: number
  readonly answerBytes: number
  /** What a bare journal writes for each request; undefined for reads. */
  readonly entryBytes: number | undefined
  /** Requests per second at which latency is measured. */
  readonly fixedRate: number
  readonly targets: Partial<Readonly<Record<TargetName, TargetResult>>>
  /** Requests per second of the server in parts of those of the bare server, round by round. */
  readonly ratio: Spread
  /** CPU time per request of the bare server in parts of the server's. */
  readonly cpuRatio: Spread
  /** Requests per second of the server in parts of those on its second engine. */
  readonly engineRatio: Spread | undefined
}

export interface MemoryResult {
  readonly clusters: number
  readonly statuses: number
  /** Resident memory a while after the start, and after a collection of all garbage. */
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
  /** Whether a checkpoint was completed in it. */
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
    /** Expensive queries per second that were answered meanwhile. */
    readonly perSecond: number
    readonly polls: Latency
  }[]
}

interface LogFigures {
  readonly perSecond: Spread
  /** CPU time of the server's process for one request, in microseconds. */
  readonly cpuUs: Spread
}

/** A workload on a server that writes warnings only, and on one that logs as it does unless it is configured. */
export interface LogCostResult {
  readonly name: string
  readonly quiet: LogFigures
  readonly logging: LogFigures
  /** Requests per second and CPU time for one of the logging server, in parts of those of the quiet one, round by round. */
  readonly ratio: Spread
  readonly cpuRatio: Spread
}

export interface Results {
  readonly machine: Machine
  readonly measuredAt: string
  readonly rounds: number
  /** What the client reaches against a server that answers two bytes. */
  readonly client: Readonly<{ perSecond: Spread; clientBusy: Spread; serverBusy: Spread }> | undefined
  readonly rows: readonly RowResult[]
  readonly memory: readonly MemoryResult[]
  readonly mixedDay: MixedDayResult | undefined
  readonly fairness: FairnessResult | undefined
  readonly logCost: readonly LogCostResult[]
}
