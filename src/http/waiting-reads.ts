// Waiting reads: the client has the answer and waits for another one (contract 12.11). Equal reads share their looks at the fleet. Looks are made
// only after something has changed, at most ten a second, and fewer when they take long. Work is done in slices, so that no other request waits
// for it.
import type { OpenRead, OpenReads, OpenSearch } from './admission/open-reads.ts'
import type { Reply } from './call.ts'
import { isNamed, type NamedTags } from './entity-tags.ts'
import type { ProblemReply } from './problems.ts'
import { copyOf } from './transport/answer.ts'
import type { Body, HttpRequest } from './transport/transport.ts'

/** The answer to a read, before its body is made. It is good for this turn of the event loop. */
export interface Found {
  readonly kind: 'found'
  /** Its entity tag (contract 12.10). */
  readonly tag: string
  /** The number of the state that it shows (contract 12.3). */
  readonly sequence: number
  body(): Body
}

/** The client or clients that a look is for. A long one ends early once they have left. */
export interface Reader {
  readonly aborted: boolean
}

export type Looked = Found | Reply

/** The question of a read. */
export interface Question {
  /** The same for reads with the same answer. */
  readonly key: string
  /** Undefined for a read of one resource. */
  readonly search: OpenSearch | undefined
  /** Answers the question from the present state. */
  look(reader: Reader): Looked | Promise<Looked>
}

/** A read whose client has the answer. */
export interface WaitingRead {
  readonly request: HttpRequest
  /** The name under which the client is counted. */
  readonly client: string
  readonly question: Question
  /** The tags of answers that the client has. */
  readonly known: NamedTags
  /** The present answer. */
  readonly found: Found
  /** At most MAX_WAIT_MS. */
  readonly waitMs: number
}

export interface WaitingOptions {
  readonly state: {
    /** The number of its newest change. */
    readonly sequence: number
    /** The application of a large change, which looks wait for. */
    readonly application: { readonly over: Promise<void> } | undefined
    /** Calls the watcher with each change. */
    watch(watcher: () => void): void
  }
  readonly openReads: OpenReads
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Returns a number from 0 to below 1. */
  readonly random: () => number
}

/** Time from one look at a question to the next, at least. */
const MIN_INTERVAL_MS = 100
/** The same at most, so that a change is answered within a second. */
const MAX_INTERVAL_MS = 800
/** Looks take at most one part in so many of the time, as long as the interval allows it. */
const IDLE_PARTS = 10
/** Interval of looks at searches with relative times, without a change. */
const RELATIVE_INTERVAL_MS = 800
/** Longest work in one turn of the event loop. */
const SLICE_MS = 1
/** Most answers sent in one turn of the event loop. */
const ANSWERS_PER_TURN = 32
/** Share of its time that a read waits longer, at most, so that reads that began together do not end together. */
const SPREAD = 1 / 16

/** Reply to a client that disconnected. */
const NO_READER: Reply = { kind: 'no-content' }

/** A waiting client. */
interface Waiter {
  readonly read: WaitingRead
  readonly place: OpenRead
  readonly sinceMs: number
  readonly deadline: NodeJS.Timeout
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: unknown) => void
}

/** Reads with the same question. */
class Group implements Reader {
  readonly question: Question
  readonly waiters = new Set<Waiter>()
  /** The tag and the state of the last look, and its time. */
  tag: string
  sequence: number
  lookedMs: number
  /** True if the next pass looks at it whatever has changed. */
  isDue = false
  /** Settles with the look under way. */
  looking: Promise<void> | undefined

  constructor(question: Question, { tag, sequence }: Found, nowMs: number) {
    this.question = question
    this.tag = tag
    this.sequence = sequence
    this.lookedMs = nowMs
  }

  get aborted(): boolean {
    return this.waiters.size === 0
  }

  get isRelative(): boolean {
    return this.question.search?.isRelative ?? false
  }
}

export class WaitingReads {
  readonly #options: WaitingOptions
  readonly #groups = new Map<string, Group>()
  #relativeGroups = 0
  #timer: NodeJS.Timeout | undefined
  /** The time of the timer, and the earliest time of the next pass. */
  #timerMs = 0
  #notBeforeMs = 0
  /** The groups that the present pass has still to look at; undefined between passes. */
  #pass: Group[] | undefined
  #passBeganMs = 0
  #passTookMs = 0
  /** Answers that are sent in later turns, oldest first. */
  readonly #answers: (() => void)[] = []
  /** False until the first read waits: writes of servers without waiting reads pay nothing. */
  #isWatching = false
  #isStopped = false

