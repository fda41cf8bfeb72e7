// Process under measurement, started and queried by the harness.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { CollectionPeriod, Pause } from './hosts/collections.ts'
import type { NodeMemory, Question, Reply } from './hosts/control.ts'
import type { BareAnswers } from './hosts/wire-answer.ts'
import {
  type ProcessorTime,
  type ResidentMemory,
  readMappedBytes,
  readProcessorTime,
  readResidentMemory,
} from './linux-process.ts'

export type HostScript = 'server' | 'bare-uws' | 'bare-node' | 'without-http'

export interface HostOptions {
  /** Flags of Node. */
  readonly nodeFlags?: readonly string[]
  readonly args: readonly string[]
  /** File for its standard output; undefined: the harness's own. */
  readonly outputPath?: string | undefined
}

export class Host {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.port = port
  }

  /** Starts one of the scripts in `hosts`, and resolves when it serves. */
  static async start(script: HostScript, options: HostOptions): Promise<Host> {
    const output = options.outputPath === undefined ? undefined : openSync(options.outputPath, 'a')
    const child = fork(fileURLToPath(new URL(`./hosts/${script}.js`, import.meta.url)), [...options.args], {
      stdio: ['ignore', output ?? 'inherit', 'inherit', 'ipc'],
      execArgv: ['--enable-source-maps', '--expose-gc', ...(options.nodeFlags ?? [])],
      serialization: 'advanced',
    })
    if (output !== undefined) closeSync(output)
    const reply = await nextReply(child)
    if (reply.kind !== 'ready') throw new Error('a process answered before it was ready')
    return new Host(child, reply.port)
  }

  /** Processor time since the start of the process. */
  get processorTime(): ProcessorTime {
    return readProcessorTime(this.#pid)
  }

  get residentMemory(): ResidentMemory {
    return readResidentMemory(this.#pid)
  }

  /** Resident memory of the files that are mapped from a folder. */
  mappedBytes(folder: string): number {
    return readMappedBytes(this.#pid, folder)
  }

  async nodeMemory(): Promise<NodeMemory> {
    const reply = await this.#ask({ kind: 'memory' })
    if (reply.kind !== 'memory') throw unasked(reply)
    return reply.memory
  }

  /** Pauses for garbage collection since the last call; none at the first. */
  async pauses(): Promise<readonly Pause[]> {
    const reply = await this.#ask({ kind: 'pauses' })
    if (reply.kind !== 'pauses') throw unasked(reply)
    return reply.pauses
  }

  /** Records the collections while `use` runs. */
  async collectionsDuring(use: () => Promise<void>): Promise<CollectionPeriod> {
    await this.#ask({ kind: 'collections' })
    await use()
    const reply = await this.#ask({ kind: 'collections' })
    if (reply.kind !== 'collections' || reply.period === undefined) throw unasked(reply)
    return reply.period
  }

  async collectGarbage(): Promise<void> {
    await this.#ask({ kind: 'collect' })
  }

  async serve(answers: BareAnswers): Promise<void> {
    await this.#ask({ kind: 'serve', answers })
  }

  async stop(): Promise<void> {
    await this.#ask({ kind: 'stop' })
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }

  get #pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('a measured process has not started')
    return pid
  }

  #ask(question: Question): Promise<Reply> {
    const reply = nextReply(this.#process)
    if (this.#process.connected) this.#process.send(question)
    return reply
  }
}

/** Questions are asked one at a time, so the next message is the reply. */
function nextReply(child: ChildProcess): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('a measured process has ended'))
    if (child.exitCode !== null || child.signalCode !== null) onExit()
    child.once('exit', onExit)
    child.once('message', message => {
      child.off('exit', onExit)
      resolve(message as Reply) // the scripts in `hosts` send nothing else
    })
  })
}

function unasked({ kind }: Reply): Error {
  return new Error(`a process answered '${kind}' to another question`)
}
