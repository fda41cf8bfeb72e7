// The way from one process to the database: it delays, loses and doubles requests and answers, and so brings them out of order. A request
// that has no answer may still arrive.
import type { Appended, Engine, Look, Registered, Registration } from '../../../src/replication/engine.ts'
import type { EncodedEntry, Place } from '../../../src/replication/entry.ts'
import type { Database } from './database.ts'
import type { ProcessClock, World } from './world.ts'

/** Time after which a call has no answer. */
const CALL_MS = 1000

/** The present behaviour of a link. Chances are from 0 to 1. */
export interface LinkMoods {
  /** No request arrives. */
  isCutThere: boolean
  /** No answer arrives. */
  isCutBack: boolean
  /** Longest usual time in one direction. */
  delayMs: number
  /** Chance and greatest delay of a message that takes much longer. */
  slow: number
  slowMs: number
  lost: number
  /** Chance that an append arrives twice. */
  doubled: number
  /** Chance that news arrive. */
  news: number
}

export function calmMoods(): LinkMoods {
  return { isCutThere: false, isCutBack: false, delayMs: 3, slow: 0, slowMs: 0, lost: 0, doubled: 0, news: 1 }
}

export class Link implements Engine {
  readonly moods: LinkMoods
  readonly #world: World
  readonly #database: Database
  readonly #clock: ProcessClock
  #unlisten = () => {}

  constructor(world: World, database: Database, clock: ProcessClock, moods: LinkMoods) {
    this.#world = world
    this.#database = database
    this.#clock = clock
    this.moods = moods
  }

  append(after: Place, entry: EncodedEntry): Promise<Appended> {
    const call = () => {
      const answer = this.#database.append(after, entry)
      // A refusal is certain for all copies of a request.
      if (answer.kind !== 'refused' && this.#world.random.chance(this.moods.doubled))
        this.#world.after(this.#delay(), () => this.#database.append(after, entry))
      return answer
    }
    return this.#call(call).catch(error => ({ kind: 'unknown', reason: String(error) }))
  }

  look(after: number): Promise<Look> {
    return this.#call(() => this.#database.look(after))
  }

  follow(onNews: () => void): void {
    this.#unlisten = this.#database.listen(() => {
      if (this.moods.isCutBack || !this.#world.random.chance(this.moods.news)) return
      this.#world.after(this.#delay(), () => this.#clock.enter(onNews))
    })
  }

  beat(beat: string): Promise<void> {
    return this.#call(() => this.#database.beat(beat))
  }

  register(registration: Registration): Promise<void> {
    return this.#call(() => this.#database.register(registration))
  }

  registrations(): Promise<readonly Registered[]> {
    return this.#call(() => this.#database.registrations())
  }

  trim(through: number, keepMs: number): Promise<void> {
    return this.#call(() => this.#database.trim(through, keepMs))
  }

  close(): Promise<void> {
    this.#unlisten()
    return Promise.resolve()
  }

  #call<T>(call: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(CALL_MS, () => reject(new Error('no answer')))
      if (this.moods.isCutThere || this.#world.random.chance(this.moods.lost)) return
      this.#world.after(this.#delay(), () =>
        this.#arrive(call, answer => {
          this.#clock.enter(() => {
            cancel()
            resolve(answer)
          })
        }),
      )
    })
  }

  /** The request arrives at the database. */
  #arrive<T>(call: () => T, onAnswer: (answer: T) => void): void {
    const { moods } = this
    if (moods.isCutThere || this.#database.moods.isDown) return
    const answer = call()
    if (moods.isCutBack || this.#world.random.chance(moods.lost)) return
    this.#world.after(this.#delay(), () => {
      if (!this.moods.isCutBack && !this.#database.moods.isDown) onAnswer(answer)
    })
  }

  #delay(): number {
    const { random } = this.#world
    const { delayMs, slow, slowMs } = this.moods
    return this.#world.between(0, random.chance(slow) ? slowMs : delayMs)
  }
}
