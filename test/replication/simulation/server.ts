// A server of the simulation: a process with a replica and a fleet, and a disk that outlives it. The disk is behind what is applied, as the
// server's own journal is, which nothing waits for.
import type { Cursor, Leader } from '../../../src/replication/cursor.ts'
import { firstCursor } from '../../../src/replication/cursor.ts'
import type { Entry } from '../../../src/replication/entry.ts'
import type { JournalFault } from '../../../src/replication/fault.ts'
import type { Replica, ReplicaEvent, ReplicaOptions } from '../../../src/replication/replica.ts'
import type { Timing } from '../../../src/replication/timing.ts'
import type { Database } from './database.ts'
import { type Answer, decodeGroup, Fleet, NO_CHANGES, type Staged, type Versions } from './fleet.ts'
import { Link, type LinkMoods } from './link.ts'
import { type AskedOperation, FleetService } from './service.ts'
import { ProcessClock, type World } from './world.ts'

/** Longest time until what is applied is on the server's own disk. */
const DISK_MS = 200
/** Of 256 groups this many are large changes, and take up to so long to be applied: longer than another server's patience. */
const LARGE_SHARE = 5
const APPLY_MS = 3000
/** None is large afterwards, so that a history ends with everything applied. */
const LARGE_UNTIL_MS = 20_000

export type ReplicaClass = new (options: ReplicaOptions<readonly Staged[]>) => Replica<readonly Staged[]>

export interface ServerParts {
  readonly world: World
  readonly database: Database
  readonly timing: Timing
  /** The protocol, or one with a planted fault. */
  readonly Replica: ReplicaClass
  readonly moods: LinkMoods
  readonly watcher: ServerWatcher
}

/** Sees what servers do, for the checker. */
export interface ServerWatcher {
  onApplied(server: Server, entry: Entry, versions: Versions): void
  onFault(server: Server, fault: JournalFault): void
  onEvent(event: ReplicaEvent): void
  onFatal(server: Server, error: unknown): void
  /** An answer as of at most that long ago. */
  onStaleRead(server: Server, number: number, staleMs: number): void
}

/** The content of a disk. */
interface Disk {
  readonly cursor: Cursor
  readonly versions: Versions
}

/** A running process. */
interface Process {
  readonly clock: ProcessClock
  readonly link: Link
  readonly fleet: Fleet
  readonly replica: Replica<readonly Staged[]>
  readonly service: FleetService
}

export class Server {
  readonly name: string
  readonly #parts: ServerParts
  #disk: Disk
  #process: Process | undefined
  #starts = 0

  constructor(name: string, parts: ServerParts) {
    this.name = name
    this.#parts = parts
    this.#disk = { cursor: firstCursor(parts.database.journal), versions: NO_CHANGES }
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  get process(): Process | undefined {
    return this.#process
  }

  get role(): string {
    return this.#process?.replica.role ?? 'ended'
  }

  /** Starts a process, unless one is running. */
  start(): void {
    if (this.isRunning) return
    const { world, database, timing, Replica, moods, watcher } = this.#parts
    const clock = new ProcessClock(world)
    const link = new Link(world, database, clock, moods)
    const { cursor, versions } = this.#disk
    const fleet = new Fleet(versions, (body, own) => replica.append(body, own))
    const replica = new Replica({
      engine: link,
      clock,
      random: world.fraction,
      journal: database.journal,
      self: this.#self(),
      cursor,
      positionOnDisk: () => this.#disk.cursor.place.position,
      timing,
      apply: (entry, next, own) => {
        const finish = () => {
          if (entry.kind === 'group') fleet.apply(decodeGroup(entry.body), own)
          watcher.onApplied(this, entry, fleet.versions)
          this.#write(running, { cursor: next, versions: fleet.versions })
        }
        // A few groups are large changes, on all servers the same ones. They take many turns of the event loop.
        const [share = 0, length = 0] = entry.place.checksum
        const isLarge = share < LARGE_SHARE && world.nowMs < LARGE_UNTIL_MS
        if (entry.kind !== 'group' || !isLarge) return finish()
        return new Promise(resolve => {
          clock.after((length / 255) * APPLY_MS, () => {
            finish()
            resolve()
          })
        })
      },
      onEvent: event => {
        watcher.onEvent(event)
        if (event.kind === 'fault') watcher.onFault(this, event.fault)
      },
      onFatal: error => {
        watcher.onFatal(this, error)
        this.kill()
      },
    })
    const onStaleRead = (number: number, staleMs: number) => watcher.onStaleRead(this, number, staleMs)
    const service = new FleetService(replica, fleet, onStaleRead)
    const running = { clock, link, fleet, replica, service }
    this.#process = running
    replica.start()
  }

  /** Ends in order: another server may take over at once. */
  async stop(): Promise<void> {
    const running = this.#process
    await running?.replica.resign()
    if (this.#process === running) this.kill()
  }

  kill(): void {
    this.#process?.clock.end()
    this.#process?.replica.close()
    void this.#process?.link.close()
    this.#process = undefined
  }

  /** Copies the data folder of another server, if that has more. */
  copy(other: Server): void {
    if (other.#disk.cursor.place.position <= this.#disk.cursor.place.position) return
    this.kill()
    this.#disk = other.#disk
    this.start()
  }

  answer(operation: AskedOperation): Promise<Answer> {
    return this.#running().service.answer(operation)
  }

  #running(): Process {
    if (this.#process === undefined) throw new Error(`server ${this.name} has ended`)
    return this.#process
  }

  #self(): Leader {
    const start = (++this.#starts).toString(16).padStart(4, '0')
    const writer = `${Buffer.from(this.name).toString('hex').padStart(28, '0')}${start}`
    return { writer, server: this.name, address: `http://${this.name}`, version: '1', settings: 'same' }
  }

  #write(process: Process, disk: Disk): void {
    const { world } = this.#parts
    world.after(world.between(0, DISK_MS), () => {
      const isNewer = disk.cursor.place.position > this.#disk.cursor.place.position
      if (this.#process === process && isNewer) this.#disk = disk
    })
  }
}
