// Messages between a test and the processes whose replicas it uses.
import type { OperationKind } from '../simulation/checker.ts'
import type { Answer } from '../simulation/fleet.ts'

/** The argument of a process, in JSON. */
export interface ProcessTask {
  /** The name of the server. */
  readonly server: string
  /** The URL of the database. */
  readonly url: string
}

export interface Request {
  readonly number: number
  readonly kind: OperationKind
  readonly name: number
  readonly expected: number | undefined
}

/** The answer to a request, or the role of the replica, which is sent when it changes. */
export type Message =
  | { readonly kind: 'answer'; readonly number: number; readonly answer: Answer }
  | { readonly kind: 'role'; readonly role: string }
  | { readonly kind: 'fault'; readonly message: string }
