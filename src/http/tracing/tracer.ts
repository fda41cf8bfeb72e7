// Selects the requests to trace: those whose caller samples its trace, and a fraction of those without a trace.
import { readTraceparent, type TraceParent } from './traceparent.ts'

export interface Tracer {
  /** Starts the span of a request from its `traceparent` header; undefined if it is not recorded. */
  begin(traceparent: string | undefined): RequestSpan | undefined
}

export interface TracerOptions extends SpanOptions {
  /** Fraction of requests without a caller's trace that is recorded, from 0 to 1. */
  readonly sampleRatio: number
  /** Returns a number from 0 up to but not including 1. */
  readonly random: () => number
}

export function createTracer(options: TracerOptions): Tracer {
  const { sampleRatio, random } = options
  return {
    begin(traceparent) {
      const parent = readTraceparent(traceparent)
      const isRecorded = parent === undefined ? random() < sampleRatio : parent.isSampled
      return isRecorded ? new RequestSpan(parent, options) : undefined
    },
  }
}

// One traced request: its span, and child spans for parts of the work.

export type SpanAttributes = Readonly<Record<string, string | number>>

/** A finished span, ready for export. Times are in milliseconds of a monotonic clock. */
export interface FinishedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** `server` for the request, `internal` for a part of the work. */
  readonly kind: 'server' | 'internal'
  readonly startMs: number
  readonly endMs: number
  readonly attributes: SpanAttributes
  readonly isError: boolean
}

/** A child span that has started. */
export interface SpanPart {
  end(attributes: SpanAttributes): void
}

export interface RequestEnd {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly requestId: string
}

export interface SpanOptions {
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Buffer
  readonly onEnd: (span: FinishedSpan) => void
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8

export class RequestSpan {
  readonly traceId: string
  readonly #spanId: string
  readonly #parent: TraceParent | undefined
  readonly #options: SpanOptions
  readonly #startMs: number

  /** Starts now, within the caller's trace or a new one. */
  constructor(parent: TraceParent | undefined, options: SpanOptions) {
    this.#options = options
    this.#parent = parent
    this.traceId = parent?.traceId ?? options.randomBytes(TRACE_ID_BYTES).toString('hex')
    this.#spanId = options.randomBytes(SPAN_ID_BYTES).toString('hex')
    this.#startMs = options.nowMs()
  }

  /** Starts a child span now. It is exported only if it is ended. */
  part(name: string): SpanPart {
    const { nowMs, randomBytes, onEnd } = this.#options
    const startMs = nowMs()
    return {
      end: attributes =>
        onEnd({
          traceId: this.traceId,
          spanId: randomBytes(SPAN_ID_BYTES).toString('hex'),
          parentSpanId: this.#spanId,
          name,
          kind: 'internal',
          startMs,
          endMs: nowMs(),
          attributes,
          isError: false,
        }),
    }
  }

  /**
   * Ends the span of an answered request. Attribute names follow OpenTelemetry's HTTP conventions. The path is left out
   * because it contains client data.
   */
  end({ method, route, status, requestId }: RequestEnd): void {
    const isError = status >= 500
    this.#options.onEnd({
      traceId: this.traceId,
      spanId: this.#spanId,
      parentSpanId: this.#parent?.spanId,
      name: `${method} ${route}`,
      kind: 'server',
      startMs: this.#startMs,
      endMs: this.#options.nowMs(),
      attributes: {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
        'hyperfleet.request_id': requestId,
        ...(isError ? { 'error.type': String(status) } : {}),
      },
      isError,
    })
  }
}
