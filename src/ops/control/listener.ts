// Control socket of a running server: a unix domain socket in its data folder, where commands on the same machine ask
// for a copy. It speaks HTTP with one route. Whoever may open the socket (mode 0600) may read everything.
import { rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { CopyPart } from '../../store/copy/copy.ts'
import { type SocketAddress, socketAddress, socketFile } from './address.ts'
import { encodeFrames } from './frames.ts'

export const COPY_PATH = '/copy'
export const COPY_TYPE = 'application/vnd.hyperfleet.copy'

/** Most copies at the same time, because each delays trimming of the journal; one more is answered 503. */
const MAX_COPIES = 4
/** Longest pause of a reader. It is then disconnected, because the journal grows meanwhile. */
const IDLE_MS = 30_000
/** Most bytes that wait for the socket, in addition to one slice. */
const BUFFER_BYTES = 256 * 1024

export interface ControlParts {
  /** Starts a copy of the store's current state. */
  readonly copy: () => AsyncGenerator<CopyPart[], void>
  /** Called when a copy fails: the reader disconnected, or the store could not be read. */
  readonly onBrokenOff: (error: unknown) => void
}

export interface ControlListener {
  /** Cancels running copies; resolves when they have released the store. */
  close(): Promise<void>
}

/**
 * Listens in a data folder that this process has locked. A socket file that already exists was left by a dead process.
 * @throws Error if the file system or the path allows no socket
 */
export async function listenForControl(folder: string, parts: ControlParts): Promise<ControlListener> {
  rmSync(socketFile(folder), { force: true })
  const address = socketAddress(folder)
  const copies = new Set<Promise<void>>()
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== COPY_PATH) return refuse(response, 404, 'not found\n')
    if (copies.size >= MAX_COPIES)
      return refuse(response, 503, `${MAX_COPIES} copies are being made already\n`)
    const copying = sendCopy(response, parts)
    copies.add(copying)
    copying.finally(() => copies.delete(copying))
  })
  await listen(server, address)
  return {
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, ...copies])
      address.release()
    },
  }
}

function refuse(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': body.length })
  response.end(body)
}

/** Never rejects; once it resolves, the copy has released the store. */
async function sendCopy(response: ServerResponse, { copy, onBrokenOff }: ControlParts): Promise<void> {
  response.setTimeout(IDLE_MS, () =>
    response.destroy(new Error(`the reader took nothing for ${IDLE_MS / 1000} s`)),
  )
  response.writeHead(200, { 'Content-Type': COPY_TYPE })
  const parts = copy()
  const frames = Readable.from(framesOf(parts), { objectMode: false, highWaterMark: BUFFER_BYTES })
  await pipeline(frames, response).catch(onBrokenOff)
  await parts.return()
}

async function* framesOf(copy: AsyncIterable<CopyPart[]>): AsyncGenerator<Buffer> {
  for await (const parts of copy) yield encodeFrames(parts)
}

/** `listen` binds the socket and so creates its file. Umask restricts it from the first moment. */
async function listen(server: Server, address: SocketAddress): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      const mask = process.umask(0o177)
      try {
        server.listen(address.path, resolve)
      } finally {
        process.umask(mask)
      }
    })
  } catch (error) {
    address.release()
    throw error
  }
}
