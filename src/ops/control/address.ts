// Where the control socket of a data folder is. An address of a socket holds about a hundred bytes and a path may be longer:
// then the socket is reached through an open folder.
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

const SOCKET_FILE = 'control.sock'

/** What every platform takes: macOS has 104 bytes and Linux 108, the end included. */
const MAX_ADDRESS_BYTES = 103

export interface SocketAddress {
  readonly path: string
  /** To be called when the socket is no longer used under this path. */
  release(): void
}

/** The file of the socket, whatever its length. */
export function socketFile(folder: string): string {
  return join(folder, SOCKET_FILE)
}

/** @throws Error when the path is too long for this platform */
export function socketAddress(folder: string): SocketAddress {
  const file = socketFile(folder)
  if (Buffer.byteLength(file) <= MAX_ADDRESS_BYTES) return { path: file, release: () => {} }
  if (process.platform !== 'linux')
    throw new Error(`the path ${file} is longer than the ${MAX_ADDRESS_BYTES} bytes that a socket may have`)
  const descriptor = openSync(folder, 'r')
  return {
    path: `/proc/self/fd/${descriptor}/${SOCKET_FILE}`,
    release: () => closeSync(descriptor),
  }
}
