// `hyperfleet get --watch`: its output in a pipe, outages, and its end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { report, TestClient } from '../harness/client.ts'
import type { CommandProcess } from '../harness/command-process.ts'
import { KillableServer } from '../harness/killable-server.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES } from '../harness/server.ts'
import { type Shell, startShell } from './client-process.ts'

describe('hyperfleet get --watch', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
  })
  after(() => shell.stop())

  /** Ends the command as Ctrl-C does. */
  async function interrupt(watching: CommandProcess) {
    watching.child.kill('SIGINT')
    return watching.ended
  }

  test('a pipe first gets everything, then new and changed items, until Ctrl-C ends it with 130', async () => {
    const { client } = shell
    const one = await client.cluster('one-cluster')
    await client.cluster('two-cluster')
    const watching = shell.start(['get', 'clusters', '--watch', '--interval', '1'])
    await watching.line('one-cluster\t')
    await client.patch(`/clusters/${one.id}`, { spec: { changed: true } })
    await watching.line('one-cluster\tFalse\tFalse\t2')
    await client.cluster('three-cluster')
    await watching.line('three-cluster\t')
    const { code, stdout, stderr } = await interrupt(watching)
    assert.deepEqual([code, stderr], [130, ''])
    const rows = stdout
      .split('\n')
      .map(line => line.split('\t').slice(0, 4).join(' '))
      .filter(Boolean)
    assert.deepEqual(rows, [
      'NAME READY AVAILABLE GENERATION',
      'two-cluster False False 1',
      'one-cluster False False 1',
      'one-cluster False False 2',
      'three-cluster False False 1',
    ])
  })

  test('with -o json every change is a document on one line', async () => {
    const { id } = await shell.client.cluster('json-cluster', { spec: { big: 1 } })
    const watching = shell.start(['get', 'cluster', 'json-cluster', '-w', '-o', 'json', '--interval', '1'])
    assert.equal(JSON.parse(await watching.line('"generation":1,')).name, 'json-cluster')
    await shell.client.patch(`/clusters/${id}`, { spec: { big: 2 } })
    assert.deepEqual(JSON.parse(await watching.line('"generation":2,')).spec, { big: 2 })
    assert.equal((await interrupt(watching)).code, 130)
  })

  test('a first poll that fails ends it', async () => {
    const { code } = await shell.run('get', 'cluster', 'nope', '--watch')
    assert.equal(code, 3)
    const refused = await shell.run('get', 'clusters', '--search', 'x', '--watch')
    assert.equal(refused.code, 1)
  })

  for (const engine of ENGINES)
    test(`a server that is killed later is reported once, and waited for [${engine}]`, async t => {
      const server = await KillableServer.start(engine)
      t.after(() => server.stop())
      const client = new TestClient(server.origin)
      t.after(() => client.close())
      await client.cluster('before')
      const watching = shell.start(['get', 'clusters', '-w', '--server', server.origin])
      await watching.line('before')
      await server.kill()
      await watching.note('still watching')
      await server.resume()
      await client.cluster('afterwards')
      await watching.line('afterwards')
      const { code, stdout, stderr } = await interrupt(watching)
      assert.equal(code, 130)
      assert.equal(stderr.match(/still watching/g)?.length, 1, stderr)
      assert.equal(stderr.match(/watching again/g)?.length, 1, stderr)
      const names = stdout.split('\n').map(line => line.split('\t', 1)[0])
      assert.deepEqual(names, ['NAME', 'before', 'afterwards', ''])
    })

  test('an order, a limit and names are those of a list', async () => {
    const { client } = shell
    const [second, first] = [await client.cluster('order-b'), await client.cluster('order-a')]
    const search = ['--search', "name like 'order-%'"]
    const ordered = shell.start(['get', 'clusters', ...search, '--order-by', 'name', '--limit', '2', '-w'])
    const named = shell.start(['get', 'clusters', 'order-b', 'order-a', '-w', '-o', 'json'])
    await ordered.line('order-b\t')
    await named.line('order-a')
    await client.patch(`/clusters/${second.id}`, { spec: { changed: true } })
    await ordered.line('order-b\tFalse\tFalse\t2')
    await named.line('"generation":2,')
    const shown = await interrupt(ordered)
    const names = shown.stdout.split('\n').map(line => line.split('\t', 1)[0])
    assert.deepEqual(names, ['NAME', 'order-a', 'order-b', 'order-b', ''])
    await interrupt(named)
    assert.ok(first.id)
  })

  test('items that are removed, or match no more, are shown again when they are back', async () => {
    const { client } = shell
    const { id } = await client.cluster('back', { labels: { shown: 'yes' } })
    const watching = shell.start(['get', 'clusters', '-l', 'shown=yes', '-w', '-o', 'name'])
    await watching.line('cluster/back')
    await client.patch(`/clusters/${id}`, { labels: { shown: 'no' } })
    await client.cluster('marker', { labels: { shown: 'yes' } })
    await watching.line('cluster/marker')
    await client.patch(`/clusters/${id}`, { labels: { shown: 'yes', last: 'yes' } })
    await client.cluster('end', { labels: { shown: 'yes' } })
    await watching.line('cluster/end')
    const { stdout } = await interrupt(watching)
    assert.equal(stdout.match(/cluster\/back/g)?.length, 2, stdout)
  })

  test('some fields are shown when one of them changes', async () => {
    const { client } = shell
    const { id } = await client.cluster('partly', { labels: { part: 'one' } })
    const watching = shell.start(['get', 'clusters', '-l', 'part', '--fields', 'name,labels.part', '-w'])
    await watching.line('partly\tone')
    await client.patch(`/clusters/${id}`, { spec: { unseen: true } })
    await client.patch(`/clusters/${id}`, { labels: { part: 'two' } })
    await watching.line('partly\ttwo')
    assert.deepEqual((await interrupt(watching)).stdout, 'NAME\tPART\npartly\tone\npartly\ttwo\n')
  })

  test('nodepools have the names of their clusters, and statuses are polled', async () => {
    const { client } = shell
    const { id } = await client.cluster('owning')
    const pools = shell.start(['get', 'np', '--cluster', 'owning', '-w'])
    const statuses = shell.start(['get', 'statuses', '--cluster', 'owning', '-w', '--interval', '1'])
    await client.nodepool(id, 'workers')
    await pools.line('workers\towning\t')
    await client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, new Date().toISOString()))
    await statuses.line('dns\tTrue')
    await interrupt(pools)
    assert.equal((await interrupt(statuses)).code, 130)
  })
})
