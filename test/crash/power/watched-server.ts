// `hyperfleet serve` as a process of its own, with the recorder between it and the disk.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { TestClient } from '../../harness/client.ts'
import { freePort } from '../../harness/free-port.ts'
import { WAIT_HANGS_AFTER_MS } from '../../harness/patience.ts'
import { type Recording, recorderEnvironment } from './recorder.ts'

const COMMAND = fileURLToPath(new URL('../../../src/cli/hyperfleet.js', import.meta.url))

/** Exit code and signal of a process. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerOptions {
  readonly dataFolder: string
  readonly recording?: Recording
  /** More settings, `HYPERFLEET_…`. */
  readonly environment?: Record<string, string>
}

export class WatchedServer {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #healthPort: number
  readonly ended: Promise<Ending>
  #ending: Ending | undefined
  #log = ''
  #client: TestClient | undefined

  private constructor(child: ChildProcess, port: number, healthPort: number) {
    this.#child = child
    this.#port = port
    this.#healthPort = healthPort
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.#log += chunk
      })
    }
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.#ending = { code, signal }
      return this.#ending
    })
  }

  /** Starts the server and waits until it serves or has ended. */
  static async start({ dataFolder, recording, environment }: ServerOptions): Promise<WatchedServer> {
    const [port, healthPort] = [await freePort(), await freePort()]
    const child = spawn(process.execPath, ['--enable-source-maps', COMMAND, 'serve'], {
      env: {
        ...(recording === undefined
          ? { ...process.env, NODE_TEST_CONTEXT: undefined }
          : recorderEnvironment(recording)),
        HYPERFLEET_SERVER_PORT: String(port),
        HYPERFLEET_HEALTH_PORT: String(healthPort),
        HYPERFLEET_METRICS_PORT: '0',
        HYPERFLEET_STORAGE_PATH: dataFolder,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const server = new WatchedServer(child, port, healthPort)
    const deadlineMs = performance.now() + WAIT_HANGS_AFTER_MS
    while (server.#ending === undefined && !/"msg":"ready"/.test(server.#log)) {
      assert.ok(performance.now() < deadlineMs, `the server does not start:\n${server.#log}`)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    return server
  }

  /** Standard output and standard error. */
  get log(): string {
    return this.#log
  }

  get isRunning(): boolean {
    return this.#ending === undefined
  }

  get client(): TestClient {
    this.#client ??= new TestClient(`http://127.0.0.1:${this.#port}`)
    return this.#client
  }

  async readiness(): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#healthPort}/readyz`).catch(error => {
      throw new Error(`the server does not answer:\n${this.#log}`, { cause: error })
    })
    return { status: answer.status, text: await answer.text() }
  }

  /** Tells the server to stop, and waits until it has. */
  async stop(): Promise<Ending> {
    return this.end('SIGTERM')
  }

  async end(signal: NodeJS.Signals): Promise<Ending> {
    this.#client?.close()
    this.#client = undefined
    if (this.isRunning) this.#child.kill(signal)
    const deadline = setTimeout(() => {
      this.#log += '\nthe process does not end'
      this.#child.kill('SIGKILL')
    }, WAIT_HANGS_AFTER_MS)
    return this.ended.finally(() => clearTimeout(deadline))
  }
}
