// A search that is watched: the resources that match, and the recent changes. A change is noted once for all watchers, with whether the resource
// matched before. From time to time the changes are cut off. A cut is rendered once for all watchers that keep up, and each watcher knows how many
// cuts it has taken. So a watcher costs nothing until there is something to send.
import type { Question, SharedMovingLeaf } from '../search/search.ts'
import type { ResourceEntry } from '../state/entry.ts'
import type { Resource } from '../state/records.ts'
import type { EndReason, WatchContext, WatcherOptions } from './context.ts'
import { type EventWriter, includes } from './events.ts'
import { NumberSet } from './numbers.ts'
import { SinceTexts, type Subject } from './since.ts'

/** The knowledge of a client about a changed resource: it has the resource, or not. Unknown after a resumption. */
export const HAD_NOT = 0
export const HAD = 1
export const UNKNOWN = 2
export type Known = typeof HAD_NOT | typeof HAD | typeof UNKNOWN

/** A form of the events, which watchers share. */
export type Variant = Pick<WatcherOptions, 'format' | 'types' | 'projection'>

/** The changes between two moments. */
export interface Cut {
  /**
   * The resources that matched before or match now, by number, with the knowledge of a client that has all earlier cuts. During a resumption also
   * others.
   */
  readonly changes: ReadonlyMap<number, Known>
  /** True if a `BOOKMARK` follows. */
  readonly hasBookmark: boolean
  /** The events and the `BOOKMARK` as bytes. For other variants each watcher writes the events of the changes. */
  readonly texts: ReadonlyMap<Variant, CutText>
}

export interface CutText {
  readonly bytes: Buffer
  /** The number of events about resources. */
  readonly events: number
}

/** A watcher, for its search. */
export interface Follower {
  /** Takes the cuts that it does not have yet. */
  takeCuts(): void
}

/** Most bytes of a cut that is rendered for all. */
const MAX_SHARED_BYTES = 64 * 1024
/** Most variants that a cut is rendered for. */
const MAX_SHARED_VARIANTS = 4
/** Time between the deliveries of a busy search, so that it takes few writes. */
const FLUSH_MS = 20
/** Time between the bookmarks of a busy search (contract 12.6). */
const BOOKMARK_MS = 200

export class WatchedSearch {
  readonly subject: Subject
  readonly since: SinceTexts
  readonly watchers = new Set<Follower>()
  /** The number of watchers that keep up. */
  keepingUp = 0
  /** The number of watchers that find out what their clients do not know. They need all writes, whatever matches. */
  resuming = 0
  readonly #context: WatchContext
  /** Undefined for a search without a filter. */
  readonly #question: Question<Resource> | undefined
  /** The resources that match; undefined if those are all of the kind. */
  readonly #members: NumberSet | undefined
  readonly #variants: Variant[] = []
  /** The resources that were written since the search for what matches began, until it has ended. */
  #unsettled: Set<number> | undefined
  /** The changes since the last cut. */
  #open = new Map<number, Known>()
  readonly #cuts: Cut[] = []
  /** The number of cuts before `#cuts`. */
  #dropped = 0
  /** The watchers that are left in a round of deliveries, and the cuts at its beginning. */
  #round: { readonly left: Iterator<Follower>; readonly cuts: number } | undefined
  #flushedMs = Number.NEGATIVE_INFINITY
  #bookmarkMs: number
  #owesBookmark = false
  #ending: EndReason | undefined

  /** @param question undefined for a search without a filter */
  constructor(subject: Subject, question: Question<Resource> | undefined, context: WatchContext) {
    this.subject = subject
    this.since = new SinceTexts(context.history, subject)
    this.#question = question
    this.#context = context
    // Each watcher begins with a bookmark of its own.
    this.#bookmarkMs = context.nowMs()
    const isAll = question === undefined && subject.ownerId === undefined
    this.#members = isAll ? undefined : new NumberSet()
    this.#unsettled = isAll ? undefined : new Set()
  }

  /** False until the search for what matches has ended. */
  get isReady(): boolean {
    return this.#unsettled === undefined
  }

  /** The parts of the search whose answers change as time passes (contract 12.7). */
  get moving(): readonly SharedMovingLeaf<Resource>[] {
    return this.#question?.moving ?? []
  }

