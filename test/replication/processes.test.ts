// Several processes on one PostgreSQL, under load: writers and the database are killed and paused, and the checker of the simulation compares every
// answer with the journal.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Postgres, postgresPrograms } from '../harness/postgres.ts'
import { Random, runSeed } from '../harness/random.ts'
import { ServerProcess } from './processes/server-process.ts'
import { type CheckedJournal, Checker, type OperationKind } from './simulation/checker.ts'
import { NAMES } from './simulation/fleet.ts'

const FAULTS = Number(process.env.HYPERFLEET_TEST_POSTGRES_FAULTS ?? 8)
const SERVERS = 3
const CLIENTS = 6
/** Time for which a client waits for an answer. */
const DEADLINE_MS = 3000
/** Longest pause of a process; other servers lose their patience before. */
const MAX_PAUSE_MS = 6000
const KINDS: readonly OperationKind[] = ['write', 'write', 'conditional write', 'read', 'latest read']

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const seed = runSeed()
console.error(`HYPERFLEET_TEST_SEED=${seed}`)

/** Clients that ask one thing after the other until `stop`. */
class Load {
  readonly #servers: readonly ServerProcess[]
  readonly #checker: Checker
  readonly #random: Random
  readonly #running: Promise<void>[]
  #isStopped = false

  constructor(servers: readonly ServerProcess[], checker: Checker, random: Random) {
    this.#servers = servers
    this.#checker = checker
    this.#random = random
    this.#running = Array.from({ length: CLIENTS }, () => this.#run())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#running)
  }

  async #run(): Promise<void> {
    let seen: readonly number[] = []
    let server = this.#random.of(this.#servers)
    while (!this.#isStopped) {
      const kind = this.#random.of(KINDS)
      const name = this.#random.below(NAMES)
      const expected = kind === 'conditional write' ? (seen[name] ?? 0) : undefined
      const calledMs = performance.now()
      const operation = this.#checker.begin({ kind, server: server.name, name, expected, calledMs })
      const answer = await server.ask(operation, DEADLINE_MS)
      this.#checker.end(operation, answer)
      if (answer?.kind === 'read') seen = answer.versions
      if (answer === undefined || answer.kind === 'refused') {
        server = this.#random.of(this.#servers)
        await sleep(20)
      }
    }
  }
}

type Fault = (scene: Scene) => Promise<void>

interface Scene {
  readonly postgres: Postgres
  readonly servers: readonly ServerProcess[]
  readonly random: Random
}

function writerOf({ servers, random }: Scene): ServerProcess {
  return servers.find(({ role }) => role === 'leading' || role === 'resolving') ?? random.of(servers)
}

const KINDS_OF_FAULTS: Readonly<Record<string, Fault>> = {
  'the writer is killed': async scene => {
    const writer = writerOf(scene)
    await writer.kill()
    await sleep(scene.random.below(MAX_PAUSE_MS))
    writer.start()
  },
  'the writer is paused': async scene => {
    const writer = writerOf(scene)
    writer.pause()
    await sleep(scene.random.below(MAX_PAUSE_MS))
    writer.resume()
  },
  'the database is killed': async ({ postgres, random }) => {
    await postgres.kill()
    await sleep(random.below(2000))
    await postgres.start()
  },
  'the database is paused': async ({ postgres, random }) => {
    postgres.pause()
    await sleep(random.below(MAX_PAUSE_MS))
    postgres.resume()
  },
  'the database and the writer are killed': async scene => {
    const writer = writerOf(scene)
    await Promise.all([scene.postgres.kill(), writer.kill()])
    await scene.postgres.start()
    writer.start()
  },
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const untilMs = performance.now() + WAIT_HANGS_AFTER_MS
  while (!isSo()) {
    assert.ok(performance.now() < untilMs, `still not: ${what}`)
    await sleep(50)
  }
}

/** The journal as it is at the end. */
async function readJournal(postgres: Postgres): Promise<CheckedJournal> {
  const [[journal] = []] = await postgres.query('select id from hyperfleet.journal')
  const rows = await postgres.query(
    'select body from hyperfleet.entry where body is not null order by position',
  )
  return { journal: String(journal), all: rows.map(([body]) => body as Buffer), first: 1, listen: () => {} }
}

describe('processes on PostgreSQL', { skip, timeout: TEST_HANGS_AFTER_MS * Math.ceil(FAULTS / 10) }, () => {
  test(`contract 14.1, 14.3, 14.4, 14.7, 14.10: ${FAULTS} times something is killed or paused`, async t => {
    assert.ok('folder' in programs)
    const random = new Random(seed)
    const postgres = await Postgres.start(programs.folder)
    const servers = Array.from({ length: SERVERS }, (_, i) => new ServerProcess(`server${i}`, postgres.url))
    // The journal is read at the end; until then the checker only records.
    const recorded: { -readonly [Key in keyof CheckedJournal]: CheckedJournal[Key] } = {
      journal: '',
      all: [],
      first: 1,
      listen: () => {},
    }
    const checker = new Checker({ database: recorded, world: { nowMs: 0 }, areClocksGood: true })
    try {
      for (const server of servers) server.start()
      await until('a server is the writer', () => servers.some(({ role }) => role === 'leading'))
      const load = new Load(servers, checker, random)
      const names = Object.keys(KINDS_OF_FAULTS)
      for (let number = 0; number < FAULTS; number++) {
        const before = checker.counts.changed
        const name = names[number % names.length] ?? ''
        await KINDS_OF_FAULTS[name]?.({ postgres, servers, random })
        await until(`a write is done after: ${name}`, () => checker.counts.changed > before + 20)
      }
      await load.stop()
      Object.assign(recorded, await readJournal(postgres))
      assert.deepEqual(checker.finish().slice(0, 5), [])
      assert.deepEqual(
        servers.flatMap(({ faults }) => faults),
        [],
      )
      t.diagnostic(JSON.stringify({ ...checker.counts, entries: recorded.all.length }))
    } finally {
      for (const server of servers) await server.kill()
      await postgres.remove()
    }
  })
})
