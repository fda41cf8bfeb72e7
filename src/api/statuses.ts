// The schemas of adapters' status reports: what an adapter sends and what is served of it (contract, section 5).
import Type from 'typebox'
import { ADAPTER_NAME } from '../fleet/adapter-name.ts'
import { boundedText, sentTime } from './refinements.ts'
import { listOf } from './resources.ts'

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
})
const reportedStatus = Type.Enum(['True', 'False', 'Unknown'])
const time = Type.String({ format: 'date-time' })
const adapter = Type.String(ADAPTER_NAME)
const freeObject = Type.Unsafe<Record<string, unknown>>({ type: 'object', description: 'Kept as written' })

/** Body of `POST` and `PUT …/statuses`. */
export function statusReportSchema(limits: ReportLimits) {
  const condition = Type.Object({
    type: conditionType,
    status: reportedStatus,
    reason: Type.Optional(boundedText({ maxBytes: limits.reasonMaxBytes })),
    message: Type.Optional(boundedText({ maxBytes: limits.messageMaxBytes })),
  })
  return Type.Object({
    adapter,
    observed_generation: Type.Integer({ minimum: 1, maximum: INT32_MAX, format: 'int32' }),
    observed_time: sentTime(),
    conditions: Type.Array(condition, {
      maxItems: limits.conditionsPerReport,
      description: '`Available`, `Applied` and `Health` must be there, and no type twice',
    }),
    metadata: Type.Optional(freeObject),
    data: Type.Optional(freeObject),
  })
}

export type StatusReport = Type.Static<ReturnType<typeof statusReportSchema>>

export const AdapterCondition = Type.Object({
  type: conditionType,
  status: reportedStatus,
  reason: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  last_transition_time: time,
})

export const AdapterStatus = Type.Object({
  adapter,
  observed_generation: Type.Integer({ minimum: 1, maximum: INT32_MAX, format: 'int32' }),
  conditions: Type.Array(AdapterCondition),
  metadata: Type.Optional(freeObject),
  data: Type.Optional(freeObject),
  created_time: time,
  last_report_time: time,
})

export const AdapterStatusList = listOf('AdapterStatusList', AdapterStatus)
