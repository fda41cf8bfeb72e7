// CORS (Fetch standard; contract 12.13). Off unless origins are configured. A request from any other origin gets the usual answer
// without CORS headers, so the browser does not let the page read it.
import type { HeaderList, HttpRequest } from '../transport/transport.ts'

export interface Cors {
  /** Headers for a preflight; undefined if the request is not a preflight from an allowed origin. */
  preflight(request: HttpRequest): HeaderList | undefined
  /** Headers for any other answer, `Vary` included. */
  headers(request: HttpRequest): HeaderList
}

const ANY = '*'
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const REQUEST_HEADERS = [
  ...['Authorization', 'Content-Type', 'X-Request-Id', 'If-Match', 'If-None-Match', 'Last-Event-ID'],
  ...['X-HyperFleet-Min-Sequence', 'X-HyperFleet-Consistency', 'traceparent', 'tracestate'],
].join(', ')
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After, WWW-Authenticate, ETag, X-HyperFleet-Sequence'
/** Time for which a browser may cache a preflight: ten minutes. */
const MAX_AGE_SECONDS = '600'
export const VARY: HeaderList = ['Vary', 'Authorization']

/** @throws Error naming the invalid entry */
export function createCors(origins: readonly string[]): Cors | undefined {
  const wrong = origins.find(origin => !isOrigin(origin))
  if (wrong !== undefined)
    throw new Error(
      `server-cors-origins has the invalid entry '${wrong}': use an origin such as https://console.example.com`,
    )
  if (origins.length === 0) return undefined
  const allowed: ReadonlySet<string> = new Set(origins)
  const isAny = allowed.has(ANY)
  const vary: HeaderList = isAny ? VARY : ['Vary', 'Authorization, Origin']
  const allow = (request: HttpRequest): HeaderList | undefined => {
    const origin = request.header('origin')
    if (origin === undefined) return undefined
    if (isAny) return [...vary, 'Access-Control-Allow-Origin', ANY]
    return allowed.has(origin) ? [...vary, 'Access-Control-Allow-Origin', origin] : undefined
  }
  return {
    preflight(request) {
      if (request.method !== 'OPTIONS' || request.header('access-control-request-method') === undefined)
        return undefined
      const base = allow(request)
      return base && [...base, ...PREFLIGHT]
    },
    headers(request) {
      const base = allow(request)
      return base === undefined ? vary : [...base, 'Access-Control-Expose-Headers', EXPOSED_HEADERS]
    },
  }
}

const PREFLIGHT: HeaderList = [
  'Access-Control-Allow-Methods',
  METHODS,
  'Access-Control-Allow-Headers',
  REQUEST_HEADERS,
  'Access-Control-Max-Age',
  MAX_AGE_SECONDS,
]

/** An origin as browsers write it: scheme, host, and a non-default port. No path, not even `/`. */
function isOrigin(text: string): boolean {
  return text === ANY || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text)
}
