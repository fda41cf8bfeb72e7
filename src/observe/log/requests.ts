// Request log: writes, refusals, slow requests, streams when they end, and a sample of reads. Of client data, a line contains only the request
// id, the trace id and the id of a resource, each of a checked form. A refusal names the member or parameter at fault if it is one of the API's.

import type { ServiceRefusal } from '../../api/problems.ts'
import {
  CLIENT_CLOSED_REQUEST,
  type RefusedWith,
  type RequestRecord,
  type StreamRecord,
  type WriteTarget,
} from '../../http/request-record.ts'
import { traceIdOf } from '../../http/tracing/traceparent.ts'
import type { Logger } from './log.ts'

export interface RequestLogSettings {
  /** Requests that take at least this long are logged; 0 disables that. */
  readonly slowRequestMs: number
  /** Fraction of successful reads that is logged, from 0 to 1. */
  readonly readSample: number
}

/** Action for the operator on a refusal of service; docs/guide/runbook.md has details. */
const TODO: Readonly<Record<ServiceRefusal, string>> = {
  'disk-full': 'free space on the disk of the data folder; writes then resume automatically',
  'storage-failed': 'the line "storage failed" has the reason; the server shuts down',
  'commits-busy': 'the disk does not keep up with the writes; check hyperfleet_api_commit_flush_seconds',
  'cascade-busy':
    'wait until the cluster with its many nodepools is deleted; let its adapters report less at once',
  'memory-bound': 'raise limits.memoryBytes if there is memory, or move a part of the fleet elsewhere',
  'searches-busy': 'find the searches that read many records; /explain shows their cost',
  'requests-busy':
    'requests arrive faster than they are answered; find what is slow, or reduce concurrency of clients',
  'open-reads-busy':
    'watches and waiting reads fill limits.openReads, limits.openSearches or limits.openRelativeSearches; find out who opens them',
  'bodies-busy': 'clients send too many large bodies at once, or too slowly',
  'answers-busy': 'clients read their answers too slowly; let them request smaller pages',
  'no-writer':
    'a server takes over within seconds; if none does, the lines "cluster:" of all servers and their /readyz have the reason',
  'server-stale': 'check that this server reaches the database of cluster.url',
  'sequence-ahead': 'check how far this server is behind the journal: /readyz shows it',
  'no-copy': 'the detail has the reason; the other server tries again, and asks others',
  'key-set': 'check that auth.jwksUrl is reachable from here and returns a key set',
}

/** Returns a function that logs an answered request. Reads the level each time, because SIGHUP may change it. */
export function createRequestLog(
  log: Logger,
  { slowRequestMs, readSample }: RequestLogSettings,
): (record: RequestRecord) => void {
  let sampled = 0
  return record => {
    const { method, status, durationMs, stream } = record
    const isSlow = slowRequestMs > 0 && durationMs >= slowRequestMs
    // Copies have a line of their own.
    if (stream?.isWatch === false) return
    if (stream !== undefined && status < 400) logStream(log, record, stream)
    else if (status === CLIENT_CLOSED_REQUEST) log.info(fieldsOf(record), 'client left')
    else if (status >= 400) logRefusal(log, record)
    else if (isSlow) log.warn(fieldsOf(record), 'slow')
    else if (!log.isLevelEnabled('info')) return
    else if (method !== 'GET' && method !== 'HEAD') log.info(fieldsOf(record), 'written')
    else {
      sampled += readSample
      if (sampled < 1) return
      sampled -= 1
      log.info(fieldsOf(record), 'read')
    }
  }
}

function logStream(log: Logger, record: RequestRecord, stream: StreamRecord): void {
  const fields = streamFields(record, stream)
  if (stream.end === 'stalled') log.warn({ ...fields, todo: STALLED_TODO }, 'watch cut off')
  else log.info(fields, 'watched')
}

const STALLED_TODO =
  'its client has taken nothing for server.answerDeadlineMs; find out why it does not read; see docs/guide/runbook.md#watches-cut-off'

function logRefusal(log: Logger, record: RequestRecord): void {
  const { status, problem } = record
  const fields = fieldsOf(record)
  if (problem === undefined) log.error(fields, 'failed')
  else if (problem.refusal !== undefined) {
    const { code, detail, refusal } = problem
    const todo = `${TODO[refusal]}; see docs/guide/runbook.md#${refusal}`
    log.warn({ ...fields, code, refusal, detail, todo }, 'service refused')
  } else if (status >= 500) log.error({ ...fields, code: problem.code }, 'failed')
  else log.info({ ...fields, code: problem.code, ...tokenOf(problem), ...faultsOf(problem) }, 'refused')
}

/** Members and parameters of the API. Any other name in a fault is the client's own word. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...['kind', 'name', 'spec', 'labels', 'id', 'reason'],
  ...['adapter', 'observed_generation', 'observed_time', 'conditions', 'metadata', 'data'],
  ...['search', 'orderBy', 'order', 'page', 'pageSize', 'size', 'wait', 'fields'],
  ...['watch', 'events', 'since', 'by', 'buckets', 'limit'],
])
/** Different faults that a line names. */
const NAMED_FAULTS = 3

/** Shows an operator why a client is refused, such as `observed_time maximum` for a clock that is ahead. */
function faultsOf({ errors }: RefusedWith) {
  if (errors === undefined) return {}
  const named = errors.slice(0, 100).map(({ field, constraint }) => {
    const [member = ''] = field.split(/[.[]/, 1)
    return OWN_FIELDS.has(member) ? `${member} ${constraint}` : constraint
  })
  return { faults: [...new Set(named)].slice(0, NAMED_FAULTS) }
}

/** A resource's id is a DNS label (contract 3.2). Anything else in its place is arbitrary client data. */
const RESOURCE_ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

function fieldsOf({
  method,
  route,
  status,
  durationMs,
  requestId,
  bodyBytes,
  request,
  span,
  write,
}: RequestRecord) {
  const traceId = span?.traceId ?? traceIdOf(request)
  return {
    method,
    route,
    status,
    durationMs: Math.round(durationMs * 1000) / 1000,
    bytes: bodyBytes,
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    ...(write === undefined ? {} : targetOf(write)),
  }
}

/** `durationMs` is the time until the head, `lastedMs` the whole. */
function streamFields(record: RequestRecord, { lastedMs, events, resets, end }: StreamRecord) {
  return {
    ...fieldsOf(record),
    lastedMs: Math.round(lastedMs),
    events,
    resets,
    ...(end === undefined ? {} : { end }),
  }
}

function tokenOf({ tokenFault }: RefusedWith) {
  return tokenFault === undefined ? {} : { tokenFault }
}

function targetOf({ kind, id, author }: WriteTarget) {
  return {
    kind,
    ...(id !== undefined && RESOURCE_ID.test(id) ? { id } : {}),
    ...(author === undefined ? {} : { author }),
  }
}
