// Watches as tests open them without a transport: of everything, from the beginning, without an end.
import type { Resource, ResourceKind } from '../../src/state/records.ts'
import { ALL_TYPES } from '../../src/watch/events.ts'
import type { Subject } from '../../src/watch/since.ts'
import { type Watch, Watches, type WatchesOptions, type WatchRequest } from '../../src/watch/watches.ts'

type WatchedParts = Pick<WatchesOptions, 'state' | 'searches' | 'timing' | 'clock'> & Partial<WatchesOptions>

/** Watches with the usual settings, which throw a defect. */
export function createWatches(parts: WatchedParts): Watches {
  return new Watches({
    history: 'a history',
    machineMs: () => 0,
    bookmarkIntervalMs: 15_000,
    onError: error => {
      throw error
    },
    ...parts,
  })
}

type WholeWatch = Pick<WatchRequest, 'subject' | 'query' | 'output'> & Partial<WatchRequest>

/** A watch of all members and all types of events, as lines, unless the request says otherwise. */
export function wholeWatch(request: WholeWatch): WatchRequest {
  return {
    format: 'lines',
    types: ALL_TYPES,
    projection: undefined,
    since: undefined,
    retryMs: undefined,
    expiresMs: Number.POSITIVE_INFINITY,
    problem: reason => Buffer.from(JSON.stringify({ detail: reason })),
    ...request,
  }
}

/** A client that takes a while: it is behind from a write that it has not taken until it is unblocked. */
export interface SlowClient {
  watch: Watch | undefined
  isBlocked: boolean
}

/** The client takes everything. */
export function unblock(client: SlowClient): void {
  if (!client.isBlocked) return
  client.isBlocked = false
  client.watch?.ready()
}

interface Living {
  readonly id: string
  readonly ownerId: string | undefined
  readonly resource: Resource
  readonly json: Buffer
}

/** The resources of a kind, or the nodepools of one cluster. */
export function ofSubject<E extends Pick<Living, 'ownerId'>>(
  state: { living(kind: ResourceKind): readonly E[] },
  { kind, ownerId }: Subject,
): E[] {
  return state.living(kind).filter(entry => ownerId === undefined || entry.ownerId === ownerId)
}

/** The document of a resource as a line of a stream has it. */
export function streamed({ json }: Pick<Living, 'json'>): string {
  return json.toString('utf8').replaceAll(/[\n\r]/g, ' ')
}

/** Lets promises settle. */
export function promises(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
