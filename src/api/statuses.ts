// The schemas of adapters' status reports: what an adapter sends and what is served of it (contract, section 5).
import Type from 'typebox'
import { ADAPTER_NAME } from '../fleet/adapter-name.ts'
import { documented, oneOf, orNull } from './documented.ts'
import { listOf } from './resources.ts'
import { boundedText, sentTime } from './validation.ts'

/** The configurable bounds of a report (contract 5.1). */
export interface ReportLimits {
  readonly conditionsPerReport: number
  readonly reasonMaxBytes: number
  readonly messageMaxBytes: number
}

const INT32_MAX = 2_147_483_647
/** As Kubernetes has the types of conditions (contract 5.1). */
const conditionType = Type.String({
  minLength: 1,
  maxLength: 316,
  pattern: '^([a-z0-9.-]+/)?[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$',
  description: 'What the condition is about; `Available`, `Applied` and `Health` are in every report',
})
const reportedStatus = oneOf(['True', 'False', 'Unknown'], 'Whether the condition holds')
/** The mandatory conditions (contract 5.2), as the document has them. */
const MANDATORY = {
  minItems: 3,
  allOf: ['Available', 'Applied', 'Health'].map(type => ({
    contains: { type: 'object', properties: { type: { const: type } }, required: ['type'] },
  })),
}
const adapter = Type.String({ ...ADAPTER_NAME, description: 'The name of the adapter that reports' })
const observedGeneration = Type.Integer({
  minimum: 1,
  maximum: INT32_MAX,
  format: 'int32',
  description: 'The generation of the resource that the report is about',
})
const reason = 'Why, in one word for programs'
const message = 'Why, in a sentence for people'

function freeObject(description: string) {
  return Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true, description })
}
const metadata = freeObject('About the report; kept as written')
const data = freeObject('What the adapter has found or made; kept as written')

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
    description: '`Available`, `Applied` and `Health` must be there, and no type twice',
  })
  return Type.Object(
    {
      adapter,
      observed_generation: observedGeneration,
      observed_time: sentTime('When the adapter looked, with `Z` or an offset'),
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
  { description: 'A condition as an adapter last reported it' },
)

export const AdapterStatus = Type.Object(
  {
    adapter,
    observed_generation: observedGeneration,
    conditions: Type.Array(AdapterCondition, { description: 'The conditions of the last report' }),
    metadata: Type.Optional(metadata),
    data: Type.Optional(data),
    created_time: Type.String({
      format: 'date-time',
      description: 'When the server took the first report of this adapter',
    }),
    last_report_time: Type.String({
      format: 'date-time',
      description: 'The `observed_time` of the last report',
    }),
  },
  { description: 'What an adapter last reported of a cluster or nodepool' },
)

export const AdapterStatusList = listOf('AdapterStatusList', AdapterStatus, 'A page of statuses')
