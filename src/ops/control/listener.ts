// The control socket of a running server: a unix domain socket in its data folder, on which commands on the same machine ask
// for a copy. HTTP, one route. Who may open the socket (mode 0600) may read everything.
import { rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { CopyPart } from '../../store/copy/copy.ts'
import { type SocketAddress, socketAddress, socketFile } from './address.ts'
import { encodeFrames } from './frames.ts'

export const COPY_PATH = '/copy'
export const COPY_TYPE = 'application/vnd.hyperfleet.copy'

/** Copies made at once; each holds back the trimming of the journal. Beyond: 503. */
const MAX_COPIES = 4
/** A reader that takes nothing for so long is cut off, because the journal grows meanwhile. */
const IDLE_MS = 30_000
/** What waits for the socket, beside one slice. */
const BUFFER_BYTES = 256 * 1024

export interface ControlParts {
  /** A new copy of the store as it is now. */
  readonly copy: () => AsyncGenerator<CopyPart[], void>
  /** Told of a copy that broke off: the reader went away, or the store could not be read. */
  readonly onBrokenOff: (error: unknown) => void
}

export interface ControlListener {
  /** Breaks off the copies that are being made; resolves when they have let go of the store. */
  close(): Promise<void>
}

/**
 * Listens in a data folder that this process has locked: a socket that is there already was left by one that died.
 * @throws Error when the file system or the path allows no socket
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

/** Never rejects; when it resolves, the copy has let go of the store. */
async function sendCopy(response: ServerResponse, { copy, onBrokenOff }: ControlParts): Promise<void> {
  response.setTimeout(IDLE_MS, () => response.destroy(new Error(`nothing was taken for ${IDLE_MS / 1000} s`)))
  response.writeHead(200, { 'Content-Type': COPY_TYPE })
  const parts = copy()
  const frames = Readable.from(framesOf(parts), { objectMode: false, highWaterMark: BUFFER_BYTES })
  await pipeline(frames, response).catch(onBrokenOff)
  await parts.return()
}

async function* framesOf(copy: AsyncIterable<CopyPart[]>): AsyncGenerator<Buffer> {
  for await (const parts of copy) yield encodeFrames(parts)
}

/** The socket is made when it is bound, which happens within `listen`: so nobody else can open it at any time. */
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
