// A server in its own process, which a test kills and starts again on the same port and folder.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiOf, type CommandProcess, runCommand } from './command-process.ts'
import { freePort } from './free-port.ts'
import type { EngineName } from './server.ts'

export class KillableServer {
  readonly #folder: string
  readonly #args: readonly string[]
  #origin = ''
  #process: CommandProcess | undefined

  private constructor(folder: string, port: number, args: readonly string[]) {
    this.#folder = folder
    this.#args = ['serve', '--server-port', String(port), '--storage-path', folder, ...args]
  }

  /** `http://127.0.0.1:PORT`, or `https:` with TLS. */
  get origin(): string {
    return this.#origin
  }

  get pid(): number {
    const pid = this.#process?.child.pid
    if (pid === undefined) throw new Error('the server is not running')
    return pid
  }

  /** Resolves once it serves. */
  static async start(engine: EngineName, ...flags: readonly string[]): Promise<KillableServer> {
    const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
    const off = ['--health-port', '0', '--metrics-port', '0', '--server-engine', engine]
    const server = new KillableServer(folder, await freePort(), [...off, ...flags])
    await server.resume()
    return server
  }

  /** Starts it after `kill`. Resolves once it serves. */
  async resume(): Promise<void> {
    this.#process = runCommand(this.#args, {}, this.#folder)
    this.#origin = new URL(await apiOf(this.#process)).origin
  }

  /** Kills it as `kill -9` does. */
  async kill(): Promise<void> {
    const child = this.#process?.child
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  /** Kills it and removes its folder. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
