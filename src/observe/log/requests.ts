// Which requests get a line in the log, and what it says: writes, refusals, slow ones, and some of the reads. No line has
// anything that a client wrote but its request id, its trace id and the id of a resource, each of a form that is checked.

import type { ServiceRefusal } from '../../api/problems.ts'
import {
  CLIENT_CLOSED_REQUEST,
  type RefusedWith,
  type RequestRecord,
  type WriteTarget,
} from '../../http/request-record.ts'
import { traceIdOf } from '../../http/tracing/traceparent.ts'
import type { Logger } from './log.ts'

export interface RequestLogSettings {
  /** A request that takes this long gets a line; 0: none does for that. */
  readonly slowRequestMs: number
  /** Which part of the successful reads gets a line, from 0 to 1. */
  readonly readSample: number
}

/** What an operator does about a refusal of service; docs/guide/runbook.md says more. */
const TODO: Readonly<Record<ServiceRefusal, string>> = {
  'disk-full': 'free some space on the disk of the data folder; writes come back by themselves',
  'storage-failed': 'the line "storage failed" says what it met; the server ends by itself',
  'commits-busy': 'the disk does not keep up with the writes; look at hyperfleet_api_commit_flush_seconds',
  'memory-bound': 'raise limits.memoryBytes where there is memory, or move a part of the fleet elsewhere',
  'searches-busy': 'look for the searches that read many records: /explain shows what they cost',
  'requests-busy': 'more comes than is done; see what is slow, or let clients send less at once',
  'bodies-busy': 'clients send too many large bodies at once, or too slowly',
  'answers-busy': 'clients take their answers too slowly; let them ask for smaller pages',
  'key-set': 'look whether auth.jwksUrl can be reached from here and answers with a key set',
}

/** Gives what is told of every answered request. The level is asked for each time: SIGHUP may put another in force. */
export function createRequestLog(
  log: Logger,
  { slowRequestMs, readSample }: RequestLogSettings,
): (record: RequestRecord) => void {
  let sampled = 0
  return record => {
    const { method, status, durationMs } = record
    const isSlow = slowRequestMs > 0 && durationMs >= slowRequestMs
    if (status === CLIENT_CLOSED_REQUEST) log.info(fieldsOf(record), 'client left')
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

function logRefusal(log: Logger, record: RequestRecord): void {
  const { status, problem } = record
  const fields = fieldsOf(record)
  if (problem === undefined) log.error(fields, 'failed')
  else if (problem.refusal !== undefined) {
    const { code, detail, refusal } = problem
    const todo = `${TODO[refusal]}; see docs/guide/runbook.md#${refusal}`
    log.warn({ ...fields, code, refusal, detail, todo }, 'service refused')
  } else if (status >= 500) log.error({ ...fields, code: problem.code }, 'failed')
  else log.info({ ...fields, code: problem.code, ...tokenOf(problem) }, 'refused')
}

/** A resource's id is a DNS label (contract 3.2); anything else in its place is a client's own words. */
const RESOURCE_ID = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

function fieldsOf({
  method,
  route,
  status,
  durationMs,
  requestId,
  body,
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
    bytes: bytesOf(body),
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    ...(write === undefined ? {} : targetOf(write)),
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

function bytesOf(body: Buffer | readonly Buffer[]): number {
  if (Buffer.isBuffer(body)) return body.length
  let bytes = 0
  for (const { length } of body) bytes += length
  return bytes
}
