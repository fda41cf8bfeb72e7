// Pages of other origins (CORS, the Fetch standard): off unless origins are configured, and only for those. An origin
// that is not configured gets the answer that it would get anyway, with nothing in it that lets a page read it.
import type { HttpRequest, HttpResponse } from '../transport/transport.ts'

type Headers = HttpResponse['headers']

export interface Cors {
  /** The answer to a preflight; undefined when the request is none, or not of a configured origin. */
  preflight(request: HttpRequest): Headers | undefined
  /** The headers of any other answer, `Vary` included. */
  headers(request: HttpRequest): Headers
}

const ANY = '*'
const METHODS = 'GET, HEAD, POST, PUT, PATCH'
const REQUEST_HEADERS = 'Authorization, Content-Type, X-Request-Id, traceparent, tracestate'
const EXPOSED_HEADERS = 'X-Request-Id, Retry-After, WWW-Authenticate'
/** How long a browser may rely on a preflight: ten minutes. */
const MAX_AGE_SECONDS = '600'
export const VARY: Headers = [['Vary', 'Authorization']]

/** @throws Error that names the entry that is no origin */
export function createCors(origins: readonly string[]): Cors | undefined {
  const wrong = origins.find(origin => !isOrigin(origin))
  if (wrong !== undefined)
    throw new Error(
      `server-cors-origins holds '${wrong}', which is no origin such as https://console.example.com`,
    )
  if (origins.length === 0) return undefined
  const allowed: ReadonlySet<string> = new Set(origins)
  const isAny = allowed.has(ANY)
  const vary: Headers = isAny ? VARY : [['Vary', 'Authorization, Origin']]
  const allow = (request: HttpRequest): Headers | undefined => {
    const origin = request.header('origin')
    if (origin === undefined) return undefined
    if (isAny) return [...vary, ['Access-Control-Allow-Origin', ANY]]
    return allowed.has(origin) ? [...vary, ['Access-Control-Allow-Origin', origin]] : undefined
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
      return base === undefined ? vary : [...base, ['Access-Control-Expose-Headers', EXPOSED_HEADERS]]
    },
  }
}

const PREFLIGHT: Headers = [
  ['Access-Control-Allow-Methods', METHODS],
  ['Access-Control-Allow-Headers', REQUEST_HEADERS],
  ['Access-Control-Max-Age', MAX_AGE_SECONDS],
]

/** As browsers write it: scheme, host, and a port that is not the scheme's own; no path, not even `/`. */
function isOrigin(text: string): boolean {
  return text === ANY || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text)
}