  constructor(options: WaitingOptions) {
    this.#options = options
  }

  /** Answers a read whose client has the answer: later, at once if the server stops, or with a refusal. */
  wait(read: WaitingRead): Reply | Promise<Reply> {
    const { question, found, request } = read
    if (request.aborted) return NO_READER
    if (this.#isStopped) return notModified(found, 0)
    const place = this.#options.openReads.enter(read.client, question.search)
    if (place.kind === 'problem') return place
    const group = this.#groups.get(question.key) ?? this.#begin(read)
    // The answer of a long search may be older than the last look of the others.
    if (found.sequence < this.#options.state.sequence) group.isDue = true
    if (group.isDue) this.#wake()
    return new Promise((resolve, reject) => this.#add(group, read, place, { resolve, reject }))
  }

  /** Ends all waits: the server stops. Later reads do not wait. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const group of this.#groups.values())
      for (const waiter of group.waiters)
        this.#answer(group, waiter, notModified(group, this.#waited(waiter)))
  }

  #begin({ question, found }: WaitingRead): Group {
    if (!this.#isWatching) this.#options.state.watch(() => this.#onChange())
    this.#isWatching = true
    const group = new Group(question, found, this.#options.nowMs())
    this.#groups.set(question.key, group)
    if (group.isRelative) {
      this.#relativeGroups++
      this.#wakeAt(this.#options.nowMs() + RELATIVE_INTERVAL_MS)
    }
    return group
  }

  #add(group: Group, read: WaitingRead, place: OpenRead, promise: Pick<Waiter, 'resolve' | 'reject'>): void {
    const waitMs = read.waitMs * (1 + SPREAD * this.#options.random())
    const deadline = setTimeout(() => void this.#end(group, waiter), waitMs)
    const waiter: Waiter = { read, place, sinceMs: this.#options.nowMs(), deadline, ...promise }
    group.waiters.add(waiter)
    read.request.wait(() => {
      if (this.#remove(group, waiter)) promise.resolve(NO_READER)
    })
  }

  /** False if the waiter is answered already. */
  #remove(group: Group, waiter: Waiter): boolean {
    if (!group.waiters.delete(waiter)) return false
    clearTimeout(waiter.deadline)
    waiter.place.leave()
    if (group.waiters.size === 0 && this.#groups.delete(group.question.key) && group.isRelative)
      this.#relativeGroups--
    return true
  }

  /** Answers a client whose time is over, as of the present state if a look is allowed. */
  async #end(group: Group, waiter: Waiter): Promise<void> {
    const isOld = group.isRelative || group.sequence !== this.#options.state.sequence
    if (isOld && this.#options.nowMs() - group.lookedMs >= MIN_INTERVAL_MS) await this.#look(group)
    if (group.waiters.has(waiter)) this.#answer(group, waiter, notModified(group, this.#waited(waiter)))
  }

  #onChange(): void {
    if (this.#groups.size > 0) this.#wake()
  }

  /** Lets the next pass begin as soon as it may. */
  #wake(): void {
    this.#wakeAt(Math.max(this.#notBeforeMs, this.#options.nowMs()))
  }

  #wakeAt(timeMs: number): void {
    if (this.#pass !== undefined || this.#isStopped) return
    if (this.#timer !== undefined && this.#timerMs <= timeMs) return
    clearTimeout(this.#timer)
    this.#timerMs = timeMs
    this.#timer = setTimeout(() => this.#beginPass(), Math.max(0, timeMs - this.#options.nowMs()))
  }

  #beginPass(): void {
    this.#timer = undefined
    this.#passBeganMs = this.#options.nowMs()
    this.#passTookMs = 0
    this.#pass = [...this.#groups.values()].filter(group => this.#isDue(group))
    this.#continuePass(this.#pass)
  }

  #isDue(group: Group): boolean {
    if (group.looking !== undefined) return false
    if (group.isDue || group.sequence !== this.#options.state.sequence) return true
    return group.isRelative && this.#passBeganMs - group.lookedMs >= MIN_INTERVAL_MS
  }

  #continuePass(pass: Group[]): void {
    const { nowMs } = this.#options
    const startMs = nowMs()
    let endMs = startMs
    while (pass.length > 0 && endMs - startMs < SLICE_MS) {
      const group = pass.pop()
      if (group !== undefined && group.waiters.size > 0) void this.#look(group)
      endMs = nowMs()
    }
    this.#passTookMs += endMs - startMs
    if (pass.length > 0) setImmediate(() => this.#continuePass(pass))
    else this.#endPass()
  }

  #endPass(): void {
    this.#pass = undefined
    const intervalMs = Math.max(MIN_INTERVAL_MS, Math.min(IDLE_PARTS * this.#passTookMs, MAX_INTERVAL_MS))
    this.#notBeforeMs = this.#passBeganMs + intervalMs
    const { state } = this.#options
    const isBehind = (group: Group) =>
      group.looking === undefined && (group.isDue || group.sequence !== state.sequence)
    if (this.#relativeGroups > 0) this.#wakeAt(this.#passBeganMs + RELATIVE_INTERVAL_MS)
    if ([...this.#groups.values()].some(isBehind)) this.#wake()
  }

  /** Looks at a question, once for all that wait for it. */
  #look(group: Group): Promise<void> | undefined {
    if (group.looking !== undefined) return group.looking
    group.isDue = false
    group.lookedMs = this.#options.nowMs()
    try {
      const over = this.#options.state.application?.over
      const looked = over === undefined ? group.question.look(group) : this.#lookAfter(over, group)
      if (looked instanceof Promise) return this.#follow(group, looked)
      this.#take(group, looked)
    } catch (error) {
      this.#fail(group, error)
    }
    return undefined
  }

  async #lookAfter(over: Promise<void>, group: Group): Promise<Looked> {
    await over
    const next = this.#options.state.application?.over
    return next === undefined ? group.question.look(group) : this.#lookAfter(next, group)
  }

  /** Waits for a look that takes many turns of the event loop. */
  #follow(group: Group, looked: Promise<Looked>): Promise<void> {
    group.looking = looked
      .then(
        late => this.#take(group, late),
        error => this.#fail(group, error),
      )
      .then(() => {
        group.looking = undefined
        if (group.sequence !== this.#options.state.sequence && group.waiters.size > 0) this.#wake()
      })
    return group.looking
  }

  /** A defect of the server fails the requests that waited for the look. */
  #fail(group: Group, error: unknown): void {
    for (const waiter of group.waiters) if (this.#remove(group, waiter)) waiter.reject(error)
  }

  /** Answers those that do not have what was found. A refusal of the search is no news. */
  #take(group: Group, looked: Looked): void {
    if (looked.kind !== 'found') {
      if (looked.kind === 'problem' && looked.refusal === undefined)
        for (const waiter of group.waiters)
          this.#answer(group, waiter, withWait(looked, this.#waited(waiter)))
      return
    }
    const { tag, sequence } = looked
    group.tag = tag
    group.sequence = sequence
    let body: Buffer | undefined
    for (const waiter of group.waiters) {
      if (isNamed(tag, waiter.read.known)) continue
      body ??= copyOf(looked.body())
      const waitedMs = this.#waited(waiter)
      this.#answer(group, waiter, { kind: 'document', status: 200, body, tag, sequence, waitedMs })
    }
  }

  #waited({ sinceMs }: Waiter): number {
    return this.#options.nowMs() - sinceMs
  }

  #answer(group: Group, waiter: Waiter, reply: Reply): void {
    if (!this.#remove(group, waiter)) return
    this.#answers.push(() => waiter.resolve(reply))
    if (this.#answers.length === 1) setImmediate(() => this.#sendSome())
  }

  #sendSome(): void {
    for (const send of this.#answers.splice(0, ANSWERS_PER_TURN)) send()
    if (this.#answers.length > 0) setImmediate(() => this.#sendSome())
  }
}

function notModified({ tag, sequence }: Pick<Found, 'tag' | 'sequence'>, waitedMs: number): Reply {
  return { kind: 'not-modified', tag, sequence, waitedMs }
}

function withWait(reply: ProblemReply, waitedMs: number): ProblemReply {
  return { ...reply, waitedMs }
}
