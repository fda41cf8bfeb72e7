// Asks another server of the cluster for a copy of its data folder (contract 14.15).
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { receiveCopy } from '../../ops/control/frames.ts'
import { COPY_TYPE } from '../../ops/control/listener.ts'
import type { Copy } from '../../store/copy/copy.ts'
import { reasonOf } from '../../wire/text.ts'
import { COPY_PATH, LEAST, PEER, PEER_SCHEME } from './copies.ts'

/** Longest time for a connection to be made, and longest pause of the other server. */
const SILENCE_MS = 30_000
/** Longest text of a refusal that is read, in bytes. */
const MAX_REFUSAL_BYTES = 4096

export interface CopyRequest {
  /** The origin of the other server. */
  readonly address: string
  /** The id of this server. */
  readonly self: string
  readonly token: string
  /** The authorities of its certificate; undefined for those that Node knows. */
  readonly authorities: Buffer | undefined
  /** The entry of the journal that the copy must have. */
  readonly position: number
  readonly signal: AbortSignal
}

/** The other server sends no copy, or has broken off. The message says why. */
export class NoCopyError extends Error {
  override readonly name = 'NoCopyError'
}

/**
 * Begins a copy. It ends with an error if the other server breaks off, or is silent for too long.
 * @throws NoCopyError if the other server cannot be reached, or refuses
 */
export async function requestCopy(asked: CopyRequest): Promise<Copy> {
  const response = await send(asked).catch(error => {
    asked.signal.throwIfAborted()
    throw new NoCopyError(`it cannot be reached: ${reasonOf(error)}`)
  })
  if (response.statusCode === 200 && response.headers['content-type'] === COPY_TYPE)
    return receiveCopy(response, brokenOff)
  const text = await beginningOf(response)
  throw new NoCopyError(`it refuses with ${response.statusCode}: ${detailIn(text)}`)
}

function send({
  address,
  self,
  token,
  position,
  authorities,
  signal,
}: CopyRequest): Promise<IncomingMessage> {
  const url = new URL(COPY_PATH, address)
  const headers = { Authorization: `${PEER_SCHEME} ${token}`, [PEER]: self, [LEAST]: position }
  return new Promise((resolve, reject) => {
    const options = { headers, signal, agent: false }
    const outgoing =
      url.protocol === 'https:'
        ? requestHttps(url, { ...options, ca: authorities }, resolve)
        : requestHttp(url, options, resolve)
    outgoing.setTimeout(SILENCE_MS, () => outgoing.destroy(new NoCopyError(SILENT)))
    outgoing.on('error', reject).end()
  })
}

const SILENT = `it has sent nothing for ${SILENCE_MS / 1000} s`

function brokenOff(): NoCopyError {
  return new NoCopyError('it has broken off in the middle of the copy')
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_REFUSAL_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The detail of a problem document; otherwise the beginning of the text. */
function detailIn(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown }
    if (typeof detail === 'string') return detail
  } catch {
    // It is no server of ours.
  }
  return JSON.stringify(text.slice(0, 200))
}
