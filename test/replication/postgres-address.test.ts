// The address of a database, and the way there: TLS, and a password from a file.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AddressError, parseDatabaseUrl } from '../../src/replication/postgres/address.ts'
import { Connection } from '../../src/replication/postgres/connection.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Postgres, postgresPrograms } from '../harness/postgres.ts'

test('a URL names host, port, user and database; a network host has to prove who it is', () => {
  assert.deepEqual(parseDatabaseUrl('postgres://u@db.example.com/d'), {
    host: 'db.example.com',
    port: 5432,
    user: 'u',
    database: 'd',
    tlsMode: 'verify-full',
  })
  assert.deepEqual(parseDatabaseUrl('postgresql://u%40x@[::1]:5433/d%2Fe?sslmode=require'), {
    host: '::1',
    port: 5433,
    user: 'u@x',
    database: 'd/e',
    tlsMode: 'require',
  })
  const socket = parseDatabaseUrl('postgres://u@localhost/d?host=/var/run/postgresql')
  assert.deepEqual([socket.host, socket.tlsMode], ['/var/run/postgresql', 'disable'])
})

test('a URL that leads nowhere is refused with what would be right', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['nonsense', /not a URL such as/],
    ['mysql://u@h/d', /begins with mysql:\/\//],
    ['postgres://u:secret@h/d', /a password, which must be in a file/],
    ['postgres://h/d', /names no user/],
    ['postgres://u@h', /names no database/],
    ['postgres://u@h/d?sslmod=require', /unknown parameter "sslmod"; did you mean sslmode\?/],
    ['postgres://u@h/d?target=x', /they are host and sslmode/],
    ['postgres://u@h/d?sslmode=prefer', /must be one of disable, require, verify-full/],
  ]
  for (const [url, message] of cases)
    assert.throws(() => parseDatabaseUrl(url), { name: AddressError.name, message })
  assert.throws(
    () => parseDatabaseUrl('postgres://u:secret@h/d'),
    ({ message }: Error) => !message.includes('secret'),
  )
})

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : (whyNoCertificates ?? false)

describe('a connection by TLS with a password', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  const authority = new CertificateAuthority()
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-password-'))
  const passwordPath = join(folder, 'password')
  const caPath = join(folder, 'authority.pem')
  let postgres: Postgres
  let port: number

  before(async () => {
    assert.ok('folder' in programs)
    authority.issue('localhost')
    port = await freePort()
    const { certPath: certificatePath, keyPath } = authority
    postgres = await Postgres.start(programs.folder, { port, certificatePath, keyPath })
    writeFileSync(caPath, authority.trusted)
    await postgres.query("create role fleet login password 'first'")
  })

  after(async () => {
    await postgres?.remove()
    authority.remove()
    rmSync(folder, { recursive: true })
  })

  async function user(sslmode: string, trusted: string | undefined): Promise<unknown> {
    const connection = new Connection({
      address: parseDatabaseUrl(`postgres://fleet@localhost:${port}/postgres${sslmode}`),
      passwordPath,
      tls: { caPath: trusted, certificatePath: undefined, keyPath: undefined },
      callMs: 10_000,
      applicationName: 'test',
    })
    try {
      const { rows } = await connection.query(
        'select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()',
      )
      return rows[0]
    } finally {
      await connection.close()
    }
  }

  test('the password is read for each connection', async () => {
    for (const password of ['first', 'second']) {
      await postgres.query(`alter role fleet password '${password}'`)
      writeFileSync(passwordPath, `${password}\n`)
      assert.deepEqual(await user('', caPath), ['fleet', true])
    }
    writeFileSync(passwordPath, 'wrong')
    await assert.rejects(user('', caPath), {
      name: 'NoAnswerError',
      message: /password authentication failed/,
    })
    writeFileSync(passwordPath, 'second')
  })

  test('a host whose certificate nobody vouches for is refused, unless it may be anybody', async () => {
    await assert.rejects(user('', undefined), { name: 'NoAnswerError', message: /certificate/ })
    assert.deepEqual(await user('?sslmode=require', undefined), ['fleet', true])
  })

  test('a database that asks for TLS refuses a connection without it', async () => {
    await assert.rejects(user('?sslmode=disable', undefined), {
      name: 'NoAnswerError',
      message: /no encryption/,
    })
  })
})
