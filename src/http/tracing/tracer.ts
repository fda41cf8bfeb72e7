// Which requests are traced: those whose caller records its trace, and a part of those that bring none.
import { readTraceparent, type TraceParent } from './traceparent.ts'

export interface Tracer {
  /** Begins the span of a request by its `traceparent` header; undefined when it is not recorded. */
  begin(traceparent: string | undefined): RequestSpan | undefined
}

export interface TracerOptions extends SpanOptions {
  /** Which part of the requests without a trace of their caller's is recorded, from 0 to 1. */
  readonly sampleRatio: number
  /** From 0 up to but not including 1. */
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

// One traced request: its own span, and the parts of it that are worth a span of their own.

export type SpanAttributes = Readonly<Record<string, string | number>>

/** What is exported; times are of a monotonic clock in milliseconds. */
export interface FinishedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** A request that was received, or a part of the work on it. */
  readonly kind: 'server' | 'internal'
  readonly startMs: number
  readonly endMs: number
  readonly attributes: SpanAttributes
  readonly isError: boolean
}

/** A part of a request that has begun. */
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

  /** Begins now, as a part of the caller's trace or with a new one. */
  constructor(parent: TraceParent | undefined, options: SpanOptions) {
    this.#options = options
    this.#parent = parent
    this.traceId = parent?.traceId ?? options.randomBytes(TRACE_ID_BYTES).toString('hex')
    this.#spanId = options.randomBytes(SPAN_ID_BYTES).toString('hex')
    this.#startMs = options.nowMs()
  }

  /** Begins a part of the request now; one that is never ended is not exported. */
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
   * The request is answered. The names are those of OpenTelemetry's conventions for HTTP; the path itself is left out, for
   * what clients write there is theirs.
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
