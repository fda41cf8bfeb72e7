// Reason why a server cannot listen, as a message that helps to fix it.

import { createServer } from 'node:net'
import { hostAndPort } from '../../wire/address.ts'

export type ListenProblem = 'port-taken' | 'host-unavailable' | 'forbidden' | 'other'

/** Failure to listen on an address. */
export class ListenError extends Error {
  readonly problem: ListenProblem

  constructor(problem: ListenProblem, message: string) {
    super(message)
    this.name = 'ListenError'
    this.problem = problem
  }
}

/** Makes the error for a system code such as `EADDRINUSE`. */
export function toListenError(host: string, port: number, code: string | undefined): ListenError {
  const address = hostAndPort(host, port)
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError('port-taken', `cannot listen on ${address}: the port is in use`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new ListenError(
        'host-unavailable',
        `cannot listen on ${address}: this machine has no such address`,
      )
    case 'EACCES':
      return new ListenError('forbidden', `cannot listen on ${address}: no permission for this port`)
    default:
      return new ListenError('other', `cannot listen on ${address}: ${code ?? 'the system gives no reason'}`)
  }
}

/** Finds the reason when the engine gives none, by trying the same address again. */
export function explainListenFailure(host: string, port: number): Promise<ListenError> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(toListenError(host, port, error.code)))
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(toListenError(host, port, undefined)))
    })
  })
}

/** Throws if the port is invalid; an engine would silently use its lowest 16 bits. */
export function checkPort(host: string, port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return
  throw toListenError(host, port, 'the port is not between 0 and 65535')
}
