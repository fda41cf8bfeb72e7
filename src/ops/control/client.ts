// Client of the control socket: asks the server that uses a data folder for a copy.
import { type IncomingMessage, request } from 'node:http'
import type { Copy } from '../../store/copy/copy.ts'
import { reasonOf } from '../../wire/text.ts'
import { socketAddress } from './address.ts'
import { receiveCopy } from './frames.ts'
import { COPY_PATH, COPY_TYPE } from './listener.ts'

/** The server cannot provide a copy; the message says why and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
}

/**
 * Starts a copy of the server's current state.
 * @throws ControlError if no server listens, or it refuses
 */
export async function requestCopy(folder: string, signal: AbortSignal): Promise<Copy> {
  const address = socketAddress(folder)
  try {
    const response = await send(address.path, signal)
    if (response.statusCode === 200 && response.headers['content-type'] === COPY_TYPE)
      return receiveCopy(response, brokenOff)
    const words = await text(response)
    throw new ControlError(`the server refuses to make a copy: ${words.trim()}. Try again later.`)
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof ControlError ? error : unreachable(folder, error)
  } finally {
    address.release()
  }
}

function send(socketPath: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: COPY_PATH, signal, agent: false }, resolve).on('error', reject).end()
  })
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function brokenOff(): ControlError {
  return new ControlError(
    'the server broke off in the middle of the copy: it has stopped, or its log has the reason. Try again once it runs.',
  )
}

function unreachable(folder: string, error: unknown): ControlError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES' || code === 'EPERM')
    return new ControlError(
      `this user may not connect to the server that uses ${folder}: run the command as the server's user.`,
    )
  const reason = reasonOf(error)
  return new ControlError(
    `the data folder ${folder} is in use, but not by a server that can copy it (${reason}). The server may be starting ` +
      'or stopping, or another command may be running: try again.',
  )
}
