// Write handlers: read the body, let the fleet decide, and put its outcome on the wire.
import type { Parsed, RequestParser } from '../api/requests.ts'
import type { Precondition, ResourceAddress } from '../fleet/answers.ts'
import type { FieldFault } from '../fleet/field-fault.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { Outcome } from '../fleet/outcome.ts'
import type { DiscardReason } from '../fleet/report.ts'
import type { ResourceKind } from '../state/records.ts'
import type { Call, OperationHandler, Reply } from './call.ts'
import { type EntityTags, fitsHead, namedTags } from './entity-tags.ts'
import { clusterNotFound, nodepoolNotFound, type ProblemReply, problem, unavailable } from './problems.ts'
import type { WriteTarget } from './request-record.ts'
import type { BodyResult } from './transport/transport.ts'

export interface WriteContext {
  readonly fleet: Fleet
  readonly parser: RequestParser
  readonly bodyLimitBytes: number
  readonly tags: EntityTags
  readonly onReport: ReportListener
}

/** Called with the outcome of each valid report. */
export interface ReportListener {
  accepted(kind: ResourceKind): void
  discarded(kind: ResourceKind, reason: DiscardReason): void
}

/** Target of a write; a new resource has no id yet. */
interface WriteAddress {
  readonly kind: ResourceKind
  readonly id: string | undefined
}

type SuccessStatus = 200 | 201 | 202 | 204

/** Includes every `+json` type, merge patch too; docs/contract-notes.md says why (contract 4.6). */
const JSON_MEDIA_TYPE = /^application\/([^;\s]+\+)?json\s*(;|$)/i

/** Handlers of all write operations. */
export function createWrites({ fleet, parser, bodyLimitBytes, tags, onReport }: WriteContext) {
  const write =
    <T>(
      addressOf: (call: Call) => WriteAddress,
      parse: (body: Buffer) => Parsed<T>,
      store: (call: Call, value: T, by: string) => Promise<Outcome>,
      status: SuccessStatus,
      note?: (outcome: Outcome, kind: ResourceKind) => void,
    ): OperationHandler =>
    async call => {
      const { kind, id: addressed } = addressOf(call)
      const recorded = (reply: Reply, id = addressed): Reply =>
        withWrite(reply, { kind, id, author: call.caller })
      if (call.caller === undefined) return recorded(noAuthor())
      // A DELETE ignores its body, whatever its type (contract 11.1).
      const mediaType = parse === ignoreBody ? undefined : mediaTypeFault(call)
      if (mediaType !== undefined) return recorded(mediaType)
      const body = await call.request.body(bodyLimitBytes)
      if (body.kind !== 'body') return recorded(bodyProblem(body, bodyLimitBytes))
      const parsed = parse(body.bytes)
      if (parsed.kind === 'malformed') return recorded(problem('HYPERFLEET-VAL-006', parsed.reason))
      if (parsed.kind === 'faults') return recorded(validationFailed(parsed.faults, parsed.count))
      const part = call.span?.part('commit')
      const outcome = await store(call, parsed.value, call.caller)
      note?.(outcome, kind)
      part?.end({ 'hyperfleet.outcome': outcome.kind })
      const id = outcome.kind === 'stored' ? outcome.resourceId : addressed
      return recorded(replyTo(outcome, status, tags), id)
    }
  const report = (addressOf: (call: Call) => ResourceAddress) =>
    write(
      addressOf,
      body => parser.report(body),
      (call, sent) => fleet.report(addressOf(call), sent),
      201,
      (outcome, kind) => {
        if (outcome.kind === 'stored') onReport.accepted(kind)
        if (outcome.kind === 'discarded') onReport.discarded(kind, outcome.reason)
      },
    )
  const patch = (addressOf: (call: Call) => ResourceAddress, kind: ResourceKind) =>
    write(
      addressOf,
      body => parser.patch(kind, body),
      (call, changes, by) => fleet.change(addressOf(call), changes, by, preconditionOf(call, tags)),
      200,
    )
  const remove = (addressOf: (call: Call) => ResourceAddress) =>
    write(
      addressOf,
      ignoreBody,
      (call, _, by) => fleet.delete(addressOf(call), by, preconditionOf(call, tags)),
      202,
    )
  const forceRemove = (addressOf: (call: Call) => ResourceAddress) =>
    write(
      addressOf,
      body => parser.forceDeletion(body),
      (call, { reason }, by) => fleet.forceDelete(addressOf(call), reason, by, preconditionOf(call, tags)),
      204,
    )
  const reportCluster = report(clusterAddress)
  const reportNodepool = report(nodepoolAddress)
  const reportFlatNodepool = report(flatNodepoolAddress)
  return {
    postCluster: write(
      () => ({ kind: 'Cluster', id: undefined }),
      body => parser.creation('Cluster', body),
      (_, creation, by) => fleet.create(creation, undefined, by),
      201,
    ),
    createNodePool: write(
      () => ({ kind: 'NodePool', id: undefined }),
      body => parser.creation('NodePool', body),
      ({ parameters: [clusterId = ''] }, creation, by) => fleet.create(creation, clusterId, by),
      201,
    ),
    patchClusterById: patch(clusterAddress, 'Cluster'),
    patchNodePoolById: patch(nodepoolAddress, 'NodePool'),
    patchFlatNodePoolById: patch(flatNodepoolAddress, 'NodePool'),
    deleteClusterById: remove(clusterAddress),
    deleteNodePoolById: remove(nodepoolAddress),
    deleteFlatNodePoolById: remove(flatNodepoolAddress),
    forceDeleteClusterById: forceRemove(clusterAddress),
    forceDeleteNodePoolById: forceRemove(nodepoolAddress),
    forceDeleteFlatNodePoolById: forceRemove(flatNodepoolAddress),
    postClusterStatuses: reportCluster,
    putClusterStatuses: reportCluster,
    postNodePoolStatuses: reportNodepool,
    putNodePoolStatuses: reportNodepool,
    postFlatNodePoolStatuses: reportFlatNodepool,
    putFlatNodePoolStatuses: reportFlatNodepool,
  } as const satisfies Record<string, OperationHandler>
}

