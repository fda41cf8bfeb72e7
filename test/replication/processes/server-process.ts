// A process with a replica, as a test sees it: requests, its role, signals.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer } from '../simulation/fleet.ts'
import type { AskedOperation } from '../simulation/service.ts'
import type { Message, ProcessTask, Request } from './message.ts'

const PROGRAM = fileURLToPath(new URL('./replica-process.js', import.meta.url))

export class ServerProcess {
  readonly name: string
  readonly faults: string[] = []
  readonly #url: string
  readonly #waiting = new Map<number, (answer: Answer | undefined) => void>()
  #process: ChildProcess | undefined
  #role = 'ended'

  constructor(name: string, url: string) {
    this.name = name
    this.#url = url
  }

  get role(): string {
    return this.#role
  }

  start(): void {
    const task: ProcessTask = { server: this.name, url: this.#url }
    const child = spawn(process.execPath, ['--enable-source-maps', PROGRAM, JSON.stringify(task)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#process = child
    // Only the program sends messages.
    child.on('message', (message: Message) => this.#onMessage(message))
    child.once('exit', () => {
      if (this.#process !== child) return
      this.#process = undefined
      this.#role = 'ended'
      for (const answer of this.#waiting.values()) answer(undefined)
      this.#waiting.clear()
    })
  }

  /** The answer to an operation; undefined if there is none within the time. */
  ask({ number, kind, name, expected }: AskedOperation, deadlineMs: number): Promise<Answer | undefined> {
    return new Promise(resolve => {
      const request: Request = { number, kind, name, expected }
      const end = (answer: Answer | undefined) => {
        clearTimeout(timer)
        this.#waiting.delete(number)
        resolve(answer)
      }
      const timer = setTimeout(() => end(undefined), deadlineMs)
      if (this.#process?.connected !== true) end({ kind: 'refused', reason: 'ended' })
      else {
        this.#waiting.set(number, end)
        // A process that has just died answers nothing.
        this.#process.send(request, () => {})
      }
    })
  }

  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  #onMessage(message: Message): void {
    switch (message.kind) {
      case 'answer':
        this.#waiting.get(message.number)?.(message.answer)
        break
      case 'role':
        this.#role = message.role
        break
      case 'fault':
        this.faults.push(message.message)
        break
    }
  }
}
