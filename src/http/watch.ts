// Watches over HTTP (contract 12.1): lines of JSON, or server-sent events for browsers, on a body without a length.
import { nowOf } from '../search/search.ts'
import type { Projection } from '../state/projection.ts'
import type { Resource, ResourceKind } from '../state/records.ts'
import type { ErrorReason } from '../watch/context.ts'
import type { Format } from '../watch/events.ts'
import { keyOf } from '../watch/since.ts'
import type { Watch, Watches, WatchRequest } from '../watch/watches.ts'
import type { ClientAddress } from './admission/client-address.ts'
import { clientName, clientNetwork } from './admission/client-network.ts'
import type { OpenRead, OpenReads, OpenSearch } from './admission/open-reads.ts'
import type { Call, Reply, Stream } from './call.ts'
import type { WatchedList } from './list-request.ts'
import { clusterNotFound, type ProblemReply, problem } from './problems.ts'
import type { BodyWriter, HttpRequest, OpenEnd } from './transport/transport.ts'

export interface WatchParts {
  readonly watches: Watches
  /** Counts watches, with other open reads (contract 12.8). */
  readonly openReads: OpenReads
  readonly clientAddress: ClientAddress
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** A random integer within bounds, both included. */
  readonly randomInteger: (min: number, max: number) => number
}

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  lines: 'application/x-ndjson',
  'server-sent': 'text/event-stream',
}
/** Bounds of the time after which a browser reconnects. Without chance, all would after a restart of the server. */
const [RETRY_MIN_MS, RETRY_MAX_MS] = [1000, 5000]

/** The reply to a request for a watch. */
export function watchReply(request: WatchedRequest, parts: WatchParts): Reply {
  const { call, sequence } = request
  const format = formatOf(call.request)
  // Read now: the address is gone once the client has disconnected.
  const client = clientName(call.subject, clientNetwork(parts.clientAddress(call.request)))
  const enter = () => parts.openReads.enter(client, openSearchOf(request))
  const place = enter()
  if (place.kind === 'problem') return place
  // The stream takes its place when it begins, in this turn of the event loop. A HEAD has none.
  place.leave()
  return {
    kind: 'stream',
    mediaType: MEDIA_TYPES[format],
    sequence,
    open: documentOf => new WatchBody({ request, format, parts, enter, documentOf }),
  }
}

/** All watches of one path with one search share their work. */
function openSearchOf({ kind, ownerId, asked }: WatchedRequest): OpenSearch {
  const isRelative = nowOf(asked.query) !== undefined
  return { key: `watch ${keyOf({ kind, ownerId, search: asked.search })}`, isRelative }
}

/** A valid request for a watch. */
export interface WatchedRequest {
  readonly call: Call
  readonly kind: ResourceKind
  /** The cluster of the path, whose nodepools are watched. */
  readonly ownerId: string | undefined
  readonly asked: WatchedList<Resource>
  /** The members of resources; undefined for all. */
  readonly projection: Projection | undefined
  /** The number of the present state. */
  readonly sequence: number
}

interface WatchBodyOptions {
  readonly request: WatchedRequest
  readonly format: Format
  readonly parts: WatchParts
  /** Takes a place among the open reads. */
  readonly enter: () => OpenRead | ProblemReply
  readonly documentOf: (problem: ProblemReply) => Buffer
}

/** An open watch as a body. */
class WatchBody implements Stream {
  readonly #options: WatchBodyOptions
  #watch: Watch | undefined
  #place: OpenRead | undefined
  #beganMs = 0
  readonly isWatch = true
  lastedMs = 0
  bytes = 0
  events = 0
  resets = 0
  end: OpenEnd | undefined

  constructor(options: WatchBodyOptions) {
    this.#options = options
  }

  begin(writer: BodyWriter): void {
    const { parts, enter } = this.#options
    this.#beganMs = parts.nowMs()
    const place = enter()
    if (place.kind === 'problem') {
      // Others have taken the last place in the same turn. The client comes again.
      writer.end()
      return
    }
    this.#place = place
    this.#watch = parts.watches.open(this.#watchRequest(writer))
  }

  ready(): void {
    this.#watch?.ready()
  }

  over(end: OpenEnd): void {
    this.end = end
    this.events = this.#watch?.events ?? 0
    this.resets = this.#watch?.resets ?? 0
    this.lastedMs = this.#options.parts.nowMs() - this.#beganMs
    this.#watch?.over()
    this.#place?.leave()
  }

  #watchRequest(writer: BodyWriter): WatchRequest {
    const { request, format, parts, documentOf } = this.#options
    const { call, kind, ownerId, asked, projection } = request
    const { query, search, types, since } = asked
    return {
      subject: { kind, ownerId, search },
      query,
      format,
      types,
      projection,
      since: call.request.header('last-event-id') ?? since,
      retryMs: format === 'lines' ? undefined : parts.randomInteger(RETRY_MIN_MS, RETRY_MAX_MS),
      expiresMs: call.expiresMs,
      output: {
        write: bytes => {
          this.bytes += bytes.length
          return writer.write(bytes)
        },
        end: () => writer.end(),
        cutOff: () => writer.cutOff(),
      },
      problem: reason => documentOf(problemOf(reason, request)),
    }
  }
}

function problemOf(reason: ErrorReason, { ownerId, sequence }: WatchedRequest): ProblemReply {
  return reason === 'cluster-removed'
    ? clusterNotFound(ownerId ?? '', sequence)
    : problem('HYPERFLEET-AUT-003', 'The token has expired')
}

/** Server-sent events if the client names them. */
function formatOf(request: HttpRequest): Format {
  const ranges = request.values('accept').join(',').split(',')
  return ranges.some(isOfEvents) ? 'server-sent' : 'lines'
}

/** True for the media range `text/event-stream`, unless its weight is 0 (RFC 9110, 12.5.1). */
function isOfEvents(range: string): boolean {
  const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
  return type === 'text/event-stream' && !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter))
}
