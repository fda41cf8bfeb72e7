// OTLP in JSON for spans (OpenTelemetry Protocol 1.x, JSON Protobuf encoding): hexadecimal ids, 64-bit numbers as text.
import type { FinishedSpan, SpanAttributes } from '../../http/tracing/tracer.ts'

/** Values of the protocol's enumerations SpanKind and StatusCode. */
const KINDS = { internal: 1, server: 2 } as const
const STATUS_ERROR = 2

/** Attributes shared by all spans of a process, such as `service.name`. */
export type ResourceAttributes = SpanAttributes

/**
 * The body of an export.
 * @param epochMs offset from the spans' monotonic clock to Unix time: machine clock minus monotonic clock
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

/** Rounded to microseconds, the precision of a double for times since 1970. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`
}
