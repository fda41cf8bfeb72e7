// The engine on a real PostgreSQL: its statements, and the errors that it has to tell apart.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { encodeLeader, type Leader } from '../../src/replication/cursor.ts'
import { beginning, type EncodedEntry, encodeEntry, type Place } from '../../src/replication/entry.ts'
import { findingsOf } from '../../src/replication/postgres/durability.ts'
import {
  openPostgres,
  type PostgresEngine,
  type PostgresOptions,
} from '../../src/replication/postgres/postgres.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Postgres, postgresPrograms } from '../harness/postgres.ts'

const JOURNAL = '0123456789abcdef0123456789abcdef'
const WRITER = 'a'.repeat(32)
const SELF: Leader = { writer: WRITER, server: 's', address: 'a', version: '1', settings: '' }
const CALL_MS = 1500
const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false

describe('PostgreSQL', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let postgres: Postgres
  const engines: PostgresEngine[] = []

  function options(): PostgresOptions {
    return {
      address: postgres.address,
      passwordPath: undefined,
      tls: { caPath: undefined, certificatePath: undefined, keyPath: undefined },
      callMs: CALL_MS,
      applicationName: 'hyperfleet',
      server: 'server',
      onHintFailed: () => {},
    }
  }

  async function opened(): Promise<PostgresEngine> {
    const { engine } = await openPostgres(options())
    engines.push(engine)
    return engine
  }

  function entry(after: Place, body: Buffer = randomBytes(20)): EncodedEntry {
    return encodeEntry(JOURNAL, after, { kind: 'group', epoch: 1, writer: WRITER, serial: 1 }, body)
  }

  /** Appends to the end of the journal. */
  async function grow(engine: PostgresEngine, bodies: readonly Buffer[]): Promise<EncodedEntry[]> {
    let { last } = await engine.look(0)
    const grown: EncodedEntry[] = []
    for (const body of bodies) {
      const next = entry(last, body)
      assert.deepEqual(await engine.append(last, next), { kind: 'stored' })
      last = next.place
      grown.push(next)
    }
    return grown
  }

  before(async () => {
    assert.ok('folder' in programs)
    postgres = await Postgres.start(programs.folder)
  })

  after(async () => {
    await Promise.all(engines.map(engine => engine.close()))
    await postgres?.remove()
  })

  test('servers that start at the same time make the tables and one journal', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => openPostgres(options())))
    engines.push(...all.map(({ engine }) => engine))
    assert.deepEqual(
      all.map(({ journal }) => journal),
      all.map(() => undefined),
    )
    const ids = await Promise.all(
      all.map(({ engine }, i) => {
        const id = i === 0 ? JOURNAL : randomBytes(16).toString('hex')
        return engine.found(id, beginning(id))
      }),
    )
    assert.equal(new Set(ids).size, 1)
    // The tests below know the id.
    await postgres.query('delete from hyperfleet.entry')
    await postgres.query('delete from hyperfleet.journal')
    const [first] = all
    assert.equal(await first?.engine.found(JOURNAL, beginning(JOURNAL)), JOURNAL)
    assert.equal((await openPostgres(options())).journal, JOURNAL)
  })

  test('an entry is stored and read as it was written', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    const head = { kind: 'epoch', epoch: 1, writer: WRITER, serial: 1 } as const
    const epoch = encodeEntry(JOURNAL, last, head, encodeLeader(SELF))
    assert.deepEqual(await engine.append(last, epoch), { kind: 'stored' })
    assert.deepEqual(await engine.look(last.position), {
      journal: JOURNAL,
      first: last.position + 1,
      last: epoch.place,
      beat: undefined,
      entries: [epoch.bytes],
    })
    assert.deepEqual((await engine.look(epoch.place.position)).entries, [])
  })

  test('contract 14.3: of two entries for one place one is stored, whoever is faster', async () => {
    const [one, other] = [await opened(), await opened()]
    for (let round = 0; round < 50; round++) {
      const { last } = await one.look(0)
      const [first, second] = [entry(last), entry(last)]
      const answers = await Promise.all([one.append(last, first), other.append(last, second)])
      assert.deepEqual(answers.map(({ kind }) => kind).sort(), ['stored', 'taken'])
      const stored = answers[0]?.kind === 'stored' ? first : second
      assert.deepEqual((await other.look(last.position)).entries, [stored.bytes])
    }
  })

  test('contract 14.3: an entry behind another place than the end is not stored', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    const wrong = [
      { position: last.position - 1, checksum: last.checksum },
      { position: last.position + 1, checksum: last.checksum },
      { position: last.position, checksum: Buffer.alloc(16, 1) },
    ]
    for (const place of wrong) assert.deepEqual(await engine.append(place, entry(place)), { kind: 'taken' })
    assert.deepEqual((await engine.look(0)).last, last)
  })

  test('a look is bounded, and shows a large entry alone', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    const bodies = [
      Buffer.alloc(3 << 20, 1),
      Buffer.alloc(600_000, 2),
      Buffer.alloc(600_000, 3),
      Buffer.alloc(9),
    ]
    const grown = await grow(engine, bodies)
    const found: Buffer[] = []
    const counts: number[] = []
    while (found.length < grown.length) {
      const { entries } = await engine.look(last.position + found.length)
      found.push(...entries)
      counts.push(entries.length)
    }
    assert.deepEqual(counts, [1, 2, 1])
    assert.ok(found.every((bytes, i) => grown[i]?.bytes.equals(bytes)))
  })

  test('news come at once', async () => {
    const [one, other] = [await opened(), await opened()]
    const news = new Promise<void>(resolve => other.follow(resolve))
    await new Promise(resolve => setTimeout(resolve, 200))
    await grow(one, [Buffer.from('news')])
    await news
  })

  test('a beat is shown, and only the newest', async () => {
    const [one, other] = [await opened(), await opened()]
    await one.beat('1 a 1')
    await one.beat('1 a 2')
    assert.equal((await other.look(0)).beat, '1 a 2')
  })

  test('contract 14.13: servers are registered with the time since', async () => {
    const engine = await opened()
    const registration = { server: 's1', address: 'a', version: '1', role: 'following', position: 3 } as const
    await engine.register(registration)
    await engine.register({ ...registration, position: 4, role: 'leading' })
    const [found, ...others] = await engine.registrations()
    assert.deepEqual(others, [])
    const { heardMsAgo, ...rest } = found ?? { heardMsAgo: Number.NaN }
    assert.deepEqual(rest, { ...registration, position: 4, role: 'leading' })
    assert.ok(heardMsAgo >= 0 && heardMsAgo < 60_000, `${heardMsAgo}`)
  })

  test('contract 14.11: an entry that is missing among others is a gap', async () => {
    const engine = await opened()
    const grown = await grow(
      engine,
      [1, 2, 3].map(value => Buffer.alloc(4, value)),
    )
    const [first, second] = grown.map(({ place }) => place.position)
    await postgres.query('delete from hyperfleet.entry where position = $1', [second])
    const after = first ?? 0
    const look = await engine.look(after)
    assert.deepEqual([look.first, look.entries], [after + 1, []])
    assert.equal((await engine.look(after - 1)).entries.length, 1)
  })

  test('contract 14.15: old entries are removed from the beginning, and never the newest', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    await engine.trim(last.position - 1, 3_600_000)
    assert.equal((await postgres.query('select min(position) from hyperfleet.entry'))[0]?.[0], '0', 'too new')
    await engine.trim(last.position + 10, 0)
    assert.deepEqual((await postgres.query('select position from hyperfleet.entry'))[0], [
      String(last.position),
    ])
    const look = await engine.look(1)
    assert.equal(look.first, last.position)
    assert.deepEqual((await engine.look(last.position)).first, last.position + 1)
    await grow(engine, [Buffer.from('goes on')])
  })

  test('contract 14.3, 14.15: a place whose entry was removed does not become free', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    const late = entry(last)
    await grow(
      engine,
      [1, 2, 3].map(value => Buffer.alloc(4, value)),
    )
    await engine.trim(last.position + 2, 0)
    assert.deepEqual(await engine.append(last, late), { kind: 'taken' })
  })

  test('contract 14.10: what the database refuses is refused, and stored later', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    await postgres.query('alter table hyperfleet.entry rename to away')
    const refused = await engine.append(last, entry(last))
    await postgres.query('alter table hyperfleet.away rename to entry')
    assert.equal(refused.kind, 'refused')
    assert.match('reason' in refused ? refused.reason : '', /does not exist/)
    await grow(engine, [Buffer.from('later')])
  })

  test('contract 14.4: an append whose connection ends has no answer', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    await grow(engine, [Buffer.from('connected')])
    const end = (await engine.look(0)).last
    const locked = postgres
      .query('begin; lock table hyperfleet.entry; select pg_sleep(1); commit')
      .catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 300))
    const answer = engine.append(end, entry(end))
    await new Promise(resolve => setTimeout(resolve, 200))
    await postgres.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like '%on conflict (position)%' and pid <> pg_backend_pid()",
    )
    assert.equal((await answer).kind, 'unknown')
    await locked
    assert.equal((await engine.look(last.position)).last.position, end.position)
  })

  test('contract 14.4: an append that takes too long has no answer, and may be stored later', async () => {
    const engine = await opened()
    const { last } = await engine.look(0)
    const next = entry(last)
    const locked = postgres
      .query('begin; lock table hyperfleet.entry in share mode; select pg_sleep(3); commit')
      .catch(() => {})
    await new Promise(resolve => setTimeout(resolve, 300))
    assert.equal((await engine.append(last, next)).kind, 'unknown')
    await locked
    for (let tries = 0; tries < 100 && (await engine.append(last, next)).kind !== 'taken'; tries++)
      await new Promise(resolve => setTimeout(resolve, 50))
    assert.deepEqual((await engine.look(last.position)).entries, [next.bytes])
  })

  test('a commit is durable whatever the role has set', async () => {
    await postgres.query('alter role postgres set synchronous_commit = off')
    const { engine, findings } = await openPostgres(options())
    engines.push(engine)
    assert.ok(findings.some(({ text }) => text.startsWith('synchronous_commit = off')))
    await postgres.query(
      `create function hyperfleet.seen() returns trigger language plpgsql as
       $$ begin perform set_config('hyperfleet.seen', current_setting('synchronous_commit'), false); raise exception 'it is %', current_setting('synchronous_commit') using errcode = '53100'; end $$`,
    )
    await postgres.query(
      'create trigger seen after insert on hyperfleet.entry for each row execute function hyperfleet.seen()',
    )
    const { last } = await engine.look(0)
    const answer = await engine.append(last, entry(last))
    await postgres.query('drop trigger seen on hyperfleet.entry')
    await postgres.query('alter role postgres reset synchronous_commit')
    assert.deepEqual(answer, { kind: 'refused', reason: 'it is on' })
  })

  test('tables of a newer version are refused', async () => {
    await postgres.query('insert into hyperfleet.version values (99, now())')
    await assert.rejects(openPostgres(options()), { name: 'NewerSchemaError', message: /version 99/ })
    await postgres.query('delete from hyperfleet.version where version = 99')
  })

  test('a read-only database is refused', async () => {
    await postgres.query('alter role postgres set default_transaction_read_only = on')
    await assert.rejects(openPostgres(options()), { name: 'DatabaseRefusedError', message: /read-only/ })
    await postgres.query(
      'set transaction_read_only = off; alter role postgres reset default_transaction_read_only',
    )
  })

  test('a database that is away has no answers, and is found again', async () => {
    const engine = await opened()
    const [stored] = await grow(engine, [Buffer.from('kept')])
    assert.ok(stored)
    await postgres.kill()
    await assert.rejects(engine.look(0))
    assert.equal((await engine.append(stored.place, entry(stored.place))).kind, 'unknown')
    await postgres.start()
    assert.deepEqual((await engine.look(stored.place.position)).last, stored.place)
    await grow(engine, [Buffer.from('and goes on')])
  })
})

test('the settings of a database are put into words, the worst first', () => {
  const good = {
    versionNumber: 150_020,
    isStandby: false,
    isReadOnly: false,
    fsync: 'on',
    fullPageWrites: 'on',
    synchronousCommit: 'on',
    synchronousStandbyNames: '',
    dataChecksums: 'on',
  }
  const address = { host: '/run', port: 1, user: 'u', database: 'd', tlsMode: 'disable' } as const
  const kinds = (changes: Partial<typeof good>, at: { host?: string } = {}) =>
    findingsOf({ ...good, ...changes }, { ...address, ...at }).map(({ kind }) => kind)
  assert.deepEqual(kinds({}), ['note'])
  assert.deepEqual(kinds({ versionNumber: 110_000 }), ['refuse', 'note'])
  assert.deepEqual(kinds({ isStandby: true, isReadOnly: true }), ['refuse', 'note'])
  assert.deepEqual(kinds({ fsync: 'off', fullPageWrites: 'off' }), ['danger', 'danger', 'note'])
  assert.deepEqual(kinds({ synchronousCommit: 'local', dataChecksums: 'off' }), [
    'warning',
    'warning',
    'note',
  ])
  assert.deepEqual(kinds({}, { host: 'db' }), ['warning', 'note'])
})
