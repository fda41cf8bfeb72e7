// `hyperfleet wait`: for named resources and for what a search matches, its timeouts, and outages of the server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { report, TestClient } from '../harness/client.ts'
import { KillableServer } from '../harness/killable-server.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES } from '../harness/server.ts'
import { type Shell, startShell } from './client-process.ts'

describe('hyperfleet wait', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
    await shell.client.cluster('labelled')
  })
  after(() => shell.stop())

  const isReady = (id: string) =>
    [`/clusters/${id}/statuses`, report('dns', 'True', 1, new Date().toISOString())] as const

  test('contract 6.4: wait ends when the condition is met', async () => {
    const { id } = await shell.client.cluster('awaited')
    const waiting = shell.start(['wait', 'cluster', 'awaited', '--for', 'condition=Ready', '--timeout', '5m'])
    const isFalse = await shell.run('wait', 'cluster', id, '--for', 'condition=ready=false')
    assert.deepEqual([isFalse.code, isFalse.stdout], [0, 'cluster/awaited condition met\n'])
    await shell.client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, new Date().toISOString()))
    const { code, stdout, stderr } = await waiting.ended
    assert.deepEqual([code, stdout, stderr], [0, 'cluster/awaited condition met\n', ''])
  })

  test('a wait that times out ends with 1 and prints the last status', async () => {
    const late = await shell.run(
      'wait',
      'cluster',
      'labelled',
      '--for',
      'condition=Ready',
      '--timeout',
      '100ms',
    )
    assert.deepEqual([late.code, late.stdout], [1, ''])
    assert.equal(
      late.stderr,
      'hyperfleet: timed out after 0.1 s: cluster/labelled is Ready=False, AwaitingAdapters: Waiting for adapters to report status\n',
    )
    const other = await shell.run('wait', 'cluster', 'labelled', '--for', 'condition=Dns', '--timeout', '0')
    assert.match(other.stderr, /cluster\/labelled has no condition Dns\n$/)
  })

  test('wait --for create waits for a missing resource; any other wait does not', async () => {
    const waiting = shell.start(['wait', 'np', 'to-come/workers', '--for', 'create', '--timeout', '5m'])
    assert.equal((await shell.run('wait', 'cluster', 'to-come', '--for', 'condition=Ready')).code, 3)
    const { id } = await shell.client.cluster('to-come')
    await shell.client.nodepool(id, 'workers')
    const { code, stdout } = await waiting.ended
    assert.deepEqual([code, stdout], [0, 'nodepool/to-come/workers exists\n'])
  })

  test('an invalid command line of wait is refused', async () => {
    for (const [args, words] of [
      [['cluster', 'a'], /wait needs --for/],
      [['cluster', '--for', 'create'], /wait for which of the clusters/],
      [['cluster', 'a', '--for', 'deletion'], /--for is 'deletion': must be condition=TYPE/],
      [['cluster', 'a', '--for', 'condition=Ready=Unknown'], /with a status of True or False/],
      [['cluster', 'a', '--for', 'create', '--timeout', '-1s'], /--timeout has no value/],
      [['cluster', 'a', '--for', 'create', '--timeout', '1 s'], /--timeout is '1 s': must be a duration/],
      [['status', 'a', '--for', 'create'], /wait takes clusters or nodepools/],
    ] as const) {
      const { code, stderr } = await shell.run('wait', ...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, words)
    }
  })

  test('wait --search: until every match has the condition', async () => {
    const { client } = shell
    const all = ['yes', 'yes'].map((all, i) => client.cluster(`all-${i}`, { labels: { all } }))
    const [one, other] = await Promise.all(all)
    assert.ok(one !== undefined && other !== undefined)
    const args = ['wait', 'clusters', '-l', 'all=yes', '--for', 'condition=Ready']
    await client.post(...isReady(one.id))
    const late = await shell.run(...args, '--timeout', '0')
    assert.equal(late.code, 1)
    assert.match(
      late.stderr,
      /timed out after 0 s: 1 of 2 clusters not yet, such as cluster\/all-1, which is Ready=False, Awaiting/,
    )
    const waiting = shell.start([...args, '--timeout', '5m'])
    await client.post(...isReady(other.id))
    const { code, stdout, stderr } = await waiting.ended
    assert.deepEqual([code, stdout, stderr], [0, '2 clusters condition met\n', ''])
  })

  test('wait --search: for create until something matches, for delete until nothing does', async () => {
    const { client } = shell
    const selector = ['-l', 'some=yes', '--timeout', '5m']
    assert.equal(
      (await shell.run('wait', 'clusters', ...selector, '--for', 'delete')).stdout,
      'no clusters match\n',
    )
    const missing = await shell.run('wait', 'clusters', ...selector, '--for', 'condition=Ready')
    assert.deepEqual([missing.code, missing.stderr], [3, 'hyperfleet: no clusters match\n'])
    const creation = shell.start(['wait', 'clusters', ...selector, '--for', 'create'])
    const { id } = await client.cluster('some', { labels: { some: 'yes' } })
    assert.equal((await creation.ended).stdout, '1 clusters match, such as cluster/some\n')
    const removal = shell.start(['wait', 'clusters', ...selector, '--for', 'delete'])
    await client.patch(`/clusters/${id}`, { labels: {} })
    assert.equal((await removal.ended).stdout, 'no clusters match\n')
  })

  test('wait --search: nodepools of one cluster', async () => {
    const { id } = await shell.client.cluster('with-pools')
    await shell.client.nodepool(id, 'workers')
    const args = ['wait', 'np', '--cluster', 'with-pools', '--search', "name like 'work%'", '--for', 'create']
    const { code, stdout } = await shell.run(...args)
    assert.deepEqual([code, stdout], [0, '1 nodepools match, such as nodepool/workers\n'])
  })

  for (const engine of ENGINES)
    test(`a wait lasts through kill -9 of the server [${engine}]`, async t => {
      const server = await KillableServer.start(engine)
      t.after(() => server.stop())
      const client = new TestClient(server.origin)
      t.after(() => client.close())
      const { id } = await client.cluster('killed', { labels: { a: 'b' } })
      const common = ['--for', 'condition=Ready', '--timeout', '10m', '--server', server.origin]
      const waits = [
        shell.start(['wait', 'cluster', 'killed', ...common]),
        shell.start(['wait', 'clusters', '-l', 'a=b', ...common]),
      ]
      const removal = shell.start(['wait', 'cluster', 'killed', '--for', 'delete', ...common.slice(2)])
      // Each has a watch: it notes its loss.
      await openReads(client, 3)
      await server.kill()
      for (const { note } of [...waits, removal]) await note('still watching')
      await server.resume()
      await client.post(...isReady(id))
      for (const { ended } of waits) {
        const { code, stdout, stderr } = await ended
        assert.deepEqual([code, /condition met\n$/.test(stdout)], [0, true], stderr)
      }
      await client.delete(`/clusters/${id}`)
      await client.post(`/clusters/${id}/force-delete`, { reason: 'a test' })
      assert.equal((await removal.ended).stdout, 'cluster/killed is gone\n')
    })
})

/** Resolves once the server has as many open watches. */
async function openReads(client: TestClient, wanted: number): Promise<void> {
  const endMs = performance.now() + WAIT_HANGS_AFTER_MS
  for (;;) {
    const { text } = await client.get('/metrics')
    const [, count] = /^hyperfleet_api_open_reads\S* (\d+)$/m.exec(text) ?? []
    if (Number(count) === wanted) return
    assert.ok(performance.now() < endMs, `there are ${count} open watches, and not ${wanted}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
