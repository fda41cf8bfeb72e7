// A PostgreSQL server of a test's own: started on a Unix socket in a temporary folder, as a user without rights. Its programs come from Debian's
// packages (scripts/test/postgres.mjs).
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type DatabaseAddress, parseDatabaseUrl } from '../../src/replication/postgres/address.ts'
import { Connection, NoAnswerError } from '../../src/replication/postgres/connection.ts'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'

const SCRIPT = fileURLToPath(new URL('../../../scripts/test/postgres.mjs', import.meta.url))
/** The port in the name of a socket. */
const SOCKET_PORT = 5432
/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534

/** A server that is reached by TLS at 127.0.0.1, with a password, besides its socket. */
export interface TlsListener {
  readonly port: number
  readonly certificatePath: string
  readonly keyPath: string
}

/** The programs, or the reason for which there are none. */
export type Programs = { readonly folder: string } | { readonly missing: string }

export function postgresPrograms(): Programs {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' })
  return status === 0 ? { folder: stdout.trim() } : { missing: stderr.trim() }
}

export class Postgres {
  readonly folder: string
  readonly #programs: string
  readonly #listener: TlsListener | undefined
  #process: ChildProcess | undefined
  /** The end of the server's log. */
  #log = ''

  private constructor(programs: string, listener: TlsListener | undefined) {
    this.#programs = programs
    this.#listener = listener
    this.folder = mkdtempSync(join(tmpdir(), 'hyperfleet-postgres-'))
  }

  /** Makes and starts a server. */
  static async start(programs: string, listener?: TlsListener): Promise<Postgres> {
    const postgres = new Postgres(programs, listener)
    postgres.#initialize()
    await postgres.start()
    return postgres
  }

  get url(): string {
    const { port = SOCKET_PORT } = this.#listener ?? {}
    return `postgres://postgres@localhost:${port}/postgres?host=${encodeURIComponent(this.folder)}`
  }

  get address(): DatabaseAddress {
    return parseDatabaseUrl(this.url)
  }

  /** The process that listens. */
  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('PostgreSQL is not running')
    return pid
  }

  /** Starts the server and waits until it answers. Children of a killed one may take a moment to end; it is tried again then. */
  async start(): Promise<void> {
    const untilMs = performance.now() + WAIT_HANGS_AFTER_MS
    this.#spawn()
    while (!(await this.#answers())) {
      if (performance.now() > untilMs) throw new Error(`PostgreSQL does not start: ${this.#log}`)
      await sleep(50)
      if (this.#process?.exitCode !== null) this.#spawn()
    }
  }

  /** Ends all processes of the server at once, as a loss of the machine. */
  async kill(): Promise<void> {
    const ended = this.#ended()
    // Its children notice it and end.
    process.kill(this.pid, 'SIGKILL')
    await ended
  }

  /** Stops all processes of the server until `resume`. */
  pause(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of this.#pids()) signal(pid, 'SIGCONT')
  }

  /** Runs one statement on a connection of its own. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly (readonly unknown[])[]> {
    const connection = new Connection({
      address: this.address,
      passwordPath: undefined,
      tls: { caPath: undefined, certificatePath: undefined, keyPath: undefined },
      callMs: WAIT_HANGS_AFTER_MS,
      applicationName: 'test',
    })
    try {
      return (await connection.query(text, values)).rows
    } finally {
      await connection.close()
    }
  }

  async remove(): Promise<void> {
    if (this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null) {
      this.resume()
      await this.kill()
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 })
  }

  #spawn(): void {
    const { port = SOCKET_PORT } = this.#listener ?? {}
    const settings = [`unix_socket_directories=${this.folder}`, `port=${port}`, 'jit=off', ...this.#network()]
    this.#process = spawn(
      join(this.#programs, 'postgres'),
      ['-D', join(this.folder, 'data'), ...settings.flatMap(setting => ['-c', setting])],
      { ...this.#user(), stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#process.stderr?.on('data', text => {
      this.#log = `${this.#log}${text}`.slice(-4000)
    })
  }

  #initialize(): void {
    const data = join(this.folder, 'data')
    mkdirSync(data, { mode: 0o700 })
    const { uid, gid } = this.#user()
    if (uid !== undefined && gid !== undefined)
      for (const path of [this.folder, data]) chownSync(path, uid, gid)
    const options = [
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      '--data-checksums',
    ]
    execFileSync(join(this.#programs, 'initdb'), ['-D', data, ...options], { ...this.#user(), stdio: 'pipe' })
  }

  /** Settings of the network, and its files where PostgreSQL accepts them: owned by its user. */
  #network(): string[] {
    if (this.#listener === undefined) return ['listen_addresses=']
    const { uid, gid } = this.#user()
    const own = (path: string, name: string) => {
      const target = join(this.folder, 'data', name)
      copyFileSync(path, target)
      chmodSync(target, 0o600)
      if (uid !== undefined && gid !== undefined) chownSync(target, uid, gid)
      return target
    }
    const certificate = own(this.#listener.certificatePath, 'server.crt')
    const key = own(this.#listener.keyPath, 'server.key')
    const access = 'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n'
    writeFileSync(join(this.folder, 'data/pg_hba.conf'), access)
    return ['listen_addresses=127.0.0.1', 'ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`]
  }

  #user(): { uid?: number; gid?: number; env: NodeJS.ProcessEnv } {
    const libraries = join(this.#programs, '../../../x86_64-linux-gnu')
    const env = { ...process.env, LD_LIBRARY_PATH: libraries, TZ: 'UTC', LC_ALL: 'C' }
    return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY, env } : { env }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.query('select 1')
      return true
    } catch (error) {
      if (error instanceof NoAnswerError) return false
      throw error
    }
  }

  #ended(): Promise<void> {
    return new Promise(resolve => this.#process?.once('exit', () => resolve()))
  }

  /** The listening process and its children. */
  #pids(): number[] {
    const children = readdirSync('/proc').filter(name => parentOf(name) === this.pid)
    return [this.pid, ...children.map(Number)]
  }
}

/** Sends a signal to a process. The process of a connection may have ended meanwhile. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** The parent of a process, by the name of its folder in /proc; undefined if it has ended, or the folder is of something else. */
function parentOf(name: string): number | undefined {
  if (!/^\d+$/.test(name)) return undefined
  try {
    // pid (name) state parent ...; a name may contain anything.
    return Number(
      readFileSync(`/proc/${name}/stat`, 'latin1')
        .replace(/^.*\) . /s, '')
        .split(' ')[0],
    )
  } catch {
    return undefined
  }
}
