// `hyperfleet watch`: its lines, what it refuses, and how it lasts through outages of the server.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { START_MS } from '../harness/bench.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { TestClient } from '../harness/client.ts'
import type { CommandProcess } from '../harness/command-process.ts'
import { KillableServer } from '../harness/killable-server.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, startTestServer } from '../harness/server.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'
import { type Shell, startShell } from './client-process.ts'

/** Tokens are accepted for this long after their time (contract 10.1). */
const LEEWAY_S = 30

interface Event {
  readonly type: string
  readonly sequence: number
  readonly since?: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  readonly object?: any
}

function eventsIn(stdout: string): Event[] {
  return stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** The names that the events add up to, by the rules of docs/guide/watching.md. */
function accountOf(events: readonly Event[]): string[] {
  const names = new Map<string, string>()
  for (const { type, object } of events) {
    if (type === 'RESET') names.clear()
    if (type === 'ADDED' || type === 'MODIFIED') names.set(object.id, object.name)
    if (type === 'LEFT' || type === 'DELETED') names.delete(object.id)
  }
  return [...names.values()].sort()
}

/** Ends the command as Ctrl-C does. */
async function interrupt(watching: CommandProcess) {
  watching.child.kill('SIGINT')
  return watching.ended
}

describe('hyperfleet watch', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
  })
  after(() => shell.stop())

  test('contract 12.2, 12.9: prints the events as the server writes them, until Ctrl-C ends it with 130', async () => {
    const { client } = shell
    const { id } = await client.cluster('seen', { spec: { big: 1 } })
    const options = ['--search', "name = 'seen'", '--fields', 'id,generation', '--events', 'added,modified']
    const watching = shell.start(['watch', 'clusters', ...options])
    await watching.line('"BOOKMARK"')
    await client.cluster('unseen')
    await client.patch(`/clusters/${id}`, { spec: { big: 2 } })
    await watching.line('"MODIFIED"')
    const { code, stdout, stderr } = await interrupt(watching)
    assert.deepEqual([code, stderr], [130, ''])
    const events = eventsIn(stdout)
    assert.deepEqual(
      events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => [type, object]),
      [
        ['RESET', undefined],
        ['ADDED', { id, generation: 1 }],
        ['MODIFIED', { id, generation: 2 }],
      ],
    )
  })

  test('contract 12.8: it ends with its cluster, and with the code of a missing one', async () => {
    const { id } = await shell.client.cluster('removed')
    const watching = shell.start(['watch', 'np', '--cluster', 'removed'])
    await watching.line('"BOOKMARK"')
    await shell.client.delete(`/clusters/${id}`)
    const { code, stdout, stderr } = await watching.ended
    assert.equal(code, 3, stderr)
    assert.equal(eventsIn(stdout).at(-1)?.type, 'ERROR')
    assert.match(stderr, /^hyperfleet: the server refuses: .*\n$/)
  })

  test('a wrong command line, a refused search and a server that is not there end it at once', async () => {
    for (const [args, expected, words] of [
      [[], 2, /watch needs a type: clusters or nodepools/],
      [['statuses'], 2, /watch takes clusters or nodepools/],
      [['clusters', 'a'], 2, /watch takes no names/],
      [['clusters', '--cluster', 'a'], 2, /watch clusters takes no --cluster/],
      [['clusters', '--events', 'ADDED,ALL'], 2, /--events is 'ADDED,ALL': must be types of ADDED, MODIFIED/],
      [['np', '--cluster', 'nope'], 3, /there is no cluster 'nope'/],
      [['clusters', '--search', "nme = 'x'"], 1, /\n {4}nme = 'x'\n {4}\^/],
      [['clusters', '--fields', 'nme'], 1, /the server refuses: Validation Failed/],
      [['clusters', '--server', 'http://127.0.0.1:1'], 6, /no server can be reached/],
    ] as const) {
      const { code, stderr } = await shell.run('watch', ...args)
      assert.deepEqual([code, stderr.match(words) !== null], [expected, true], `${args.join(' ')}: ${stderr}`)
    }
  })

  test('a reader that goes away ends it silently', async () => {
    const { child, ended, line } = shell.start(['watch', 'clusters'])
    await line('"BOOKMARK"')
    child.stdout?.destroy()
    await shell.client.cluster('to-nobody')
    const { code, stderr } = await ended
    assert.deepEqual([code, stderr], [0, ''])
  })

  test('contract 12.8: a server that asks to come later is asked again later', async t => {
    const full = await startShell({ HYPERFLEET_LIMITS_OPEN_READS_PER_CLIENT: '1' })
    t.after(() => full.stop())
    const first = full.start(['watch', 'clusters'])
    await first.line('"BOOKMARK"')
    const second = full.start(['watch', 'nodepools'])
    await second.note('HYPERFLEET-LMT-001')
    await second.note('still watching')
    await interrupt(first)
    await second.line('"BOOKMARK"')
    const { code, stderr } = await interrupt(second)
    assert.equal(code, 130)
    assert.match(stderr, /watching again/)
  })

  for (const engine of ENGINES)
    test(`contract 12.4: after kill -9 of the server the events add up to the list [${engine}]`, async t => {
      const server = await KillableServer.start(engine)
      t.after(() => server.stop())
      const client = new TestClient(server.origin)
      t.after(() => client.close())
      const { id: leaving } = await client.cluster('leaving', { labels: { in: 'yes' } })
      const { id: gone } = await client.cluster('gone', { labels: { in: 'yes' } })
      await client.cluster('staying', { labels: { in: 'yes' } })
      const watching = shell.start(['watch', 'clusters', '-l', 'in=yes', '--server', server.origin])
      await watching.line('"BOOKMARK"')
      await server.kill()
      await watching.note('still watching')
      await server.resume()
      await client.patch(`/clusters/${leaving}`, { labels: {} })
      await client.delete(`/clusters/${gone}`)
      await client.cluster('coming', { labels: { in: 'yes' } })
      await watching.line('"coming"')
      await watching.note('watching again')
      const { stdout, stderr } = await interrupt(watching)
      const events = eventsIn(stdout)
      assert.deepEqual(accountOf(events), ['coming', 'staying'])
      assert.equal(events.filter(({ type }) => type === 'RESET').length, 1, 'it should resume')
      assert.match(stderr, /watching again: what has changed meanwhile follows/)
    })

  test('contract 12.4: --since begins with what has changed since, or with everything', async () => {
    const { client } = shell
    const { id } = await client.cluster('since-a', { labels: { since: 'yes' } })
    await client.cluster('since-b', { labels: { since: 'yes' } })
    const first = shell.start(['watch', 'clusters', '-l', 'since=yes'])
    const { since = '' } = JSON.parse(await first.line('"BOOKMARK"'))
    await interrupt(first)
    await client.patch(`/clusters/${id}`, { spec: { changed: true } })
    const [other, second] = ['none', since].map(text =>
      shell.start(['watch', 'clusters', '-l', 'since=yes', '--since', text]),
    )
    await other?.line('"BOOKMARK"')
    await second?.line('"BOOKMARK"')
    const whole = eventsIn((await interrupt(other as CommandProcess)).stdout)
    assert.deepEqual(accountOf(whole), ['since-a', 'since-b'])
    assert.equal(whole[0]?.type, 'RESET')
    const resumed = eventsIn((await interrupt(second as CommandProcess)).stdout)
    assert.deepEqual(
      resumed.slice(0, 2).map(({ type, object }) => [type, object?.name]),
      [
        ['MODIFIED', 'since-a'],
        ['BOOKMARK', undefined],
      ],
    )
  })

  test('contract 10.1, 12.8: it lasts through a token that is replaced, and ends with one that is not', async t => {
    const signer = await Signer.create('watch-command')
    const keys = writeKeySet([signer])
    t.after(keys.remove)
    let nowS = 0
    const machineMs = () => START_MS + nowS * 1000
    const guarded = await startTestServer({ engine: 'node', environment: keys.environment, machineMs })
    t.after(() => guarded.stop())
    const path = join(shell.home, 'token')
    await writeFile(path, await signer.sign({ expiresAt: 60 }), { mode: 0o600 })
    const args = ['watch', 'clusters', '--server', guarded.origin, '--token-file', path]
    const watching = shell.start(args)
    await watching.line('"BOOKMARK"')
    await writeFile(path, await signer.sign({ expiresAt: 3600 }), { mode: 0o600 })
    nowS = 60 + LEEWAY_S
    await watching.note('the token has expired; still watching')
    await watching.note('watching again')
    nowS = 3600 + LEEWAY_S
    const { code, stderr } = await watching.ended
    assert.equal(code, 5)
    assert.match(stderr, /get a new token/)
  })

  test('over TLS it trusts the authority of --ca-file', { skip: whyNoCertificates }, async t => {
    const authority = new CertificateAuthority()
    t.after(() => authority.remove())
    authority.issue('server')
    const environment = {
      HYPERFLEET_SERVER_TLS_CERT_PATH: authority.certPath,
      HYPERFLEET_SERVER_TLS_KEY_PATH: authority.keyPath,
    }
    const secure = await startTestServer({ engine: 'node', environment })
    t.after(() => secure.stop())
    const origin = `https://127.0.0.1:${secure.server.port}`
    const path = join(shell.home, 'authority.pem')
    await writeFile(path, authority.trusted)
    const trusting = shell.start(['watch', 'clusters', '--server', origin, '--ca-file', path])
    await trusting.line('"BOOKMARK"')
    assert.equal((await interrupt(trusting)).code, 130)
    const { code, stderr } = await shell.run('watch', 'clusters', '--server', origin)
    assert.deepEqual([code, /--ca-file/.test(stderr)], [6, true], stderr)
  })
})
