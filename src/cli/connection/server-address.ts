// The address of a server, and what the commands that talk to one say when nothing answers there.
import { UsageError } from '../command.ts'

export const DEFAULT_SERVER = 'http://127.0.0.1:8000'

/** The default time limit of an answer: longer than the server waits for a commit. */
export const ANSWER_DEADLINE_S = 40

/**
 * @param called what the user knows the text by
 * @throws UsageError when the text is no address of a server
 */
export function readServer(text: string, called: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (url !== undefined && isPlain && /^https?:$/.test(url.protocol)) return url
  throw new UsageError(
    `${called} is '${withoutPassword(text)}': must be an address such as ${DEFAULT_SERVER}`,
  )
}

/** The message after a request without an answer. */
export function unreachable(server: URL, error: unknown): string {
  const cause = error instanceof Error && error.message !== '' ? error.message : 'no connection'
  return `no server can be reached at ${server.origin} (${cause}): ${advice(cause, error)}`
}

function advice(cause: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) return "name its authority's certificate with --ca-file"
  if (/wrong version number|packet length too long/i.test(cause))
    return 'it speaks no TLS there; name it with http:// in --server'
  if (/Expected HTTP|socket hang up|ECONNRESET/.test(`${cause} ${code}`))
    return 'does it speak TLS? Then name it with https:// in --server'
  return "is it running? Start one with 'hyperfleet serve', or name another with --server"
}

/** The message if something else than a HyperFleet server answers. */
export function noHyperfleet(server: URL, path: string, status: number): string {
  return (
    `what answers at ${server.origin} is no HyperFleet server (GET ${path} gave ${status}): ` +
    'name its API port with --server'
  )
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//***@')
}
