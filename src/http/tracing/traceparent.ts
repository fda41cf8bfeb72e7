// The `traceparent` header (W3C Trace Context): the caller's trace, and its sampling decision.

export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the caller's span. */
  readonly spanId: string
  readonly isSampled: boolean
}

/** Version, trace, span, flags. Later versions may append fields (Trace Context, section 3.2.1 and 3.2.2). */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const NO_TRACE = '0'.repeat(32)
const NO_SPAN = '0'.repeat(16)
const SAMPLED = 1

/** Undefined if the header is absent or invalid; the request then starts a new trace (Trace Context, section 4.2). */
export function readTraceparent(header: string | undefined): TraceParent | undefined {
  if (header === undefined) return undefined
  const [, version, traceId = '', spanId = '', flags = '', more] = FORM.exec(header) ?? []
  if (version === undefined || version === 'ff' || traceId === NO_TRACE || spanId === NO_SPAN)
    return undefined
  if (version === '00' && more !== undefined) return undefined
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/** The request headers that tracing reads. */
export interface TraceHeaders {
  header(name: string): string | undefined
  values(name: string): readonly string[]
}

/** The header of a request. Undefined if it has none, or several, which is invalid (Trace Context, section 3.2). */
export function traceparentOf(request: TraceHeaders): string | undefined {
  const header = request.header('traceparent')
  return header === undefined || request.values('traceparent').length > 1 ? undefined : header
}

/** Trace of a request. Available even if the server does not trace. */
export function traceIdOf(request: TraceHeaders): string | undefined {
  return readTraceparent(traceparentOf(request))?.traceId
}
