// Two servers that share a journal, in one process: one decides, the other follows. The journal is in memory, so no database takes a part of the turns.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SYSTEM_CLOCK } from '../../src/replication/clock.ts'
import { firstCursor } from '../../src/replication/cursor.ts'
import type { Appended, Engine, Look, Registered } from '../../src/replication/engine.ts'
import { beginning, type EncodedEntry, type Place } from '../../src/replication/entry.ts'
import { Member } from '../../src/replication/member.ts'
import { type MeasuredFleet, openMeasured } from './fleet.ts'

const JOURNAL = randomBytes(16).toString('hex')
/** As the engine on PostgreSQL. */
const LOOK_ENTRIES = 64

/** A database of one process, which answers in a later turn. */
class MemoryEngine {
  readonly #entries: Buffer[] = []
  #last: Place = beginning(JOURNAL)
  #beat: string | undefined
  readonly #listeners: (() => void)[] = []

  /** The connection of one server. It hears of entries while it is not held. */
  connect(): Engine & { isHeld: boolean } {
    const engine = {
      isHeld: false,
      append: async (after: Place, entry: EncodedEntry): Promise<Appended> => {
        await laterTurn()
        if (after.position !== this.#last.position) return { kind: 'taken' }
        this.#entries.push(entry.bytes)
        this.#last = entry.place
        for (const listener of this.#listeners) setImmediate(listener)
        return { kind: 'stored' }
      },
      look: async (after: number): Promise<Look> => {
        await laterTurn()
        while (engine.isHeld) await laterTurn()
        const entries = this.#entries.slice(after, after + LOOK_ENTRIES)
        return { journal: JOURNAL, first: 1, last: this.#last, beat: this.#beat, entries }
      },
      follow: (onNews: () => void) => void this.#listeners.push(onNews),
      beat: async (beat: string) => {
        this.#beat = beat
      },
      register: async () => {},
      registrations: async (): Promise<readonly Registered[]> => [],
      trim: async () => {},
      close: async () => {},
    }
    return engine
  }
}

function laterTurn(): Promise<void> {
  return new Promise(setImmediate)
}

/** A writer, and a server that follows it. */
export interface SharedServers {
  readonly writer: MeasuredFleet
  /** Resolves when the follower has all that the writer has. */
  followed(): Promise<void>
  /** While it is held, the follower hears of nothing. */
  hold(isHeld: boolean): void
  close(): Promise<void>
}

export async function openShared(path: string): Promise<SharedServers> {
  const database = new MemoryEngine()
  const opened = await Promise.all(
    ['writer', 'follower'].map(async name => {
      const fleet = await openMeasured(join(path, name))
      const engine = database.connect()
      const member = new Member({
        store: fleet.store,
        engine,
        clock: SYSTEM_CLOCK,
        random: Math.random,
        journal: JOURNAL,
        cursor: firstCursor(JOURNAL),
        self: {
          writer: randomBytes(16).toString('hex'),
          server: name,
          address: `http://${name}`,
          version: '',
          settings: '',
        },
        onFollowed: () => {},
        onEvent: () => {},
        onFatal: error => {
          throw error
        },
      })
      return { fleet, engine, member }
    }),
  )
  const [writer, follower] = opened
  if (writer === undefined || follower === undefined) throw new Error('two servers were opened')
  writer.member.start()
  while (!writer.member.isLeading) await new Promise(resolve => setTimeout(resolve, 50))
  follower.member.start()
  return {
    writer: writer.fleet,
    async followed() {
      while (follower.fleet.store.state.sequence < writer.fleet.store.state.sequence) await laterTurn()
    },
    hold(isHeld) {
      follower.engine.isHeld = isHeld
    },
    async close() {
      for (const { member, fleet } of [follower, writer]) {
        await member.close()
        await fleet.store.close()
      }
    },
  }
}
