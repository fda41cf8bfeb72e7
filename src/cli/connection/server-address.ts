// The address of a server, and the messages if no HyperFleet server answers there.
import { UsageError } from '../command.ts'

export const DEFAULT_SERVER = 'http://127.0.0.1:8000'

/** Default time limit for a response: longer than the server waits for a commit. */
export const ANSWER_DEADLINE_S = 40

/**
 * @param called the source of the text, for messages
 * @throws UsageError if the text is not the address of a server
 */
export function readServer(text: string, called: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (url !== undefined && isPlain && /^https?:$/.test(url.protocol)) return url
  throw new UsageError(
    `${called} is '${withoutPassword(text)}': must be an address such as ${DEFAULT_SERVER}`,
  )
}

/** The message if no response arrives, or not all of it. */
export function unreachable(server: URL, error: unknown): string {
  if (error instanceof Error && error.message === 'aborted')
    return `the answer of ${server.origin} broke off; try again`
  const cause = error instanceof Error && error.message !== '' ? plain(error.message) : 'no connection'
  const advice =
    tlsAdvice(error, '--server') ??
    "is it running? Start one with 'hyperfleet serve', or select another with --server"
  return `no server can be reached at ${server.origin} (${cause}): ${advice}`
}

/** The reason in a message of OpenSSL, which also names a thread, a file and a line; any other message as it is. */
function plain(message: string): string {
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message.trim()
}

/**
 * A remedy for a connection that failed because of TLS, or for lack of it; undefined for other failures.
 * @param flag that gives the address
 */
export function tlsAdvice(error: unknown, flag: string): string | undefined {
  const cause = error instanceof Error ? error.message : ''
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'give the certificate of its authority with --ca-file'
  if (/wrong version number|packet length too long/i.test(cause))
    return `it does not speak TLS on that port; use http:// in ${flag}`
  if (/Expected HTTP|socket hang up|ECONNRESET/.test(`${cause} ${code}`))
    return `if it speaks TLS, use https:// in ${flag}`
  return undefined
}

/** Statuses with which proxies answer for a server that is away (RFC 9110, 15.6). */
const GATEWAY_FAULTS: ReadonlySet<number> = new Set([502, 503, 504])

/** True if a proxy may have answered for a server that is away. */
export function isOfGateway(status: number): boolean {
  return GATEWAY_FAULTS.has(status)
}

/** The message if something other than a HyperFleet server answers. */
export function noHyperfleet(server: URL, path: string, status: number): string {
  const answer = `GET ${path} returned ${status}`
  return isOfGateway(status)
    ? `no HyperFleet server answers at ${server.origin} (${answer}): a proxy there has no server behind it; try again later`
    : `the server at ${server.origin} is not a HyperFleet server (${answer}): give the API port in --server`
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//***@')
}
