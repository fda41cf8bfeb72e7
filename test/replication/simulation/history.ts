// One history: some servers, clients and faults, all from one seed; then the faults end, and the servers have to agree and to take writes again.
import { Random } from '../../harness/random.ts'
import { Checker, type Violation } from './checker.ts'
import { Client } from './client.ts'
import { Database } from './database.ts'
import { planFaults } from './faults.ts'
import { calmMoods, type LinkMoods } from './link.ts'
import { PROTOCOL, type Protocol } from './planted.ts'
import { Server, type ServerWatcher } from './server.ts'
import { World } from './world.ts'

/** Time with faults. */
const FAULTY_MS = 15_000
/** Longest time without faults after which all is well again. */
const HEALING_MS = 10_000
/** Histories are short, so entries are removed early. */
const SHORT = { registerMs: 1000, trimMs: 1500, keepMs: 500, keepForServerMs: 2500 }

export interface HistoryOptions {
  readonly seed: number
  /** The number of the history among those with this seed. */
  readonly number: number
  /** The protocol, or one with a planted fault. */
  readonly protocol?: Protocol
  readonly isFenced?: boolean
}

export interface HistoryResult {
  readonly violations: readonly Violation[]
  readonly counts: Checker['counts']
  readonly events: number
}

export async function runHistory(options: HistoryOptions): Promise<HistoryResult> {
  const history = new History(options)
  await history.run()
  return history.result()
}

class History {
  readonly #world: World
  readonly #database: Database
  readonly #checker: Checker
  readonly #servers: Server[] = []
  readonly #clients: Client[] = []

  constructor({ seed, number, protocol = PROTOCOL, isFenced = true }: HistoryOptions) {
    const world = new World(new Random(seed, number))
    const { random } = world
    const database = new Database(world, '0123456789abcdef0123456789abcdef')
    database.isFenced = isFenced
    const areClocksWild = random.chance(0.5)
    const checker = new Checker({ database, world, areClocksGood: !areClocksWild })
    this.#world = world
    this.#database = database
    this.#checker = checker
    const moods = new Map<Server, LinkMoods>()
    const { Replica } = protocol
    const timing = { ...protocol.TIMING, ...SHORT }
    const servers = 1 + random.below(4)
    for (let i = 0; i < servers; i++) {
      const parts = { world, database, timing, Replica, moods: calmMoods() }
      const server = new Server(`server${i}`, { ...parts, watcher: this.#watcher() })
      moods.set(server, parts.moods)
      this.#servers.push(server)
      world.after(world.between(0, 500), () => server.start())
    }
    const clients = 1 + random.below(4)
    const thinkMs = random.of([50, 200, 800])
    for (let i = 0; i < clients; i++)
      this.#clients.push(new Client({ world, servers: this.#servers, checker, thinkMs }))
    planFaults(
      { world, database, servers: this.#servers, moods, areClocksWild, stillAtMs: new Map() },
      FAULTY_MS,
      random.of([500, 1000, 3000]),
    )
  }

  async run(): Promise<void> {
    const world = this.#world
    for (const client of this.#clients) client.start()
    await world.run(FAULTY_MS)
    for (const client of this.#clients) client.stop()
    for (const server of this.#servers) server.start()
    await world.run(FAULTY_MS + HEALING_MS)
    this.#checkHealed()
    const before = this.#checker.counts.changed
    const client = new Client({ world, servers: this.#servers, checker: this.#checker, thinkMs: 50 })
    client.start()
    await world.run(FAULTY_MS + HEALING_MS + 3000)
    if (this.#checker.counts.changed === before) this.#checker.violated('14.4', 'no write is done any more')
    client.stop()
    await world.run(FAULTY_MS + HEALING_MS + 4000)
    this.#checkSame()
    for (const server of this.#servers) server.kill()
  }

  result(): HistoryResult {
    const violations = this.#checker.finish()
    return { violations, counts: this.#checker.counts, events: this.#world.events }
  }

  /** After the faults there is a writer. */
  #checkHealed(): void {
    const roles = this.#servers.map(({ role }) => role)
    const isWell = roles.every(role => role === 'following' || role === 'leading')
    if (!isWell || roles.filter(role => role === 'leading').length !== 1)
      this.#checker.violated('14.4', `the servers are ${roles.join(', ')}`)
  }

  /** All servers show the same once nothing more is written. */
  #checkSame(): void {
    const { position } = this.#database.last
    for (const { name, process } of this.#servers) {
      const applied = process?.replica.cursor.place.position
      if (applied !== position)
        this.#checker.violated('14.1', `${name} has applied ${applied} of ${position}`)
    }
  }

  /** The checker, and whoever copies the data folder of another server when it is behind. */
  #watcher(): ServerWatcher {
    const checker = this.#checker
    return {
      onApplied: (server, entry, versions) => checker.onApplied(server, entry, versions),
      onEvent: event => checker.onEvent(event),
      onFatal: (server, error) => checker.onFatal(server, error),
      onStaleRead: (server, number, staleMs) => checker.onStaleRead(server, number, staleMs),
      onFault: (server, fault) => {
        checker.onFault(server, fault)
        if (fault.kind === 'behind') this.#copyLater(server, server.process)
      },
    }
  }

  #copyLater(server: Server, process: Server['process']): void {
    const { random } = this.#world
    this.#world.after(this.#world.between(50, 500), () => {
      if (server.process !== process || server.role !== 'behind') return
      server.copy(random.of(this.#servers))
      this.#copyLater(server, process)
    })
  }
}