  /** The reason for all of its watchers to end. */
  get ending(): EndReason | undefined {
    return this.#ending
  }

  /** The number of cuts so far. */
  get cuts(): number {
    return this.#dropped + this.#cuts.length
  }

  /** The number of resources that match. */
  get size(): number {
    return this.#members?.size ?? this.#context.state.count(this.subject.kind)
  }

  /** The first resource that matches and whose number is at least this one. */
  first(from: number): ResourceEntry | undefined {
    if (this.#members === undefined) return this.#context.state.resourceFrom(this.subject.kind, from)
    const number = this.#members.next(from)
    return number === undefined ? undefined : this.#entryOf(number)
  }

  /** The variant with these parts, shared if there are few. */
  variantOf({ format, types, projection }: Variant): Variant {
    const known = this.#variants.find(
      each => each.format === format && each.types === types && each.projection === projection,
    )
    if (known !== undefined) return known
    const variant = { format, types, projection }
    if (this.#variants.length < MAX_SHARED_VARIANTS) this.#variants.push(variant)
    return variant
  }

  /** Takes a resource that matched when the search for them began, and was not written since. */
  load(number: number): void {
    this.#members?.add(number)
  }

  /** The search for what matches has ended: asks about what was written meanwhile. */
  settle(): void {
    for (const number of this.#unsettled ?? []) {
      const entry = this.#entryOf(number)
      this.#setMember(number, entry !== undefined && this.#matches(entry))
    }
    this.#unsettled = undefined
  }

  /**
   * A resource of the subject was written.
   * @param present presents it to the question
   */
  noteWrite(number: number, isNew: boolean, onlyConditions: boolean, present: () => void): void {
    if (this.#unsettled !== undefined) {
      this.#unsettled.add(number)
      return
    }
    const question = this.#question
    const matched = !isNew && this.#has(number)
    let matches = matched || question === undefined
    // A look at passing time leaves out what is written during it, so that a question with relative times is asked after each write.
    const isAsked = !onlyConditions || question?.readsConditions === true || this.moving.length > 0
    if (question !== undefined && isAsked) {
      present()
      matches = question.passes()
    }
    if (!matched && !matches && this.resuming === 0) return
    if (matched !== matches) this.#setMember(number, matches)
    this.#note(number, matched ? HAD : HAD_NOT)
  }

  /** Time has passed for a resource of the kind, which was presented to the question. */
  notePassingTime({ number, ownerId }: ResourceEntry): void {
    if (this.subject.ownerId !== undefined && this.subject.ownerId !== ownerId) return
    if (this.#unsettled !== undefined) {
      this.#unsettled.add(number)
      return
    }
    const matched = this.#has(number)
    const matches = this.#question?.passes() ?? true
    if (matched === matches) return
    this.#setMember(number, matches)
    this.#note(number, matched ? HAD : HAD_NOT)
  }

  /** A resource of the subject was removed. */
  noteRemoval(number: number): void {
    if (this.#unsettled !== undefined) {
      this.#unsettled.add(number)
      return
    }
    const matched = this.#has(number)
    if (!matched && this.resuming === 0) return
    this.#members?.delete(number)
    this.#note(number, matched ? HAD : HAD_NOT)
  }

  /** Ends all watchers. */
  end(reason: EndReason): void {
    this.#ending = reason
    this.#context.schedule.deliver(this)
  }

  /** Cuts off the changes so far, and renders them for those who keep up. They get them with the next flush. */
  cut(): void {
    if (this.#open.size === 0) return
    this.#owesBookmark = true
    this.#push(false)
  }

  /** Delivers the changes so far, with a bookmark if it is time for one. */
  flush(): void {
    this.cut()
    const nowMs = this.#context.nowMs()
    const isDue = nowMs - this.#bookmarkMs >= BOOKMARK_MS
    if (this.#owesBookmark && !isDue) this.#context.schedule.flushAt(this, this.#bookmarkMs + BOOKMARK_MS)
    if (this.#owesBookmark && isDue) {
      this.#bookmarkMs = nowMs
      this.#owesBookmark = false
      this.#push(true)
    }
    this.#flushedMs = nowMs
    if (this.#cuts.length > 0) this.#context.schedule.deliver(this)
  }

  /** Makes a bookmark due if the last one was this long ago. */
  beat(intervalMs: number): void {
    if (this.#context.nowMs() - this.#bookmarkMs < intervalMs) return
    this.#owesBookmark = true
    this.#context.schedule.flushAt(this, Number.NEGATIVE_INFINITY)
  }

  /** A cut by its place, from 0. Those that all watchers have are dropped. */
  cutAt(place: number): Cut | undefined {
    return this.#cuts[place - this.#dropped]
  }

  /** Delivers the cuts to one more watcher. Returns false once all watchers have them. */
  deliver(): boolean {
    this.#round ??= { left: this.watchers.values(), cuts: this.cuts }
    const next = this.#round.left.next()
    if (!next.done) {
      next.value.takeCuts()
      return true
    }
    const { cuts } = this.#round
    this.#round = undefined
    this.#cuts.splice(0, cuts - this.#dropped)
    this.#dropped = cuts
    return this.#cuts.length > 0
  }

  /** Writes the event of a change, if there is one. Returns false if it is a removal that is not retained. */
  writeEvent(writer: EventWriter, variant: Variant, number: number, known: Known): boolean {
    const { format, types, projection } = variant
    const entry = this.#entryOf(number)
    if (entry === undefined) {
      if (known === HAD_NOT) return true
      const removal = this.#context.state.removals.find(this.subject.kind, number)
      if (removal !== undefined && includes(types, 'DELETED'))
        writer.removal(format, removal.sequence, removal.object)
      return removal !== undefined
    }
    const matches = this.#has(number)
    const type = matches ? (known === HAD_NOT ? 'ADDED' : 'MODIFIED') : 'LEFT'
    const isEvent = matches || known !== HAD_NOT
    if (isEvent && includes(types, type)) writer.object(format, type, sequenceOf(entry), entry, projection)
    return true
  }

  /** Frees the question. The search cannot be used afterwards. */
  drop(): void {
    this.#question?.drop()
  }

  #push(hasBookmark: boolean): void {
    const changes = this.#open
    this.#open = new Map()
    const texts = new Map<Variant, CutText>()
    if (this.keepingUp > 0)
      for (const variant of this.#variants) {
        const text = this.#render(variant, changes, hasBookmark)
        if (text !== undefined) texts.set(variant, text)
      }
    this.#cuts.push({ changes, hasBookmark, texts })
  }

  /** Undefined if the text would be too long, or lacks a removal that is not retained. */
  #render(variant: Variant, changes: ReadonlyMap<number, Known>, hasBookmark: boolean): CutText | undefined {
    const { writer, state } = this.#context
    writer.clear()
    for (const [number, known] of changes)
      if (!this.writeEvent(writer, variant, number, known) || writer.length > MAX_SHARED_BYTES)
        return undefined
    if (hasBookmark) writer.bookmark(variant.format, state.sequence, this.since.textOf(state.sequence))
    return { bytes: Buffer.from(writer.bytes), events: writer.events }
  }

  #note(number: number, known: Known): void {
    if (this.#open.has(number)) return
    if (this.#open.size === 0) this.#context.schedule.flushAt(this, this.#flushedMs + FLUSH_MS)
    this.#open.set(number, known)
  }

  /** True if a resource that exists matches. */
  #has(number: number): boolean {
    return this.#members?.has(number) ?? true
  }

  #setMember(number: number, isMember: boolean): void {
    if (isMember) this.#members?.add(number)
    else this.#members?.delete(number)
  }

  #matches(entry: ResourceEntry): boolean {
    if (this.#question === undefined) return true
    this.#context.present(entry)
    return this.#question.passes()
  }

  #entryOf(number: number): ResourceEntry | undefined {
    const entry = this.#context.state.resourceFrom(this.subject.kind, number)
    return entry?.number === number ? entry : undefined
  }
}

/** The number of the last change of a resource (contract 12.3). */
export function sequenceOf({ headSequence, conditionsSequence }: ResourceEntry): number {
  return Math.max(headSequence, conditionsSequence)
}
