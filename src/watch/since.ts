// The text with which a stream is resumed (contract 12.4): the history, the path with its search, and the number of the change up to which the client
// knows everything. It is the same on every server and after a restart.
import { hash } from 'node:crypto'
import type { ResourceKind } from '../state/records.ts'

/** The subject of a watch: a path and the trimmed text of a search. */
export interface Subject {
  readonly kind: ResourceKind
  /** The cluster of the path, whose nodepools are watched. */
  readonly ownerId: string | undefined
  readonly search: string
}

/** Characters that stand for a history and for a subject: 96 bits each, beyond chance. */
const HASH_LENGTH = 16
const SINCE = /^1\.([\w-]{16})\.([\w-]{16})\.(0|[1-9][0-9]{0,15})$/

function hashOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, HASH_LENGTH)
}

/** Makes and reads the texts of one subject. */
export class SinceTexts {
  readonly #prefix: string

  /** @param history the name of the history that sequences are numbers of */
  constructor(history: string, subject: Subject) {
    this.#prefix = `1.${hashOf(history)}.${hashOf(keyOf(subject))}.`
  }

  textOf(sequence: number): string {
    return this.#prefix + sequence
  }

  /** The number in a text. Undefined if it is of another history, path or search, or is no such text. */
  read(since: string): number | undefined {
    if (!since.startsWith(this.#prefix)) return undefined
    const sequence = Number(SINCE.exec(since)?.[3])
    return Number.isSafeInteger(sequence) ? sequence : undefined
  }
}

/** Names a subject. Two have the same name only if they are the same. */
export function keyOf({ kind, ownerId, search }: Subject): string {
  return JSON.stringify([kind, ownerId ?? null, search])
}
