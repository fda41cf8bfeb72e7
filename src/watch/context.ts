// Parts that watched searches and watchers share.
import type { ResourceEntry } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { Projection } from '../state/projection.ts'
import type { EventWriter, Format, TypeMask } from './events.ts'
import type { Resumptions } from './resumption.ts'
import type { Schedule } from './schedule.ts'

export interface WatchContext {
  readonly state: FleetState
  /** The name of the history that sequences are numbers of. */
  readonly history: string
  readonly schedule: Schedule
  readonly resumptions: Resumptions
  readonly statistics: WatchStatistics
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Memory for events. Nobody keeps its content beyond a call. */
  readonly writer: EventWriter
  /** Presents a resource to the questions of all searches of its kind. */
  present(entry: ResourceEntry): void
}

/** Reasons for the server to end a stream that are sent as an `ERROR`. */
export type ErrorReason = 'token-expired' | 'cluster-removed'
/** All reasons. With a stop, and with a fault of the journal that servers share, the client goes on at another server or later. */
export type EndReason = ErrorReason | 'stopping' | 'fault'

/** Takes the bytes of a stream. */
export interface WatchOutput {
  /** Sends bytes, which may be reused after the call. Returns false if the client must take something first. */
  write(bytes: Buffer): boolean
  end(): void
  /** Closes the connection at once. */
  cutOff(): void
}

/** The form and the end of a watcher's stream. */
export interface WatcherOptions {
  readonly format: Format
  readonly types: TypeMask
  /** The members of resources; undefined for all (contract 13.7). */
  readonly projection: Projection | undefined
  /** The text to resume with. Undefined to begin with everything that matches. */
  readonly since: string | undefined
  /** The time after which a browser is to reconnect. Undefined to leave that to it. */
  readonly retryMs: number | undefined
  /** The machine's time at which it ends; infinite for never. */
  readonly expiresMs: number
  readonly output: WatchOutput
  /** The problem document of an `ERROR`, on one line. */
  readonly problem: (reason: ErrorReason) => Buffer
}

/** Reasons for a watcher to begin with everything that matches. */
export const RESET_REASONS = [
  /** The client gave no text to resume with. */
  'new',
  /** It gave one of another search, path or history, or none at all. */
  'other-since',
  /** The removals of that time are not retained. */
  'removals',
  /** Too much has changed since then. */
  'changes',
  /** The search has relative times. */
  'relative-times',
  /** It was behind by too many resources. */
  'behind',
] as const
export type ResetReason = (typeof RESET_REASONS)[number]

/** Counts since the start. */
export class WatchStatistics {
  readonly resets: Record<ResetReason, number> = {
    new: 0,
    'other-since': 0,
    removals: 0,
    changes: 0,
    'relative-times': 0,
    behind: 0,
  }
  /** Streams that went on where an earlier one had ended. */
  resumptions = 0
  /** Events about resources that were sent. */
  events = 0
  bytes = 0
}
