// The faults of a history: processes that are killed, paused or cut off, clocks that jump, run fast or stand still, and a database that is down, full
// or slow. Each ends after some time.
import type { Database } from './database.ts'
import { calmMoods, type LinkMoods } from './link.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

export interface FaultParts {
  readonly world: World
  readonly database: Database
  readonly servers: readonly Server[]
  readonly moods: ReadonlyMap<Server, LinkMoods>
  /** False keeps clocks within the bounds of contract 14.8. */
  readonly areClocksWild: boolean
  /** The times at which clocks stood still last. */
  readonly stillAtMs: Map<Server, number>
}

/** Longest fault. It outlasts the patience of other servers, so that they take over. */
const MAX_FAULT_MS = 8000
/** Longest time for which a good clock stops, within the bound of contract 14.8. */
export const MAX_STILL_MS = 1400
/** Least time between the beginnings of two such moments of one good clock: at most one in the age of an answer, which is up to 5 seconds. */
const STILL_EVERY_MS = 8000

/** Begins a fault. Returns what ends it. */
type Fault = (parts: FaultParts, server: Server) => () => void

const FAULTS: Readonly<Record<string, Fault>> = {
  kill: (_, server) => {
    server.kill()
    return () => server.start()
  },
  stop: (_, server) => {
    void server.stop()
    return () => {
      // A stop that takes longer is cut off.
      server.kill()
      server.start()
    }
  },
  pause: (_, server) => {
    const { process } = server
    process?.clock.pause()
    return () => process?.clock.resume()
  },
  'cut off': (parts, server) => mood(parts, server, { isCutThere: true, isCutBack: true }),
  'no requests': (parts, server) => mood(parts, server, { isCutThere: true }),
  'no answers': (parts, server) => mood(parts, server, { isCutBack: true }),
  slow: (parts, server) => mood(parts, server, { slow: 0.3, slowMs: parts.world.between(50, 4000) }),
  lossy: (parts, server) => mood(parts, server, { lost: 0.3, news: 0.3 }),
  doubling: (parts, server) => mood(parts, server, { doubled: 0.5 }),
  'no news': (parts, server) => mood(parts, server, { news: 0 }),
  'database down': ({ database }) => {
    database.moods.isDown = true
    return () => {
      database.moods.isDown = false
    }
  },
  'database full': ({ database }) => {
    database.moods.isFull = true
    return () => {
      database.moods.isFull = false
    }
  },
  'spuriously taken': ({ database }) => {
    database.moods.spuriouslyTaken = 0.5
    return () => {
      database.moods.spuriouslyTaken = 0
    }
  },
  clock: ({ world, areClocksWild }, server) => {
    const clock = server.process?.clock
    if (areClocksWild && world.random.chance(0.3)) clock?.jump(world.between(0, 10_000))
    clock?.run(world.random.of(areClocksWild ? [0, 0.3, 3] : [0.99, 1.01]))
    return () => clock?.run(1)
  },
  'clock stands still': ({ world, areClocksWild, stillAtMs }, server) => {
    const lastMs = stillAtMs.get(server) ?? Number.NEGATIVE_INFINITY
    if (!areClocksWild && world.nowMs - lastMs < STILL_EVERY_MS) return () => {}
    stillAtMs.set(server, world.nowMs)
    const clock = server.process?.clock
    clock?.run(0)
    world.after(areClocksWild ? 5000 : MAX_STILL_MS, () => clock?.run(1))
    return () => {}
  },
}

const KINDS = Object.values(FAULTS)

function mood({ moods }: FaultParts, server: Server, changes: Partial<LinkMoods>): () => void {
  const present = moods.get(server)
  if (present === undefined) return () => {}
  Object.assign(present, changes)
  return () => Object.assign(present, calmMoods())
}

/** Plans faults until a moment; all have ended then. Most of them meet the writer. */
export function planFaults(parts: FaultParts, untilMs: number, everyMs: number): void {
  const { world, servers } = parts
  for (let atMs = world.between(0, everyMs); atMs < untilMs; atMs += world.between(0, 2 * everyMs)) {
    world.after(atMs - world.nowMs, () => {
      const writer = servers.find(({ role }) => role === 'leading' || role === 'resolving')
      const server = writer !== undefined && world.random.chance(0.6) ? writer : world.random.of(servers)
      const end = world.random.of(KINDS)(parts, server)
      world.after(Math.min(world.between(100, MAX_FAULT_MS), untilMs - world.nowMs), end)
    })
  }
}
