// `hyperfleet delete`, `force-delete` and `wait --for delete` against a real server, and what the other commands show of a deletion
// (contract, section 11).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { at } from '../harness/bench.ts'
import { report, type TestClient } from '../harness/client.ts'
import type { CommandProcess } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'

/** A report of an adapter that has removed everything (contract 11.7). */
function finalized(adapter: string, generation: number) {
  const last = report(adapter, 'False', generation, at(0))
  return { ...last, conditions: [...last.conditions, { type: 'Finalized', status: 'True' }] }
}

const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}

for (const mode of ['documents', 'both', 'current'] as const)
  describe(`deletion on the command line (${mode})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let shell: Shell
    let client: TestClient
    before(async () => {
      shell = await startShell({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode })
      client = shell.client
    })
    after(() => shell.stop())

    const finish = async (path: string, adapter: string, generation: number) =>
      assert.equal((await client.put(`${path}/statuses`, finalized(adapter, generation))).status, 201)

    test('contract 11.2, 11.8: delete says what the removal waits for', async () => {
      const { id } = await client.cluster('doomed')
      const pool = await client.nodepool(id, 'workers')
      await client.put(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(0)))
      const { code, stdout } = await shell.run('delete', 'cluster', 'doomed')
      assert.equal(code, 0)
      const adapters = mode === 'documents' ? 'adapter dns' : 'adapters dns, validator'
      assert.equal(stdout, `cluster/doomed is being deleted, waiting for ${adapters}; 1 nodepool: workers\n`)
      const again = await shell.run('delete', 'cluster/doomed', '-o', 'json')
      assert.deepEqual([again.code, JSON.parse(again.stdout).generation], [0, 2])
      await finish(`/clusters/${id}`, 'dns', 2)
      await finish(`/clusters/${id}`, 'validator', 2)
      const last = await shell.run('delete', 'cluster', id)
      assert.equal(last.stdout, 'cluster/doomed is being deleted, waiting for 1 nodepool: workers\n')
      await finish(`/clusters/${id}/nodepools/${pool.id}`, 'pool', 2)
      assert.equal((await shell.run('delete', 'cluster', id)).code, 3)
    })

    test('after the timeout delete --wait and wait --for delete say what is being waited for', async () => {
      const { id } = await client.cluster('slow')
      await client.put(`/clusters/${id}/statuses`, report('validator', 'True', 1, at(0)))
      const deleted = await shell.run('delete', 'cluster', 'slow', '--wait', '--timeout', '0')
      const adapters = mode === 'documents' ? 'adapter validator' : 'adapters dns, validator'
      const last = `timed out after 0 s: cluster/slow is being deleted, waiting for ${adapters}`
      assert.deepEqual([deleted.code, deleted.stdout], [1, ''])
      assert.ok(deleted.stderr.includes(last), deleted.stderr)
      const waited = await shell.run('wait', 'cluster', 'slow', '--for', 'delete', '--timeout', '0')
      assert.equal(waited.code, 1)
      assert.ok(waited.stderr.includes(last), waited.stderr)
      await finish(`/clusters/${id}`, 'dns', 2)
      await finish(`/clusters/${id}`, 'validator', 2)
      const absent = await shell.run('wait', 'cluster', 'slow', '--for', 'delete')
      assert.deepEqual([absent.code, absent.stdout], [0, "there is no cluster 'slow'\n"])
    })

    test('contract 11.12: force-delete removes what is being deleted, and refuses anything else', async () => {
      const { id } = await client.cluster('stuck')
      await client.nodepool(id, 'one')
      await client.nodepool(id, 'two')
      const early = await shell.run('force-delete', 'cluster', 'stuck', '--reason', 'too early')
      assert.equal(early.code, 4)
      assert.match(
        early.stderr,
        /is not in Finalizing state\nmark it first: hyperfleet delete cluster\/stuck/,
      )
      await shell.run('delete', 'cluster', 'stuck')
      const forced = await shell.run('force-delete', 'cluster', 'stuck', '--reason', 'dns is retired')
      assert.deepEqual(
        [forced.code, forced.stdout],
        [0, 'removed cluster/stuck and its nodepools (2) by force\n'],
      )
      assert.equal((await client.get(`/clusters/${id}`)).status, 404)
      for (const args of [[], ['--reason', ' ']]) {
        const { code, stderr } = await shell.run('force-delete', 'cluster', 'stuck', ...args)
        assert.deepEqual([code, /force-delete needs --reason/.test(stderr)], [2, true])
      }
    })

    test('contract 11.5: get shows what is being deleted, and -o name gives its id', async () => {
      const { id } = await client.cluster('shown')
      await shell.run('delete', 'cluster', 'shown')
      const line = (await shell.run('get', 'cluster', id, '--no-headers', '-o', 'wide')).stdout.split('\t')
      const { json } = await client.get(`/clusters/${id}`)
      assert.deepEqual([line[0], line[1], line[6]], ['shown', 'Deleting', json.deleted_time])
      assert.equal((await shell.run('get', 'cluster', id, '-o', 'name')).stdout, `cluster/${id}\n`)
      const text = (await shell.run('describe', 'cluster', 'shown')).stdout
      assert.match(
        text,
        new RegExp(`^Deleted: +${json.deleted_time} \\(\\d+s ago\\) by ${json.deleted_by}$`, 'm'),
      )
      const awaited =
        mode === 'documents' ? 'a required adapter that has not reported' : 'adapters dns, validator'
      assert.match(text, new RegExp(`^Waiting for: +${awaited}$`, 'm'))
    })

    test('contract 4.3: a name means the resource that is not being deleted', async () => {
      const old = await client.cluster('taken')
      await shell.run('delete', 'cluster', 'taken')
      const applied = await shell.feed('kind: Cluster\nname: taken\nspec: {x: 1}\n', 'apply', '-f', '-')
      assert.deepEqual([applied.code, applied.stdout], [0, 'cluster/taken created\n'], applied.stderr)
      const named = JSON.parse((await shell.run('get', 'cluster', 'taken', '-o', 'json')).stdout)
      assert.notEqual(named.id, old.id)
      await shell.run('delete', 'cluster', 'taken')
      const unclear = await shell.run('describe', 'cluster', 'taken')
      assert.equal(unclear.code, 1)
      assert.match(unclear.stderr, /several clusters 'taken' are being deleted: give the id of one/)
      for (const id of [old.id, named.id]) assert.ok(unclear.stderr.includes(id))
    })

    test('contract 11.6: a change of a resource that is being deleted shows the refusal of the server', async () => {
      const { id } = await client.cluster('marked')
      await client.nodepool(id, 'pool')
      await shell.run('delete', 'cluster', 'marked')
      const nodepool = 'kind: NodePool\nname: late\ncluster: marked\nspec: {}\n'
      for (const refused of [
        await shell.run('patch', 'cluster', 'marked', '-p', '{spec: {a: 1}}'),
        await shell.run('label', 'cluster', 'marked', 'a=b'),
        await shell.run('create', 'nodepool', 'late', '--cluster', 'marked'),
        await shell.feed(nodepool, 'apply', '-f', '-'),
      ]) {
        assert.equal(refused.code, 4, refused.stderr)
        assert.match(
          refused.stderr,
          /State Conflict \(HYPERFLEET-CNF-003\): Cluster '\w+' is marked for deletion/,
        )
      }
    })

    test('a wrong name deletes nothing, and nodepools are addressed as elsewhere', async () => {
      const { id } = await client.cluster('careful')
      const pool = await client.nodepool(id, 'kept')
      const wrong = await shell.run('delete', 'nodepool', 'careful/kept', 'careful/absent')
      assert.equal(wrong.code, 3)
      assert.equal((await client.get(`/nodepools/${pool.id}`)).json.deleted_time, undefined)
      const named = (await shell.run('get', 'nodepools', '--cluster', 'careful', '-o', 'name')).stdout.trim()
      const { stdout } = await shell.run('delete', named)
      assert.match(stdout, /^nodepool\/careful\/kept is being deleted, waiting for /)
      assert.equal((await client.get(`/clusters/${id}`)).json.deleted_time, undefined)
    })
  })

test('contract 11.8: a resource that no adapter has to finish is gone at once', {
  timeout: TEST_HANGS_AFTER_MS,
}, async t => {
  const shell = await startShell()
  t.after(() => shell.stop())
  await shell.client.cluster('light')
  const { code, stdout } = await shell.run('delete', 'cluster', 'light')
  assert.deepEqual([code, stdout], [0, 'deleted cluster/light\n'])
  const misused = await shell.run('delete', 'cluster', 'light', '--timeout', '5s')
  assert.deepEqual([misused.code, /--timeout is for --wait/.test(misused.stderr)], [2, true])
})

test('contract 11.8: --wait shows its progress and ends with the removal', {
  timeout: TEST_HANGS_AFTER_MS,
}, async t => {
  const shell = await startShell({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: 'both' })
  t.after(() => shell.stop())
  const one = await shell.client.cluster('one')
  const two = await shell.client.cluster('two')
  const finish = async (id: string) => {
    for (const adapter of ['dns', 'validator'])
      await shell.client.put(`/clusters/${id}/statuses`, finalized(adapter, 2))
  }
  const deleting = shell.start(['delete', 'cluster', 'one', 'two', '--wait', '--timeout', '5m'])
  await shownOnStandardError(deleting, 'waiting for adapters dns, validator): 0 of 2 (0 %)')
  await finish(two.id)
  await deleting.line('deleted cluster/two')
  const waiting = shell.start(['wait', 'cluster', 'one', '--for', 'delete', '--timeout', '5m'])
  await shownOnStandardError(
    waiting,
    'gone (cluster/one is being deleted, waiting for adapters dns, validator)',
  )
  await finish(one.id)
  const [deleted, waited] = await Promise.all([deleting.ended, waiting.ended])
  assert.deepEqual([deleted.code, deleted.stdout], [0, 'deleted cluster/two\ndeleted cluster/one\n'])
  assert.deepEqual([waited.code, waited.stdout], [0, 'cluster/one is gone\n'])
})

function shownOnStandardError({ child, ended }: CommandProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let shown = ''
    child.stderr?.on('data', chunk => {
      shown += chunk
      if (shown.includes(text)) resolve()
    })
    void ended.then(({ stderr }) => reject(new Error(`ended without '${text}': ${stderr}`)))
  })
}
