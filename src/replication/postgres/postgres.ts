// The engine on PostgreSQL: a table of entries. An entry is inserted behind a row that must be there, under a primary key that must be free.
import { randomBytes } from 'node:crypto'
import type { Appended, Engine, Look, Registered, RegisteredRole, Registration } from '../engine.ts'
import type { EncodedEntry, Place } from '../entry.ts'
import {
  type Answer,
  Connection,
  type ConnectionOptions,
  failureOf,
  NoAnswerError,
  sqlStateOf,
} from './connection.ts'
import { commitSetting, type Finding, findingsOf, readSettings } from './durability.ts'
import { migrate, SCHEMA } from './schema.ts'

/** Most bytes of entries in one look; a larger one comes alone. */
const MAX_LOOK_BYTES = 1 << 20
const MAX_LOOK_ENTRIES = 256
/** Most entries that one statement removes. */
const TRIM_ENTRIES = 500
const CHANNEL = 'hyperfleet_journal'

/**
 * Errors that say that the database cannot take the entry, by the first two characters of their code: no resources (53), limits of
 * the program (54), a read-only transaction (25), no right or no table (42), a value that is too large (22).
 */
const REFUSALS = ['53', '54', '25', '42', '22']

/**
 * The row after which the entry goes is locked against removal, so that its place cannot become free again. `set_config` makes the commit
 * durable whatever the session has set, also behind a pooler.
 */
const APPEND = `with config as (select set_config('synchronous_commit', $1, true))
  insert into ${SCHEMA}.entry (position, checksum, body)
  select $2::bigint + 1, $3, $4 from ${SCHEMA}.entry previous, config
  where previous.position = $2 and previous.checksum = $5 for key share of previous
  on conflict (position) do nothing`

/** One row for each entry, and one without if there is none; the end of the journal is repeated in each. */
const LOOK = `select journal.id, last.position, last.checksum, beat.beat, pg_is_in_recovery(), next.position, next.body
  from ${SCHEMA}.journal
  cross join lateral (select position, checksum from ${SCHEMA}.entry order by position desc limit 1) last
  left join ${SCHEMA}.beat on true
  left join lateral (
    select position, body from (
      select position, body, sum(length(body)) over (order by position) - length(body) as before
      from (select position, body from ${SCHEMA}.entry where position > $1 and body is not null order by position limit ${MAX_LOOK_ENTRIES}) page
    ) measured where before < ${MAX_LOOK_BYTES}
  ) next on true
  order by next.position`

/** The column of `position` in LOOK; `body` comes after it. */
const NEXT = 5

const FOUND = `with config as (select set_config('synchronous_commit', $1, true)),
  begun as (insert into ${SCHEMA}.journal (id) select $2 from config on conflict do nothing returning id)
  insert into ${SCHEMA}.entry (position, checksum) select $3, $4 from begun`

const CONFIRM = `with config as (select set_config('synchronous_commit', $1, true))
  insert into ${SCHEMA}.confirmation as known (server, number) select $2, 1 from config
  on conflict (server) do update set number = known.number + 1`

const BEAT = `insert into ${SCHEMA}.beat (beat) values ($1) on conflict (one) do update set beat = excluded.beat`

const REGISTER = `insert into ${SCHEMA}.server (server, address, version, role, position, heard_at) values ($1, $2, $3, $4, $5, clock_timestamp())
  on conflict (server) do update set address = excluded.address, version = excluded.version, role = excluded.role,
    position = excluded.position, heard_at = excluded.heard_at`

const REGISTRATIONS = `select server, address, version, role, position, extract(epoch from clock_timestamp() - heard_at) * 1000
  from ${SCHEMA}.server order by server`

const PEER_KEY = `with begun as (insert into ${SCHEMA}.peer_key (key) values ($1) on conflict do nothing returning key)
  select key from begun union all select key from ${SCHEMA}.peer_key`

const PEER_KEY_BYTES = 32

const NOW = 'select extract(epoch from clock_timestamp()) * 1000'

const TRIM = `delete from ${SCHEMA}.entry where position in (
    select position from ${SCHEMA}.entry where position <= $1 and stored_at < clock_timestamp() - make_interval(secs => $2)
      and position < (select max(position) from ${SCHEMA}.entry)
    order by position limit ${TRIM_ENTRIES})`

