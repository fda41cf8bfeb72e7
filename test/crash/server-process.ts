// The server as a process of its own, which can be killed.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
const START_DEADLINE_MS = 20_000
const POLL_MS = 10

export class ServerProcess {
  readonly #child: ChildProcess
  readonly port: number
  #log = ''

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#log += chunk
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk
    })
  }

  /** Starts `hyperfleet serve` and waits until it answers. */
  static async start(folder: string, port: number): Promise<ServerProcess> {
    const flags = [
      '--storage-path',
      folder,
      '--server-port',
      String(port),
      '--health-port',
      '0',
      '--metrics-port',
      '0',
    ]
    const child = spawn(process.execPath, [COMMAND, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    const server = new ServerProcess(child, port)
    const deadline = Date.now() + START_DEADLINE_MS
    while (!(await server.#answers())) {
      assert.equal(child.exitCode, null, `the server ended while it started:\n${server.#log}`)
      assert.ok(Date.now() < deadline, `the server does not answer:\n${server.#log}`)
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
    return server
  }

  /** `kill -9`: no handler of the server's runs. Does nothing when it has ended already. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  /** An orderly stop; resolves with the exit code. */
  async stop(): Promise<number | null> {
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
    return this.#child.exitCode
  }

  #answers(): Promise<boolean> {
    return new Promise(resolve => {
      const probe = request({ host: '127.0.0.1', port: this.port, path: '/api/hyperfleet' }, response => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      probe.on('error', () => resolve(false))
      probe.end()
    })
  }
}
