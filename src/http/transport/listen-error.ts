// Why a server cannot listen, told so that a person can act on it.

import { createServer } from 'node:net'
import { hostAndPort } from '../../wire/address.ts'

export type ListenProblem = 'port-taken' | 'host-unavailable' | 'forbidden' | 'other'

/** The address cannot be listened on. */
export class ListenError extends Error {
  readonly problem: ListenProblem

  constructor(problem: ListenProblem, message: string) {
    super(message)
    this.name = 'ListenError'
    this.problem = problem
  }
}

/** The error for what the system said, by its code such as `EADDRINUSE`. */
export function toListenError(host: string, port: number, code: string | undefined): ListenError {
  const address = hostAndPort(host, port)
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError('port-taken', `cannot listen on ${address}: another program listens there`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAFNOSUPPORT':
      return new ListenError(
        'host-unavailable',
        `cannot listen on ${address}: this machine has no such address`,
      )
    case 'EACCES':
      return new ListenError('forbidden', `cannot listen on ${address}: the port needs more rights`)
    default:
      return new ListenError('other', `cannot listen on ${address}: ${code ?? 'the system gives no reason'}`)
  }
}

/** Finds out why listening failed where the engine does not say, by trying the same address again. */
export function explainListenFailure(host: string, port: number): Promise<ListenError> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(toListenError(host, port, error.code)))
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => resolve(toListenError(host, port, undefined)))
    })
  })
}

/** Throws for a port that is none: an engine would take its lowest 16 bits. */
export function checkPort(host: string, port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return
  throw toListenError(host, port, 'the port is not between 0 and 65535')
}
