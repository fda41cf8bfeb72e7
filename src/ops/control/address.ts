// Address of a data folder's control socket. The system limits an address to about a hundred bytes. A longer path is
// reached through an open folder.
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

const SOCKET_FILE = 'control.sock'

/** Limit on every platform: macOS has 104 bytes and Linux 108, including the terminator. */
const MAX_ADDRESS_BYTES = 103

export interface SocketAddress {
  readonly path: string
  /** Must be called when the socket is no longer used under this path. */
  release(): void
}

/** Path of the socket file, however long. */
export function socketFile(folder: string): string {
  return join(folder, SOCKET_FILE)
}

/** @throws Error if the path is too long for this platform */
export function socketAddress(folder: string): SocketAddress {
  const file = socketFile(folder)
  if (Buffer.byteLength(file) <= MAX_ADDRESS_BYTES) return { path: file, release: () => {} }
  if (process.platform !== 'linux')
    throw new Error(`the path ${file} is longer than ${MAX_ADDRESS_BYTES} bytes, the limit for a socket`)
  const descriptor = openSync(folder, 'r')
  return {
    path: `/proc/self/fd/${descriptor}/${SOCKET_FILE}`,
    release: () => closeSync(descriptor),
  }
}