export interface PostgresOptions extends ConnectionOptions {
  /** The id of this server, for its row of confirmations. */
  readonly server: string
  /** Notifications failed. Servers then learn of news when they look, twice a second. */
  readonly onHintFailed: (error: unknown) => void
}

/** An opened database. */
export interface OpenedPostgres {
  readonly engine: PostgresEngine
  /** The id of the journal; undefined if the database has none yet. */
  readonly journal: string | undefined
  /** The meaning of the database's settings, for the log. None is a refusal. */
  readonly findings: readonly Finding[]
}

/** The database cannot keep a journal. The message says why, and what would be right. */
export class DatabaseRefusedError extends Error {
  override readonly name = 'DatabaseRefusedError'
}

/**
 * Connects, checks the settings, and creates or migrates the tables.
 * @throws DatabaseRefusedError, NewerSchemaError, NoAnswerError, or an error of PostgreSQL
 */
export async function openPostgres(options: PostgresOptions): Promise<OpenedPostgres> {
  const connection = new Connection(options)
  try {
    const settings = await readSettings(connection)
    const findings = findingsOf(settings, options.address)
    const refusals = findings.filter(({ kind }) => kind === 'refuse')
    if (refusals.length > 0) throw new DatabaseRefusedError(refusals.map(({ text }) => text).join('; '))
    await migrate(connection)
    const { rows } = await connection.query(`select id from ${SCHEMA}.journal`)
    const id = rows[0]?.[0]
    const engine = new PostgresEngine(options, commitSetting(settings))
    return { engine, journal: typeof id === 'string' ? id : undefined, findings }
  } finally {
    await connection.close()
  }
}

/** Appends, looks and hints have a connection each, so that none waits for another. */
export class PostgresEngine implements Engine {
  readonly #options: PostgresOptions
  readonly #commitSetting: string
  readonly #appends: Connection
  readonly #looks: Connection
  readonly #hints: Connection
  #onNews: () => void = () => {}
  /** Appends that may be visible and not durable, and the number of them before the last confirmation. */
  #doubts = 0
  #settledDoubts = 0
  #confirmedConnection: number | undefined
  #isHinting = false
  #isHintDue = false
  #isClosed = false

