// Servers of the simulation for single scenes: calm links, good clocks, and faults only as the test makes them.
import type { JournalFault } from '../../src/replication/fault.ts'
import type { ReplicaEvent } from '../../src/replication/replica.ts'
import { TIMING, type Timing } from '../../src/replication/timing.ts'
import { Random } from '../harness/random.ts'
import type { OperationKind } from './simulation/checker.ts'
import { Database } from './simulation/database.ts'
import type { Answer } from './simulation/fleet.ts'
import { calmMoods, type LinkMoods } from './simulation/link.ts'
import { PROTOCOL } from './simulation/planted.ts'
import { Server } from './simulation/server.ts'
import { World } from './simulation/world.ts'

/** The answer to an operation, once there is one. */
export interface Pending {
  answer: Answer | undefined
}

export class Stage {
  readonly world = new World(new Random(1))
  readonly database = new Database(this.world, '0123456789abcdef0123456789abcdef')
  readonly servers: readonly Server[]
  readonly moods: readonly LinkMoods[]
  readonly events: ReplicaEvent[] = []
  readonly faults: JournalFault[] = []
  readonly fatal: unknown[] = []
  #operations = 0

  constructor(count: number, timing: Timing = TIMING) {
    const { world, database } = this
    this.moods = Array.from({ length: count }, calmMoods)
    const watcher = {
      onApplied: () => {},
      onStaleRead: () => {},
      onEvent: (event: ReplicaEvent) => void this.events.push(event),
      onFault: (_: Server, fault: JournalFault) => void this.faults.push(fault),
      onFatal: (_: Server, error: unknown) => void this.fatal.push(error),
    }
    this.servers = this.moods.map(
      (moods, i) =>
        new Server(`server${i}`, { world, database, timing, Replica: PROTOCOL.Replica, moods, watcher }),
    )
  }

  /** Starts the servers one after the other, so that the first one becomes the writer. */
  async start(): Promise<void> {
    for (const server of this.servers) {
      server.start()
      await this.run(1000)
    }
  }

  run(ms: number): Promise<void> {
    return this.world.run(this.world.nowMs + ms)
  }

  server(number: number): Server {
    const server = this.servers[number]
    if (server === undefined) throw new Error(`there is no server ${number}`)
    return server
  }

  link(number: number): LinkMoods {
    const moods = this.moods[number]
    if (moods === undefined) throw new Error(`there is no server ${number}`)
    return moods
  }

  get roles(): string[] {
    return this.servers.map(({ role }) => role)
  }

  /** The number of changes that each server shows. */
  get shown(): (number | undefined)[] {
    return this.servers.map(({ process }) => process?.fleet.versions.number)
  }

  /** Begins a write. */
  write(number: number): Pending {
    return this.#ask(number, 'write')
  }

  read(number: number, kind: 'read' | 'latest read' = 'read'): Pending {
    return this.#ask(number, kind)
  }

  #ask(server: number, kind: OperationKind): Pending {
    const operation = { number: ++this.#operations, kind, name: 0, expected: undefined }
    return pendingOf(this.server(server).answer(operation))
  }
}

function pendingOf(answered: Promise<Answer>): Pending {
  const pending: Pending = { answer: undefined }
  void answered.then(answer => {
    pending.answer = answer
  })
  return pending
}
