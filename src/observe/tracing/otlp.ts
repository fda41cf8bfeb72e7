// Spans as OTLP in JSON (OpenTelemetry Protocol 1.x, JSON Protobuf encoding): ids in hexadecimal, 64-bit numbers as text.
import type { FinishedSpan, SpanAttributes } from '../../http/tracing/tracer.ts'

/** Of the protocol's enumerations SpanKind and StatusCode. */
const KINDS = { internal: 1, server: 2 } as const
const STATUS_ERROR = 2

/** What the spans of a process have in common, such as `service.name`. */
export type ResourceAttributes = SpanAttributes

/**
 * The body of an export.
 * @param epochMs what the monotonic clock of the spans showed at 1970-01-01, negative: machine clock minus it
 */
export function exportBody(
  spans: readonly FinishedSpan[],
  resource: ResourceAttributes,
  epochMs: number,
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributeList(resource) },
        scopeSpans: [
          { scope: { name: 'hyperfleet-api' }, spans: spans.map(span => spanDocument(span, epochMs)) },
        ],
      },
    ],
  })
}

function spanDocument(span: FinishedSpan, epochMs: number) {
  const { traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, isError } = span
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(epochMs + startMs),
    endTimeUnixNano: nanoseconds(epochMs + endMs),
    attributes: attributeList(attributes),
    status: isError ? { code: STATUS_ERROR } : {},
  }
}

function attributeList(attributes: SpanAttributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number) {
  if (typeof value === 'string') return { stringValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** To the microsecond: a double does not hold more of the time since 1970. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`
}
