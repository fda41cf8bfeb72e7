// A client of a stream: applies its events, checks that each one fits what it knows (contract 12.2, 12.4), and at each BOOKMARK compares with the list
// as of that sequence (contract 12.5).
import assert from 'node:assert/strict'
import type { Format } from '../../src/watch/events.ts'

/** The list as of a sequence: documents by id. */
export type Listed = ReadonlyMap<string, string>

export interface StreamEvent {
  readonly type: string
  readonly sequence: number
  // biome-ignore lint/suspicious/noExplicitAny: the client checks what it needs
  readonly object?: any
  readonly since?: string
}

/** The id that comes before a RESET, so that a browser does not resume from what is void. */
const NO_TEXT = '0'

export class WatchClient {
  readonly #format: Format
  readonly #listedAt: (sequence: number) => Listed | undefined
  #text = ''
  /** The documents that it has, by id. */
  #known = new Map<string, string>()
  /** False between a resumption and the next BOOKMARK: then an event may be about anything. */
  #isSure = true
  #begins = true
  readonly events: StreamEvent[] = []
  /** The text of the last BOOKMARK, and its sequence. */
  since: string | undefined
  bookmark = -1
  retryMs: number | undefined
  bookmarks = 0
  resets = 0
  hasFailed = false

  /**
   * @param listedAt the list as of a sequence, or undefined if it is not known
   * @param resumed an earlier client; this one goes on with its documents
   */
  constructor(format: Format, listedAt: (sequence: number) => Listed | undefined, resumed?: WatchClient) {
    this.#format = format
    this.#listedAt = listedAt
    if (resumed === undefined) return
    const isVoid = resumed.since === undefined || resumed.since === NO_TEXT
    this.#known = new Map(resumed.#known)
    this.#isSure = false
    this.#begins = isVoid
    this.since = resumed.since
    // A stream that begins with everything may be of an earlier state than the void one.
    this.bookmark = isVoid ? -1 : resumed.bookmark
  }

  /** True for server-sent events. */
  get isOfEvents(): boolean {
    return this.#format === 'server-sent'
  }

  /** The documents that it has, by id. */
  get known(): Listed {
    return this.#known
  }

  /** Takes some bytes of the stream. */
  receive(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString('utf8')
    const end = this.#format === 'lines' ? '\n' : '\n\n'
    for (let at = this.#text.indexOf(end); at !== -1; at = this.#text.indexOf(end)) {
      const message = this.#text.slice(0, at)
      this.#text = this.#text.slice(at + end.length)
      this.#take(message)
    }
  }

  #take(message: string): void {
    if (this.#format === 'lines') {
      this.#apply(message, undefined)
      return
    }
    const fields = new Map(
      message.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    assert.equal(fields.has('event'), false)
    if (!fields.has('data')) {
      assert.deepEqual([...fields], [['id', NO_TEXT]])
      this.since = NO_TEXT
      return
    }
    if (fields.has('retry')) {
      assert.equal(this.events.length, 0, 'retry comes with the first event')
      this.retryMs = Number(fields.get('retry'))
    }
    this.#apply(fields.get('data') ?? '', fields.get('id'))
  }

  #apply(text: string, id: string | undefined): void {
    const event: StreamEvent = JSON.parse(text)
    this.events.push(event)
    assert.equal(this.hasFailed, false, 'an ERROR ends the stream')
    if (this.#begins)
      assert.ok(event.type === 'RESET' || event.type === 'ERROR', `a stream begins with ${event.type}`)
    this.#begins = false
    assert.equal(id, this.#format === 'lines' ? undefined : event.since, 'only a BOOKMARK has an id')
    assert.ok(Number.isSafeInteger(event.sequence))
    switch (event.type) {
      case 'RESET':
        this.resets++
        assert.ok(this.#format === 'lines' || this.since === NO_TEXT, 'a browser must forget its text')
        this.#known.clear()
        this.#isSure = true
        if (this.#format === 'lines') this.since = undefined
        break
      case 'BOOKMARK':
        this.#compare(event)
        break
      case 'ERROR':
        this.hasFailed = true
        break
      default:
        this.#change(event, text)
    }
  }

  #compare({ sequence, since, object }: StreamEvent): void {
    assert.equal(object, undefined)
    assert.ok(since !== undefined && since !== '')
    assert.ok(sequence >= this.bookmark, `a BOOKMARK falls from ${this.bookmark} to ${sequence}`)
    this.bookmark = sequence
    this.since = since
    this.bookmarks++
    this.#isSure = true
    const listed = this.#listedAt(sequence)
    if (listed === undefined) return
    assert.deepEqual(
      [...this.#known.keys()].sort(),
      [...listed.keys()].sort(),
      `the list as of ${sequence}, after ${JSON.stringify(this.events.slice(-5).map(event => [event.type, event.sequence, event.object?.id]))}`,
    )
    for (const [id, document] of listed)
      assert.equal(this.#known.get(id), document, `${id} as of ${sequence}`)
  }

  #change({ type, object }: StreamEvent, text: string): void {
    const id: string = object.id
    const isKnown = this.#known.has(id)
    switch (type) {
      case 'ADDED':
        assert.ok(!isKnown, `${id} is ADDED again`)
        break
      case 'MODIFIED':
        assert.ok(isKnown || !this.#isSure, `${id} is MODIFIED, but was not ADDED`)
        break
      case 'LEFT':
      case 'DELETED':
        assert.ok(isKnown || !this.#isSure, `${id} is ${type}, but was not ADDED`)
        if (type === 'DELETED')
          assert.deepEqual(Object.keys(object), [
            'kind',
            'id',
            'href',
            'name',
            ...(object.kind === 'NodePool' ? ['owner_references'] : []),
          ])
        this.#known.delete(id)
        return
      default:
        assert.fail(`an event of type ${type}`)
    }
    this.#known.set(id, text.slice(text.indexOf(',"object":') + ',"object":'.length, -1))
  }
}
