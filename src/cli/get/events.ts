// `--watch` to a pipe: prints each item that is new or has changed, from the events of the watch. The first items come in the order of a list.
import { hash } from 'node:crypto'
import type { Api } from '../connection/api.ts'
import type { WatchEvent } from '../connection/event-lines.ts'
import { watchEvents } from '../connection/watch-stream.ts'
import { isTreeObject, readTree } from '../documents/tree.ts'
import type { List, Listed } from '../resources/list.ts'
import { isIdentified, isResource } from '../resources/served.ts'
import type { Output } from '../terminal/output.ts'
import { ownersOf, partsFound, wholeFound } from './look.ts'
import type { GetOptions } from './options.ts'
import { type Found, type Piece, pieces, titlesOf } from './print.ts'
import { watchOf } from './selection.ts'

/** A state that is longer is kept as its hash. */
const STATE_MAX = 64

export interface Following {
  readonly output: Output
  readonly signal: AbortSignal
  readonly onNote: (note: string) => void
}

/**
 * Prints items until the signal aborts. Reads on once they are printed, so that a slow reader sees fewer events.
 * @throws FailedError as `watchEvents`
 */
export async function followEvents(
  api: Api,
  options: GetOptions,
  { output, signal, onNote }: Following,
): Promise<void> {
  const account = new Account()
  const printer = new Printer(api, options)
  const { path, parameters } = await watchOf(api, options.list, options)
  const fields = options.fields === undefined ? [] : [['fields', options.fields] as const]
  const request = { path, parameters: new Map([...parameters, ...fields]) }
  for await (const events of watchEvents(api, request, { signal, onNote })) {
    const items = await printer.pieces(events)
    const text = events.map(event => account.take(event, items)).join('')
    if (text !== '') await output.send(Buffer.from(printer.titles() + text))
  }
}

/** Formats items. */
class Printer {
  readonly #api: Api
  readonly #options: GetOptions
  #owners: ReadonlyMap<string, string> = new Map()
  #hasTitles = false

  constructor(api: Api, options: GetOptions) {
    this.#api = api
    this.#options = options
  }

  /** The items of a batch. */
  async pieces(events: readonly WatchEvent[]): Promise<ReadonlyMap<WatchEvent, Piece>> {
    return this.#options.fields === undefined ? this.#wholePieces(events) : this.#partsPieces(events)
  }

  async #wholePieces(events: readonly WatchEvent[]): Promise<ReadonlyMap<WatchEvent, Piece>> {
    const items = itemsOf(events, isResource)
    this.#owners = await ownersOf(this.#api, this.#options, [...items.values()], this.#owners)
    return this.#formatted(items, item => wholeFound(this.#options, listOf(item), this.#owners))
  }

  #partsPieces(events: readonly WatchEvent[]): ReadonlyMap<WatchEvent, Piece> {
    return this.#formatted(itemsOf(events, isIdentified), item => partsFound(this.#options, listOf(item)))
  }

  #formatted<T>(
    items: ReadonlyMap<WatchEvent, T>,
    found: (item: T) => Found,
  ): ReadonlyMap<WatchEvent, Piece> {
    const formatted = new Map<WatchEvent, Piece>()
    for (const [event, item] of items) {
      const [piece] = pieces(found(item), this.#options).values()
      if (piece !== undefined) formatted.set(event, piece)
    }
    return formatted
  }

  /** The titles, the first time. */
  titles(): string {
    if (this.#hasTitles) return ''
    this.#hasTitles = true
    const none = { items: [], total: 0 }
    const { fields } = this.#options
    const found =
      fields === undefined ? wholeFound(this.#options, none, this.#owners) : partsFound(this.#options, none)
    return titlesOf(found, this.#options)
  }
}

function listOf<T>(item: Listed<T>): List<T> {
  return { items: [item], total: 1 }
}

/** The resources of the events that have them. */
function itemsOf<T>(
  events: readonly WatchEvent[],
  isOne: (object: unknown) => object is T,
): Map<WatchEvent, Listed<T>> {
  const items = new Map<WatchEvent, Listed<T>>()
  for (const event of events) {
    const { type, object, line } = event
    if ((type !== 'ADDED' && type !== 'MODIFIED') || !isOne(object)) continue
    const tree = readTree(line)
    const document = isTreeObject(tree) ? tree.get('object') : undefined
    if (document !== undefined) items.set(event, { value: object, tree: document })
  }
  return items
}

/** The printed states, by id. */
class Account {
  #states = new Map<string, string>()
  /** The items since a RESET, in the order of their creation; undefined after its BOOKMARK. */
  #first: Map<string, Piece> | undefined

  /** Takes an event. Returns the text to print. */
  take(event: WatchEvent, items: ReadonlyMap<WatchEvent, Piece>): string {
    const { type, object } = event
    if (type === 'RESET') this.#first = new Map()
    if (type === 'BOOKMARK') return this.#complete()
    const id = idOf(object)
    if (id === undefined) return ''
    const piece = items.get(event)
    if (piece === undefined) {
      this.#first?.delete(id)
      if (this.#first === undefined) this.#states.delete(id)
      return ''
    }
    if (this.#first === undefined) return this.#print(id, piece, this.#states)
    this.#first.set(id, piece)
    return ''
  }

  /** Prints everything that matches, newest first as a list, less what has been printed before an outage. */
  #complete(): string {
    if (this.#first === undefined) return ''
    const [before, items] = [this.#states, [...this.#first].reverse()]
    this.#first = undefined
    this.#states = new Map()
    return items.map(([id, piece]) => this.#print(id, piece, before)).join('')
  }

  #print(id: string, { text, state }: Piece, before: ReadonlyMap<string, string>): string {
    const known = state.length > STATE_MAX ? hash('sha256', state, 'base64') : state
    const isKnown = before.get(id) === known
    this.#states.set(id, known)
    return isKnown ? '' : text
  }
}

function idOf(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null || !('id' in object)) return undefined
  return typeof object.id === 'string' ? object.id : undefined
}
