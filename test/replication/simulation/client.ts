// A client of the simulation: one operation after the other, at whichever server it believes to be the writer, with a deadline for each answer.
import type { Checker, OperationKind } from './checker.ts'
import { type Answer, NAMES } from './fleet.ts'
import type { Server } from './server.ts'
import type { World } from './world.ts'

/** Longest way of a request or an answer between client and server. */
const WAY_MS = 5
const DEADLINE_MS = 4000

export interface ClientParts {
  readonly world: World
  readonly servers: readonly Server[]
  readonly checker: Checker
  /** Greatest pause between two operations. */
  readonly thinkMs: number
}

const KINDS: readonly OperationKind[] = [
  'write',
  'write',
  'write',
  'conditional write',
  'conditional write',
  'read',
  'read',
  'latest read',
  'any read',
]

export class Client {
  readonly #parts: ClientParts
  /** The versions that it has seen. */
  #seen: readonly number[] = []
  #server: Server | undefined
  #isStopped = false

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  start(): void {
    const { world, thinkMs } = this.#parts
    world.after(world.between(0, thinkMs), () => this.#next())
  }

  stop(): void {
    this.#isStopped = true
  }

  #next(): void {
    if (this.#isStopped) return
    const { world, checker, servers } = this.#parts
    const { random } = world
    const kind = random.of(KINDS)
    const server = this.#server ?? random.of(servers)
    const name = random.below(NAMES)
    const expected = kind === 'conditional write' ? (this.#seen[name] ?? 0) : undefined
    const operation = checker.begin({ kind, server: server.name, name, expected, calledMs: world.nowMs })
    let isOver = false
    const end = (answer: Answer | undefined) => {
      if (isOver) return
      isOver = true
      cancel()
      checker.end(operation, answer)
      this.#learn(server, answer)
      this.start()
    }
    const cancel = world.after(DEADLINE_MS, () => end(undefined))
    world.after(world.between(0, WAY_MS), () => {
      if (!server.isRunning) {
        // A refused connection: nothing was done.
        end({ kind: 'refused', reason: 'ended' })
        return
      }
      server.process?.clock.enter(() => {
        void server
          .answer(operation)
          .then(answer =>
            server.process?.clock.enter(() => world.after(world.between(0, WAY_MS), () => end(answer))),
          )
      })
    })
  }

  /** Stays with a server that answers. */
  #learn(server: Server, answer: Answer | undefined): void {
    const isGood = answer !== undefined && answer.kind !== 'refused'
    this.#server = isGood && this.#parts.world.random.chance(0.9) ? server : undefined
    if (answer?.kind === 'read') this.#seen = answer.versions
  }
}
