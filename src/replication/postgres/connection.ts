// A connection to PostgreSQL that is made when it is needed and again after it is lost. Every call ends within a bound.
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import type { Client, ClientConfig, Result } from 'pg'
import { reasonOf } from '../../wire/text.ts'
import { type DatabaseAddress, isSocket } from './address.ts'

export interface TlsFiles {
  /** Certificates of the authorities that may vouch for the host; otherwise the authorities that Node knows. */
  readonly caPath: string | undefined
  /** The certificate and the key of this client, if the database asks for them. */
  readonly certificatePath: string | undefined
  readonly keyPath: string | undefined
}

export interface ConnectionOptions {
  readonly address: DatabaseAddress
  /** A file with the password. It is read for each connection, as are the files for TLS, so that they can be replaced. */
  readonly passwordPath: string | undefined
  readonly tls: TlsFiles
  /** Longest time for a connection to be made, and for an answer. */
  readonly callMs: number
  readonly applicationName: string
}

/** A call ended without an answer: what it was to do may be done, now or later. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/** The answer to a call. */
export interface Answer extends Result {
  /** Warnings that came with it. */
  readonly warnings: readonly string[]
  /** The number of the connection that it came over. */
  readonly connection: number
}

export interface ConnectionHooks {
  /** A statement that each new connection begins with. */
  readonly setup?: string
  readonly onNotification?: () => void
}

interface Open {
  readonly client: Client
  readonly number: number
  readonly warnings: string[]
  isLost: boolean
}

export class Connection {
  readonly #options: ConnectionOptions
  readonly #hooks: ConnectionHooks
  #connections = 0
  #open: Open | undefined
  /** Settles when the last call ends. */
  #turn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ConnectionOptions, hooks: ConnectionHooks = {}) {
    this.#options = options
    this.#hooks = hooks
  }

  /**
   * Makes one statement, after those before it have ended.
   * @throws an error of PostgreSQL with its `code`: the statement has had no effect; or NoAnswerError
   */
  query(text: string, values: readonly unknown[] = []): Promise<Answer> {
    const answer = this.#turn.then(() => this.#query(text, values))
    this.#turn = answer.catch(() => {})
    return answer
  }

  /** Ends a call under way, which then has no answer. */
  async close(): Promise<void> {
    this.#isClosed = true
    const open = this.#open
    if (open === undefined || open.isLost) return
    const ended = open.client.end()
    await this.#within(ended).catch(() => this.#lose(open))
  }

  async #query(text: string, values: readonly unknown[]): Promise<Answer> {
    const open = await this.#connected()
    open.warnings.length = 0
    try {
      const { rows, rowCount } = await this.#within(open.client.query({ text, values, rowMode: 'array' }))
      return { rows, rowCount, warnings: [...open.warnings], connection: open.number }
    } catch (error) {
      if (await this.#survives(open, error)) throw error
      throw new NoAnswerError(failureOf(error), { cause: error })
    }
  }

  async #connected(): Promise<Open> {
    if (this.#isClosed) throw new NoAnswerError('the connection is closed')
    if (this.#open !== undefined && !this.#open.isLost) return this.#open
    try {
      this.#open = await this.#connect()
    } catch (error) {
      throw new NoAnswerError(failureOf(error), { cause: error })
    }
    if (this.#isClosed) this.#lose(this.#open)
    return this.#open
  }

  async #connect(): Promise<Open> {
    // Loaded only here: a server without a cluster does not need it.
    const { Client } = await import('pg')
    const client = new Client(await configOf(this.#options))
    const open: Open = { client, number: ++this.#connections, warnings: [], isLost: false }
    client.on('error', () => this.#lose(open))
    client.on('end', () => this.#lose(open))
    client.on('notice', notice => open.warnings.push(failureOf(notice)))
    client.on('notification', () => this.#hooks.onNotification?.())
    const { setup } = this.#hooks
    try {
      await client.connect()
      if (setup !== undefined) await this.#within(client.query({ text: setup, values: [], rowMode: 'array' }))
    } catch (error) {
      this.#lose(open)
      throw error
    }
    return open
  }

  /**
   * Reports whether an error has left the connection intact: then the statement had no effect. The severity of the error does not show
   * that, because it is in the language of the database.
   */
  async #survives(open: Open, error: unknown): Promise<boolean> {
    if (sqlStateOf(error) !== undefined && !open.isLost) {
      try {
        await this.#within(open.client.query({ text: 'select 1', values: [], rowMode: 'array' }))
        return true
      } catch {
        // The database has ended the connection.
      }
    }
    this.#lose(open)
    return false
  }

  #lose(open: Open): void {
    open.isLost = true
    open.client.connection.stream.destroy()
  }

  /** Rejects when an answer takes too long. */
  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { callMs } = this.#options
      const timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${callMs} ms`)), callMs)
      answer.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

/** The five characters by which PostgreSQL names a kind of error; undefined for any other error. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

async function configOf({
  address,
  passwordPath,
  tls,
  callMs,
  applicationName,
}: ConnectionOptions): Promise<ClientConfig> {
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    password: () => passwordOf(passwordPath),
    ssl: isSocket(address) || address.tlsMode === 'disable' ? false : await tlsOf(address, tls),
    application_name: applicationName,
    options: '',
    connectionTimeoutMillis: callMs,
    keepAlive: true,
  }
}

/** The content of the file without the line end that editors add. */
async function passwordOf(path: string | undefined): Promise<string> {
  return path === undefined ? '' : (await readFile(path, 'utf8')).replace(/\r?\n$/, '')
}

async function tlsOf(
  { host, tlsMode }: DatabaseAddress,
  files: TlsFiles,
): Promise<Readonly<Record<string, unknown>>> {
  const read = async (path: string | undefined) => (path === undefined ? undefined : await readFile(path))
  const [ca, cert, key] = await Promise.all([
    read(files.caPath),
    read(files.certificatePath),
    read(files.keyPath),
  ])
  return {
    ca,
    cert,
    key,
    servername: isIP(host) === 0 ? host : undefined,
    rejectUnauthorized: tlsMode === 'verify-full',
  }
}

/** The message of an error of a call. An error about several addresses of a host has no message of its own. */
export function failureOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(reasonOf).join('; ') : reasonOf(error)
}
