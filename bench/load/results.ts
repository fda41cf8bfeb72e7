// Results of a run, as stored in `bench/results/load.json`.
import type { Machine } from '../machine.ts'
import type { Spread } from './spread.ts'
import type { LatencySpread } from './traffic/fixed-rate.ts'

/** The server, the two ceilings, and the server on its second engine. */
export type TargetName = 'server' | 'bare' | 'node' | 'server on node'

export interface TargetResult {
  readonly perSecond: Spread
  /** Processor time of the server's process for one request, in microseconds: together, in user and in system mode. */
  readonly cpuUs: Spread
  readonly userUs: Spread
  readonly systemUs: Spread
  /** Processor time divided by elapsed time. */
  readonly serverBusy: Spread
  readonly clientBusy: Spread
  /** In milliseconds, at the fixed rate of the row; undefined if not measured. */
  readonly latency: LatencySpread | undefined
}

/** Ratios are taken round by round. */
export interface RowResult {
  readonly name: string
  readonly clusters: number
  readonly connections: number
  readonly isWrite: boolean
  readonly answerBytes: number
  /** Bytes of our journal for one request, and bytes that the bare journal writes for it; undefined for reads. */
  readonly journalBytes: number | undefined
  readonly bareEntryBytes: number | undefined
  /** Requests per second at which latency is measured. */
  readonly fixedRate: number
  readonly targets: Partial<Readonly<Record<TargetName, TargetResult>>>
  /** Requests per second of the server divided by the bare server's. */
  readonly ratio: Spread
  /** Processor time per request of the bare server divided by the server's: together, in user and in system mode. */
  readonly cpuRatio: Spread
  readonly userRatio: Spread
  readonly systemRatio: Spread
  /** The server's p99 at the fixed rate divided by the bare server's. */
  readonly p99Ratio: Spread
  /** Requests per second of the server divided by those on its second engine. */
  readonly engineRatio: Spread | undefined
}

/** Garbage of one request on one target. */
export interface GarbageFigures {
  readonly requests: number
  /** Bytes of the JavaScript heap. */
  readonly allocatedBytes: number
  /** Bytes of them that survived two scavenges. */
  readonly promotedBytes: number
  readonly scavenges: number
  /** Collections of the whole heap. */
  readonly majors: number
  readonly longestMs: number
}

export interface GarbageResult {
  readonly name: string
  readonly clusters: number
  readonly server: GarbageFigures
  readonly bare: GarbageFigures
}

/** Memory of a server at one moment. */
export interface MemoryParts {
  readonly rssBytes: number
  readonly anonymousBytes: number
  /** JavaScript heap: in use, and taken from the system. */
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly arrayBufferBytes: number
  /** Linear memory of the indexes. */
  readonly indexBytes: number
  /** Resident pages of LMDB's files. */
  readonly mappedBytes: number
  /** JSON of all clusters and statuses. */
  readonly servedBytes: number
}

export interface MemoryResult {
  readonly clusters: number
  readonly statuses: number
  /** Resident memory of a server without clusters. */
  readonly emptyRssBytes: number
  /** Some time after the start, and after a collection of all garbage. */
  readonly started: MemoryParts
  readonly collected: MemoryParts
  /** After every status has been rewritten; undefined if that was not done. */
  readonly rewritten: { readonly times: number; readonly parts: MemoryParts } | undefined
}

/** Pauses for garbage collection, in milliseconds. */
export interface PauseSpread {
  readonly count: Spread
  /** Collections of the whole heap. */
  readonly majors: Spread
  readonly totalMs: Spread
  readonly longestMs: Spread
}

export interface DaySide {
  readonly polls: LatencySpread
  readonly reports: LatencySpread
  readonly pauses: PauseSpread
}

/** The same day of the server and of a bare server, several times in alternation. */
export interface MixedDayResult {
  readonly clusters: number
  readonly seconds: number
  readonly rounds: number
  readonly server: DaySide
  readonly bare: DaySide
  /** The server's figures divided by the bare server's, round by round. */
  readonly ratios: {
    readonly pollsP50: Spread
    readonly pollsP99: Spread
    readonly pollsP999: Spread
    readonly reportsP50: Spread
    readonly reportsP99: Spread
    readonly longestPause: Spread
  }
  /** True if a checkpoint was completed in each day. */
  readonly hadCheckpoint: boolean
  /** Resident memory of the last third of the day divided by the second third, less one. */
  readonly growth: Spread
  /** Least and most resident memory of all days. */
  readonly rssBytes: { readonly least: number; readonly most: number }
}

/** Pauses of reports and polls in one process, without HTTP. */
export interface PausesResult {
  readonly clusters: number
  readonly pauses: PauseSpread
}

export interface FairnessResult {
  readonly clusters: number
  readonly alone: LatencySpread
  readonly beside: readonly {
    readonly query: string
    /** Expensive queries per second answered meanwhile. */
    readonly perSecond: Spread
    readonly polls: LatencySpread
    /** p99 beside the query divided by that alone, round by round. */
    readonly p99Ratio: Spread
  }[]
}

/** Starts of one folder, and readings of it that parse each document once. */
export interface StartResult {
  readonly clusters: number
  readonly startMs: Spread
  readonly readingMs: Spread
  /** Time of the reading divided by that of the start, round by round. */
  readonly speed: Spread
}

interface LogFigures {
  readonly perSecond: Spread
  /** Processor time of the server's process for one request, in microseconds. */
  readonly cpuUs: Spread
}

/** A workload on a server that logs warnings only, and on one with the default log level. */
export interface LogCostResult {
  readonly name: string
  readonly quiet: LogFigures
  readonly logging: LogFigures
  /** Requests per second and processor time per request of the logging server divided by the quiet server's, round by round. */
  readonly ratio: Spread
  readonly cpuRatio: Spread
}

/** Watches: figures of a delivery, in milliseconds, and of reports beside watchers that wait for something else. */
export interface WatchesResult {
  readonly clusters: number
  readonly deliveries: readonly {
    /** Watchers of the reported cluster. One of them is timed. */
    readonly watchers: number
    readonly reports: number
    /** Time from the answer to a report until its event is read; 0 if the event came first. */
    readonly p50: number
    readonly p99: number
    readonly max: number
    /** Processor time of the server for one event, that of the reports included, in microseconds. */
    readonly eventCpuUs: number
  }[]
  /** Watchers that wait, and their different searches. */
  readonly waiting: number
  readonly searches: number
  /** Processor time of a report beside them divided by that without, round by round. */
  readonly reportCpuRatio: Spread | undefined
}

/** A part that was not measured is empty or undefined. */
export interface Results {
  readonly machine: Machine
  readonly measuredAt: string
  readonly rounds: number
  /** Throughput of the client against a server that answers two bytes. */
  readonly client: Readonly<{ perSecond: Spread; clientBusy: Spread; serverBusy: Spread }> | undefined
  readonly rows: readonly RowResult[]
  readonly garbage: readonly GarbageResult[]
  readonly memory: readonly MemoryResult[]
  readonly mixedDay: MixedDayResult | undefined
  readonly pauses: PausesResult | undefined
  readonly fairness: FairnessResult | undefined
  readonly start: StartResult | undefined
  readonly logCost: readonly LogCostResult[]
  readonly watches: WatchesResult | undefined
}
