// Entity tags (RFC 9110, 8.8.3; contract 12.10, 12.12): strong, made from what an answer is made of, without making it. Sequences are numbers
// of the journal, so a tag is the same on every server and after a restart. A restored copy of a fleet repeats numbers; the name of its
// history tells its tags apart.
import { hash } from 'node:crypto'
import type { ResourceVersion, StatusEntry } from '../state/entry.ts'
import type { HttpRequest } from './transport/transport.ts'

/** Characters of a tag that stand for the history: 48 bits. */
const HISTORY_LENGTH = 8
/** Characters of the tag of a list: 132 bits of SHA-256. */
const LIST_LENGTH = 22

/** Doubles before the items of a list: the history, the page, the total and the number of items. */
const LIST_HEAD = 4
const DOUBLES_PER_RESOURCE = 3
const DOUBLES_PER_STATUS = 2

/** Makes the tags of answers. Two answers to one request have the same tag only if their bytes are the same. */
export class EntityTags {
  readonly #prefix: string
  readonly #history: number
  #scratch = new Float64Array(LIST_HEAD)

  /** @param history the name of the history that sequences are numbers of */
  constructor(history: string) {
    const digest = hash('sha256', history, 'buffer')
    this.#prefix = digest.toString('base64url').slice(0, HISTORY_LENGTH)
    this.#history = digest.readUIntBE(0, 6)
  }

  /** `"<history>.<a>.<b>"`: `a` is the change of what clients write, `b` that of the conditions, or 0 if the answer has none of them. */
  ofResource({ headSequence, conditionsSequence }: Revision, hasStatus = true): string {
    return `"${this.#prefix}.${headSequence}.${hasStatus ? conditionsSequence : 0}"`
  }

  /**
   * The tag of a page of resources. The number of a resource and its sequences determine its document.
   * @param hasStatus false if the answer has nothing of the conditions
   */
  ofPage(page: number, total: number, items: readonly Revised[], hasStatus = true): string {
    const doubles = this.#begin(page, total, items.length, DOUBLES_PER_RESOURCE)
    let end = LIST_HEAD
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (item === undefined) continue
      doubles[end++] = item.number
      doubles[end++] = item.headSequence
      doubles[end++] = hasStatus ? item.conditionsSequence : 0
    }
    return listTag(doubles, end)
  }

  /** The tag of a page of the statuses of one resource. */
  ofStatuses(
    page: number,
    total: number,
    items: readonly Pick<StatusEntry, 'number' | 'sequence'>[],
  ): string {
    const doubles = this.#begin(page, total, items.length, DOUBLES_PER_STATUS)
    let end = LIST_HEAD
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (item === undefined) continue
      doubles[end++] = item.number
      doubles[end++] = item.sequence
    }
    return listTag(doubles, end)
  }

  #begin(page: number, total: number, count: number, doublesPerItem: number): Float64Array {
    const length = LIST_HEAD + count * doublesPerItem
    if (this.#scratch.length < length) this.#scratch = new Float64Array(length)
    const doubles = this.#scratch
    doubles[0] = this.#history
    doubles[1] = page
    doubles[2] = total
    doubles[3] = count
    return doubles
  }
}

type Revision = Pick<ResourceVersion, 'headSequence' | 'conditionsSequence'>
type Revised = Pick<ResourceVersion, 'number' | 'headSequence' | 'conditionsSequence'>

function listTag(doubles: Float64Array, length: number): string {
  const bytes = new Uint8Array(doubles.buffer, 0, length * Float64Array.BYTES_PER_ELEMENT)
  return `"${hash('sha256', bytes, 'base64url').slice(0, LIST_LENGTH)}"`
}

/**
 * True if `If-Match` names the present version: all of the tag that precedes the last dot counts, so that a report in between is no conflict.
 * A weak tag never fits (RFC 9110, 13.1.1).
 */
export function fitsHead(tag: string, named: NamedTags): boolean {
  if (named.kind === 'any') return true
  const head = headOf(tag)
  return named.tags.some(each => each.includes('.') && headOf(each) === head)
}

/** The part of a resource's tag that stands for what clients write. */
function headOf(tag: string): string {
  return tag.slice(0, tag.lastIndexOf('.'))
}

/** The tags that a client names. */
export type NamedTags =
  /** `*`: any. */
  | { readonly kind: 'any' }
  /** With their quotes, and with `W/` if they are weak. */
  | { readonly kind: 'tags'; readonly tags: readonly string[] }

const ANY: NamedTags = { kind: 'any' }
/** A tag and what separates it from the next (RFC 9110, 8.8.3). */
const TAG = /[ \t,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)/y

/**
 * The tags of `If-None-Match` or `If-Match`; undefined if the request has no such header. An empty header names no tag: the write of a client that
 * lost its tag is refused, not done without a condition. What is no tag ends the list.
 */
export function namedTags(request: HttpRequest, name: 'if-none-match' | 'if-match'): NamedTags | undefined {
  const values = request.values(name)
  if (values.length === 0) return undefined
  const text = values.join(',')
  if (text.trim() === '*') return ANY
  const tags: string[] = []
  TAG.lastIndex = 0
  for (let found = TAG.exec(text); found !== null; found = TAG.exec(text)) tags.push(found[1] ?? '')
  return { kind: 'tags', tags }
}

/** True if the client has the answer with this tag, by `If-None-Match`: weak tags count as strong ones (RFC 9110, 13.1.2). */
export function isKnownTo(request: HttpRequest, tag: string): boolean {
  const first = request.header('if-none-match')
  if (first === undefined || first === tag) return first === tag
  const named = namedTags(request, 'if-none-match')
  return named !== undefined && isNamed(tag, named)
}

/** True if `If-None-Match` names a tag. */
export function isNamed(tag: string, named: NamedTags): boolean {
  return named.kind === 'any' || named.tags.some(each => each === tag || each === `W/${tag}`)
}
