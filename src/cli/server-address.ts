// The flag `--server` of the commands that talk to a running server, and what they say when nothing answers there.
import { UsageError } from './command.ts'

export const DEFAULT_SERVER = 'http://127.0.0.1:8000'

/** @throws UsageError when the text is no address of a server */
export function readServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.search === '' && url.hash === '' && url.username === ''
  if (url !== undefined && isPlain && /^https?:$/.test(url.protocol)) return url
  throw new UsageError(`--server is '${text}': must be an address such as ${DEFAULT_SERVER}`)
}

/** What to tell the user after a request that got no answer. */
export function unreachable(server: URL, error: unknown): string {
  const cause = error instanceof Error && error.message !== '' ? error.message : 'no connection'
  return (
    `no server can be reached at ${server.origin} (${cause}): start one with 'hyperfleet serve', ` +
    'or name another with --server'
  )
}

/** What to tell the user when something else than a HyperFleet server answers. */
export function noHyperfleet(server: URL, path: string, status: number): string {
  return (
    `what answers at ${server.origin} is no HyperFleet server (GET ${path} gave ${status}): ` +
    'name its API port with --server'
  )
}