  constructor(options: PostgresOptions, commit: string) {
    this.#options = options
    this.#commitSetting = commit
    this.#appends = new Connection(options)
    this.#looks = new Connection(options)
    this.#hints = new Connection(options, {
      setup: `listen ${CHANNEL}`,
      onNotification: () => this.#onNews(),
    })
  }

  /**
   * Begins a journal at a place, unless the database has one. Returns the id of the journal that it has then.
   * @throws NoAnswerError, or an error of PostgreSQL
   */
  async found(journal: string, { position, checksum }: Place): Promise<string> {
    await this.#looks.query(FOUND, [this.#commitSetting, journal, position, checksum])
    const { rows } = await this.#looks.query(`select id from ${SCHEMA}.journal`)
    return String(rows[0]?.[0])
  }

  async append(after: Place, { place, bytes }: EncodedEntry): Promise<Appended> {
    const values = [this.#commitSetting, after.position, place.checksum, bytes, after.checksum]
    try {
      const { rowCount, warnings } = await this.#appends.query(APPEND, values)
      // A commit that did not wait for its standbys to the end is a warning.
      if (warnings.length > 0) return this.#unknown(warnings.join('; '))
      if (rowCount !== 1) return { kind: 'taken' }
      this.#hint()
      return { kind: 'stored' }
    } catch (error) {
      const isRefusal = REFUSALS.includes(sqlStateOf(error)?.slice(0, 2) ?? '')
      return isRefusal ? { kind: 'refused', reason: failureOf(error) } : this.#unknown(failureOf(error))
    }
  }

  async look(after: number): Promise<Look> {
    const { rows, connection } = await this.#looks.query(LOOK, [after])
    const [head] = rows
    if (head === undefined) throw new Error('the database keeps no journal')
    const [journal, last, checksum, beat, isStandby] = head
    if (isStandby === true) throw new Error('the database is a standby')
    await this.#confirm(connection)
    const entries = consecutive(rows, after)
    const end = Number(last)
    return {
      journal: String(journal),
      first: entries.length > 0 || end <= after ? after + 1 : await this.#firstAfter(rows, after, end),
      last: { position: end, checksum: bytesOf(checksum) },
      beat: beat === null ? undefined : String(beat),
      entries,
    }
  }

  follow(onNews: () => void): void {
    this.#onNews = onNews
    this.#hint()
  }

  async beat(beat: string): Promise<void> {
    await this.#looks.query(BEAT, [beat])
  }

  async register({ server, address, version, role, position }: Registration): Promise<void> {
    await this.#looks.query(REGISTER, [server, address, version, role, position])
  }

  async registrations(): Promise<readonly Registered[]> {
    const { rows } = await this.#looks.query(REGISTRATIONS)
    return rows.map(([server, address, version, role, position, heardMsAgo]) => ({
      server: String(server),
      address: String(address),
      version: String(version),
      // Only `register` writes roles.
      role: role as RegisteredRole,
      position: Number(position),
      heardMsAgo: Number(heardMsAgo),
    }))
  }

  /** The key of the tokens by which the servers of this journal know each other. The first server that asks makes it. */
  async peerKey(): Promise<Buffer> {
    const { rows } = await this.#looks.query(PEER_KEY, [randomBytes(PEER_KEY_BYTES)])
    // No row: another server has made it since this statement began.
    return rows.length === 0 ? this.peerKey() : bytesOf(rows[0]?.[0])
  }

  /** Milliseconds since the Unix epoch by the clock of the database, which all servers share. */
  async now(): Promise<number> {
    const { rows } = await this.#looks.query(NOW)
    return Number(rows[0]?.[0])
  }

  async trim(through: number, keepMs: number): Promise<void> {
    for (;;) {
      const { rowCount } = await this.#looks.query(TRIM, [through, keepMs / 1000])
      if (rowCount !== TRIM_ENTRIES) return
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([this.#appends.close(), this.#looks.close(), this.#hints.close()])
  }

  #unknown(reason: string): Appended {
    this.#doubts++
    return { kind: 'unknown', reason }
  }

  /**
   * Makes sure that what a look has shown is durable. A commit whose connection broke, or that did not wait for its standbys, is visible on this node and
   * perhaps on no other. A commit of our own that has waited for them comes after it in the log of the database. Not needed while
   * nothing was in doubt.
   */
  async #confirm(connection: number): Promise<void> {
    const doubts = this.#doubts
    if (connection === this.#confirmedConnection && doubts === this.#settledDoubts) return
    const confirmed = await this.#looks.query(CONFIRM, [this.#commitSetting, this.#options.server])
    if (confirmed.warnings.length > 0) throw new NoAnswerError(confirmed.warnings.join('; '))
    if (confirmed.connection !== connection) throw new NoAnswerError('the connection was lost')
    this.#confirmedConnection = connection
    this.#settledDoubts = doubts
  }

  /** The oldest entry that is kept, if the one after `after` is not; `after` + 1 if it is missing among others. */
  async #firstAfter(rows: Answer['rows'], after: number, end: number): Promise<number> {
    const older = await this.#looks.query(`select 1 from ${SCHEMA}.entry where position <= $1 limit 1`, [
      after,
    ])
    if (older.rows.length > 0) return after + 1
    const next = rows[0]?.[NEXT]
    return next === null || next === undefined ? end + 1 : Number(next)
  }

  /** Has the others look at once. A call during another one waits, and calls that wait are one. */
  #hint(): void {
    this.#isHintDue = true
    if (!this.#isHinting) void this.#sendHints()
  }

  async #sendHints(): Promise<void> {
    this.#isHinting = true
    while (this.#isHintDue && !this.#isClosed) {
      this.#isHintDue = false
      try {
        await this.#hints.query("select pg_notify($1, '')", [CHANNEL])
      } catch (error) {
        if (!this.#isClosed) this.#options.onHintFailed(error)
      }
    }
    this.#isHinting = false
  }
}

/** The bodies of a look from `after` on, up to the first position that is missing. */
function consecutive(rows: Answer['rows'], after: number): Buffer[] {
  const entries: Buffer[] = []
  for (const row of rows) {
    if (row[NEXT] === null || Number(row[NEXT]) !== after + entries.length + 1) break
    entries.push(bytesOf(row[NEXT + 1]))
  }
  return entries
}

function bytesOf(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new Error('the database does not answer as PostgreSQL does')
  return value
}