const IGNORED: Parsed<undefined> = { kind: 'parsed', value: undefined }

function ignoreBody(): Parsed<undefined> {
  return IGNORED
}

/** The reply with the write that it answers, for the log. */
function withWrite(reply: Reply, write: WriteTarget): Reply {
  switch (reply.kind) {
    case 'document': {
      const { status, body, sequence, tag } = reply
      return { kind: 'document', status, body, sequence, tag, write }
    }
    case 'no-content':
      return { kind: 'no-content', sequence: reply.sequence, write }
    case 'not-modified':
    case 'no-answer':
    case 'stream':
      return reply
    case 'problem':
      return refusedWrite(reply, write)
  }
}

function refusedWrite(reply: ProblemReply, write: WriteTarget): ProblemReply {
  return { ...reply, write }
}

function mediaTypeFault({ request }: Call): ProblemReply | undefined {
  const mediaType = request.header('content-type')
  if (!mediaType || JSON_MEDIA_TYPE.test(mediaType)) return undefined
  return problem(
    'HYPERFLEET-VAL-010',
    `The body must be JSON, but its Content-Type is '${mediaType}'; send 'Content-Type: application/json'`,
  )
}

/** The problem that prevented reading a body (contract 4.6). */
function bodyProblem(body: Exclude<BodyResult, { kind: 'body' }>, limitBytes: number): ProblemReply {
  switch (body.kind) {
    case 'too-large':
      return problem('HYPERFLEET-VAL-009', `The body is larger than ${limitBytes} bytes`)
    case 'overloaded':
      return unavailable('bodies-busy', 'Too many bytes of requests are in flight')
    case 'timeout':
      return problem('HYPERFLEET-VAL-006', 'The body did not arrive in time')
    case 'aborted':
      return problem('HYPERFLEET-VAL-006', 'The client disconnected before its body arrived')
  }
}

/** The condition of `If-Match` (contract 12.12). */
function preconditionOf({ request }: Call, tags: EntityTags): Precondition {
  const named = namedTags(request, 'if-match')
  return named && (revision => fitsHead(tags.ofResource(revision), named))
}

function replyTo(outcome: Outcome, status: SuccessStatus, tags: EntityTags): Reply {
  switch (outcome.kind) {
    case 'stored':
      return {
        kind: 'document',
        status,
        body: outcome.document,
        sequence: outcome.sequence,
        tag: outcome.revision && tags.ofResource(outcome.revision),
      }
    case 'discarded':
    case 'removed':
      return { kind: 'no-content', sequence: outcome.sequence }
    case 'not-found': {
      const { what, id, sequence } = outcome
      return what === 'Cluster' ? clusterNotFound(id, sequence) : nodepoolNotFound(id, sequence)
    }
    case 'conflict':
      return problem('HYPERFLEET-CNF-001', outcome.detail, { sequence: outcome.sequence })
    case 'mismatch':
      return problem('HYPERFLEET-CNF-004', outcome.detail, { sequence: outcome.sequence })
    case 'state-conflict':
      return problem('HYPERFLEET-CNF-003', outcome.detail, { sequence: outcome.sequence })
    case 'invalid':
      return validationFailed(outcome.faults, outcome.faults.length, outcome.sequence)
    case 'unavailable':
      return unavailable(outcome.reason, outcome.detail)
  }
}

function validationFailed(
  faults: readonly FieldFault[],
  count = faults.length,
  sequence?: number,
): ProblemReply {
  const [first] = faults
  const more = count > 1 ? ` (and ${count - 1} more)` : ''
  return problem('HYPERFLEET-VAL-000', `${first?.field} ${first?.message}${more}`, {
    errors: [...faults],
    sequence,
  })
}

function noAuthor(): ProblemReply {
  return problem(
    'HYPERFLEET-AUZ-001',
    'The token does not identify an author for the change: its claim is missing or has the wrong form',
  )
}

function clusterAddress({ parameters: [id = ''] }: Call): ResourceAddress {
  return { kind: 'Cluster', id }
}

/** The address of a nodepool without its cluster. */
function flatNodepoolAddress({ parameters: [id = ''] }: Call): ResourceAddress {
  return { kind: 'NodePool', clusterId: undefined, id }
}

function nodepoolAddress({ parameters: [clusterId = '', id = ''] }: Call): ResourceAddress {
  return { kind: 'NodePool', clusterId, id }
}
