// Data folder whose servers die at named points. After each death another server starts and is compared with the
// ledger.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { CRASH_POINTS, type CrashPoint } from '../../src/store/crash-point.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import type { Draw } from '../search/random-state.ts'
import { SCENARIOS, type Scenario } from './crash-scenarios.ts'
import { FleetClient, Unanswered } from './fleet-client.ts'
import { Ledger } from './ledger.ts'
import { Load } from './load.ts'
import { ServerProcess } from './server-process.ts'

const LOAD_MS = 60
const CHECKPOINT_ENTRIES = '100'
/**
 * LMDB says EIO of a write that was cut short by a full disk. When there is room again before the server has looked for some,
 * that is an I/O error, which ends it (contract 9.2).
 */
const SHORT_WRITE = /failed with error 5\b/

/** The points that one of the scenarios reaches. */
export function pointsOf(...scenarios: readonly Scenario[]): CrashPoint[] {
  return CRASH_POINTS.filter(point => scenarios.includes(SCENARIOS[point].scenario))
}

/** A disk that can be filled and freed. */
export interface FillableDisk {
  fill(): Promise<void>
  free(): Promise<void>
}

/** A server that is made ready, and where it is to die. */
interface Victim {
  readonly server: ServerProcess
  readonly point: CrashPoint
  readonly nth: number
}

export class CrashSite {
  readonly #folder: string
  readonly #draw: Draw
  readonly #ledger = new Ledger()
  readonly #disk: FillableDisk | undefined
  /** Deaths that no check came after yet. */
  #deaths: string[] = []
  #loads = 0

  constructor(folder: string, draw: Draw, disk?: FillableDisk) {
    this.#folder = folder
    this.#draw = draw
    this.#disk = disk
  }

  /** Gives the folder a snapshot with records in it. */
  async found(): Promise<void> {
    const server = new ServerProcess(this.#folder)
    try {
      const load = await this.#load(await server.start())
      await delay(LOAD_MS)
      assert.equal((await server.stop()).code, 0, server.log)
      await load.finished
    } finally {
      await server.kill()
    }
  }

  /**
   * Lets one server die at each of the points, one after another. Each one that serves first is compared with the
   * ledger. So is a last one that stops in order.
   */
  async dieAt(points: readonly CrashPoint[]): Promise<void> {
    const last = new ServerProcess(this.#folder)
    let next = this.#prepare(points[0])
    try {
      for (const following of [...points.slice(1), undefined]) {
        const victim = next
        next = this.#prepare(following)
        if (victim !== undefined) await this.#die(victim)
      }
      const origin = await last.start()
      await this.#check(new FleetClient(origin))
      assert.equal((await last.stop()).code, 0, last.log)
    } finally {
      await next?.server.kill()
      await last.kill()
    }
  }

  #prepare(point: CrashPoint | undefined): Victim | undefined {
    return point === undefined ? undefined : this.#victim(point)
  }

  #victim(point: CrashPoint): Victim {
    const nth = 1 + this.#draw(SCENARIOS[point].most)
    const server = new ServerProcess(this.#folder, {
      HYPERFLEET_TEST_CRASH_POINT: `${point}:${nth}`,
      HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES: CHECKPOINT_ENTRIES,
    })
    return { server, point, nth }
  }

  /** A server that ends by its own decision, as it may when the room comes back at the wrong moment, is followed by another. */
  async #die({ server, point, nth }: Victim): Promise<void> {
    try {
      const dying = within(server.ended, `${point} was not reached ${nth} times`)
      const [{ signal }] = await Promise.all([dying, this.#lead(server, SCENARIOS[point].scenario)])
      if (signal === null && SCENARIOS[point].scenario === 'full disk' && SHORT_WRITE.test(server.log)) {
        await this.#disk?.free()
        return await this.#die(this.#victim(point))
      }
      assert.equal(signal, 'SIGKILL', `${point}: the server ended by itself\n${server.log}`)
      this.#deaths.push(`${point}:${nth}`)
      await this.#disk?.free()
    } finally {
      await server.kill()
    }
  }

  /** Brings a server to where it dies. */
  async #lead(victim: ServerProcess, scenario: Scenario): Promise<void> {
    await victim.go()
    const origin = await victim.origin()
    const load = origin === undefined ? undefined : await this.#loadUnlessDead(origin, scenario)
    if (load === undefined) return
    if (scenario === 'full disk') await this.#fillAgainAndAgain(victim)
    if (scenario === 'stop') {
      await delay(LOAD_MS)
      await victim.stop()
    }
    await load.finished
  }

  /**
   * The journal meets a full disk more often than the snapshot does: several times may be needed. The disk stays full until the
   * journal has met it, which a slow machine takes a while for: the fleet must not fill the disk itself meanwhile.
   */
  async #fillAgainAndAgain(victim: ServerProcess): Promise<void> {
    while (!victim.hasEnded) {
      await Promise.race([victim.ended, delay(this.#draw(4 * LOAD_MS))])
      const met = victim.count('storageFull')
      await this.#disk?.fill()
      await victim.announced('storageFull', met + 1)
      await Promise.race([victim.ended, delay(LOAD_MS)])
      await this.#disk?.free()
      await Promise.race([victim.ended, victim.announced('storageBack', victim.count('storageFull'))])
    }
  }

  /** Loads, unless the server is dead. A start may trim the journal at once: a commit, at which the server may die. */
  async #loadUnlessDead(origin: string, scenario: Scenario): Promise<Load | undefined> {
    try {
      return await this.#load(origin, scenario)
    } catch (error) {
      if (error instanceof Unanswered) return undefined
      throw error
    }
  }

  /** Has more written, once it is known what became of every earlier write. */
  async #load(origin: string, scenario?: Scenario): Promise<Load> {
    const client = new FleetClient(origin)
    await this.#check(client)
    return new Load({
      client,
      ledger: this.#ledger,
      name: `c${this.#loads++}`,
      draw: this.#draw,
      required: [],
      fellsCrowds: scenario === 'large deletions',
    })
  }

  async #check(client: FleetClient): Promise<void> {
    try {
      await this.#ledger.check(client)
    } catch (error) {
      if (error instanceof Unanswered) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`after death at ${this.#deaths.join(', ')}: ${reason}`, { cause: error })
    }
    this.#deaths = []
  }
}

/** The outcome of something that must not take long. */
async function within<T>(work: Promise<T>, otherwise: string): Promise<T> {
  const abandon = new AbortController()
  const deadline = delay(TEST_HANGS_AFTER_MS, undefined, { signal: abandon.signal }).then(
    () => assert.fail(otherwise),
    () => work,
  )
  try {
    return await Promise.race([work, deadline])
  } finally {
    abandon.abort()
  }
}
