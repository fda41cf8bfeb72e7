// The server as a process of its own, which can be killed: the command `hyperfleet serve`, made ready ahead of time.
import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
/** The same, which dies where its environment says. */
const DYING_COMMAND = fileURLToPath(new URL('./dying-command.js', import.meta.url))
const WARM_UP = new URL('./warm-up.js', import.meta.url).href
const LINES = {
  ready: '"msg":"ready"',
  checkpointBegun: '"msg":"checkpoint: folding the journal"',
  checkpointDone: '"msg":"checkpoint: done"',
  storageFull: '"msg":"the disk is full',
  storageBack: '"msg":"the disk has room again',
} as const

/** Something that the server says of itself. */
export type Announcement = keyof typeof LINES

const ANNOUNCEMENTS = Object.keys(LINES) as Announcement[] // the keys of a constant table

/** Exit code and signal of the process. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export class ServerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  /** Resolves when the process has ended. */
  readonly ended: Promise<Exit>
  #log = ''
  /** Counted line by line: under load the log has megabytes. */
  readonly #counts = new Map<Announcement, number>()
  #listeners: (() => void)[] = []
  #hasEnded = false

  /**
   * Makes a server ready to start on a folder.
   * @param environment settings, `HYPERFLEET_…`; with HYPERFLEET_TEST_CRASH_POINT the server dies there
   */
  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    const command = 'HYPERFLEET_TEST_CRASH_POINT' in environment ? DYING_COMMAND : COMMAND
    this.#child = spawn(process.execPath, ['--import', WARM_UP, command, 'serve'], {
      stdio: 'pipe',
      env: {
        ...process.env,
        HYPERFLEET_STORAGE_PATH: folder,
        HYPERFLEET_SERVER_PORT: '0',
        HYPERFLEET_HEALTH_PORT: '0',
        HYPERFLEET_METRICS_PORT: '0',
        ...environment,
      },
    })
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      let begun = ''
      output.on('data', (chunk: Buffer) => {
        const lines = (begun + chunk.toString()).split('\n')
        begun = lines.pop() ?? ''
        this.#read(chunk.toString(), lines)
      })
    }
    this.#child.stdin.on('error', () => {})
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#hasEnded = true
      this.#notify()
      return { code, signal }
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get log(): string {
    return this.#log
  }

  /** Number of times that it has logged this. */
  count(announcement: Announcement): number {
    return this.#counts.get(announcement) ?? 0
  }

  /** Lets the server start, once it can, and returns at once. */
  async go(): Promise<void> {
    await this.#until(() => this.#log.includes('warm\n'))
    this.#child.stdin.write('go\n')
  }

  /** Resolves with `http://127.0.0.1:PORT` when the server serves, or with undefined when it has ended before. */
  async origin(): Promise<string | undefined> {
    await this.#until(() => this.count('ready') > 0)
    return /"api":"(http:\/\/[^/]+)/.exec(this.#log)?.[1]
  }

  /** Starts a server that must serve. */
  async start(): Promise<string> {
    await this.go()
    const origin = await this.origin()
    assert.ok(origin, `the server ended while it started:\n${this.#log}`)
    return origin
  }

  /** Resolves when it has said this so often, or has ended. */
  announced(announcement: Announcement, times: number): Promise<void> {
    return this.#until(() => this.count(announcement) >= times)
  }

  /** `kill -9`: no handler of the server's runs. Does nothing when it has ended already. */
  async kill(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Asks for an orderly stop; resolves when the process has ended, and rejects when it does not. */
  async stop(): Promise<Exit> {
    this.#child.kill('SIGTERM')
    await this.#until(() => this.#hasEnded)
    return this.ended
  }

  #read(text: string, lines: readonly string[]): void {
    this.#log += text
    for (const announcement of ANNOUNCEMENTS) {
      const times = lines.filter(line => line.includes(LINES[announcement])).length
      if (times > 0) this.#counts.set(announcement, this.count(announcement) + times)
    }
    this.#notify()
  }

  #notify(): void {
    for (const listener of this.#listeners.splice(0)) listener()
  }

  async #until(isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_HANGS_AFTER_MS
    while (!isSo() && !this.#hasEnded) {
      assert.ok(Date.now() < deadline, `the server hangs:\n${this.#log}`)
      const timer = setTimeout(() => this.#notify(), WAIT_HANGS_AFTER_MS + 1)
      await new Promise<void>(resolve => this.#listeners.push(resolve))
      clearTimeout(timer)
    }
  }
}
