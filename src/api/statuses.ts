// Schemas of adapters' status reports, for requests and answers (contract, section 5).
import Type from 'typebox'
import { ADAPTER_NAME } from '../fleet/adapter-name.ts'
import { documented, oneOf, orNull } from './documented.ts'
import { listOf } from './resources.ts'
import { boundedText, sentTime } from './validation.ts'

/** Configurable limits of a report (contract 5.1). */
export interface ReportLimits {
  readonly conditionsPerReport: number
  readonly reasonMaxBytes: number
  readonly messageMaxBytes: number
}

export const INT32_MAX = 2_147_483_647
/** JSON Schema of condition types: Kubernetes' form (contract 5.1). */
export const CONDITION_TYPE = {
  minLength: 1,
  maxLength: 316,
  pattern: '^([a-z0-9.-]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$',
} as const
const conditionType = Type.String({
  ...CONDITION_TYPE,
  description: 'Type of the condition; every report contains `Available`, `Applied` and `Health`',
})
const reportedStatus = oneOf(['True', 'False', 'Unknown'], 'Status of the condition')
/** Mandatory conditions (contract 5.2), as shown in the document. */
const MANDATORY = {
  minItems: 3,
  allOf: ['Available', 'Applied', 'Health'].map(type => ({
    contains: { type: 'object', properties: { type: { const: type } }, required: ['type'] },
  })),
}
const adapter = Type.String({ ...ADAPTER_NAME, description: 'Name of the reporting adapter' })
const observedGeneration = Type.Integer({
  minimum: 1,
  maximum: INT32_MAX,
  format: 'int32',
  description: 'The generation of the resource that the report refers to',
})
const reason = 'Reason, as a word for programs'
const message = 'Explanation, as a sentence for people'

function freeObject(description: string) {
  return Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })
}
const metadata = freeObject('Metadata of the report; kept as written')
const data = freeObject('Results of the adapter; kept as written')

/** Body of `POST` and `PUT …/statuses`. */
export function statusReportSchema(limits: ReportLimits) {
  const condition = Type.Object(
    {
      type: conditionType,
      status: reportedStatus,
      reason: Type.Optional(orNull(boundedText({ maxBytes: limits.reasonMaxBytes }, reason))),
      message: Type.Optional(orNull(boundedText({ maxBytes: limits.messageMaxBytes }, message))),
    },
    { description: 'One condition of a report' },
  )
  const conditions = Type.Array(condition, {
    maxItems: limits.conditionsPerReport,
    description: '`Available`, `Applied` and `Health` are required; a type may appear only once',
  })
  return Type.Object(
    {
      adapter,
      observed_generation: observedGeneration,
      observed_time: sentTime('Time of the observation, with `Z` or an offset'),
      conditions: documented(conditions, MANDATORY),
      metadata: Type.Optional(orNull(metadata)),
      data: Type.Optional(orNull(data)),
    },
    { description: 'A report of an adapter about a cluster or nodepool. Unknown members are ignored' },
  )
}

export type StatusReport = Type.Static<ReturnType<typeof statusReportSchema>>

export const AdapterCondition = Type.Object(
  {
    type: conditionType,
    status: reportedStatus,
    reason: Type.Optional(Type.String({ description: reason })),
    message: Type.Optional(Type.String({ description: message })),
    last_transition_time: Type.String({
      format: 'date-time',
      description: 'The `observed_time` of the report that last changed `status`',
    }),
  },
  { description: 'A condition as last reported by an adapter' },
)

export const AdapterStatus = Type.Object(
  {
    adapter,
    observed_generation: observedGeneration,
    conditions: Type.Array(AdapterCondition, { description: 'Conditions of the last report' }),
    metadata: Type.Optional(metadata),
    data: Type.Optional(data),
    created_time: Type.String({
      format: 'date-time',
      description: 'The `observed_time` of the first report of this adapter',
    }),
    last_report_time: Type.String({
      format: 'date-time',
      description: 'The `observed_time` of the last report',
    }),
  },
  { description: 'The last report of an adapter about a cluster or nodepool' },
)

export const AdapterStatusList = listOf('AdapterStatusList', AdapterStatus, 'A page of statuses')
