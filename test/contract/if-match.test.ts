// Writes of what the client has read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report, type TestAnswer } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { rawRequest, sendRaw } from '../harness/raw.ts'

const tagOf = ({ headers }: TestAnswer) => String(headers.etag)

async function family(bench: Bench) {
  const created = await bench.client.post('/clusters', { kind: 'Cluster', name: bench.name(), spec: {} })
  const cluster = `/clusters/${created.json.id}`
  const body = { kind: 'NodePool', name: 'pool', spec: {} }
  const pool = await bench.client.post(`${cluster}/nodepools`, body)
  return {
    created,
    cluster,
    pool,
    flat: `/nodepools/${pool.json.id}`,
    nested: `${cluster}/nodepools/${pool.json.id}`,
  }
}

benchOnBothEngines('If-Match', bench => {
  const patch = (path: string, tag: string, spec: object) =>
    bench.client.send(path, { method: 'PATCH', headers: { 'if-match': tag }, body: { spec } })
  const remove = (path: string, tag: string) =>
    bench.client.send(path, { method: 'DELETE', headers: { 'if-match': tag } })
  const force = (path: string, tag: string, body: object = { reason: 'stuck' }) =>
    bench.client.send(`${path}/force-delete`, { method: 'POST', headers: { 'if-match': tag }, body })
  const mismatch = (answer: TestAnswer) => {
    assertProblem(answer, 'HYPERFLEET-CNF-004')
    assert.equal(answer.status, 412)
    assert.match(String(answer.headers['x-hyperfleet-sequence']), /^[0-9]+$/)
    assert.equal(answer.headers.etag, undefined)
  }

  test('contract 12.12: POST, PATCH and DELETE answer with the tag that the next read has', async () => {
    const { client } = bench
    const { created, cluster, pool, flat } = await family(bench)
    assert.equal(tagOf(created), tagOf(await client.get(cluster)))
    assert.equal(tagOf(pool), tagOf(await client.get(flat)))
    await client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(0)))
    const reported = await client.get(cluster)
    assert.notEqual(tagOf(reported), tagOf(created))
    assert.equal(tagOf(await client.patch(cluster, { spec: {} })), tagOf(reported), 'an unchanged patch')
    const patched = await client.patch(cluster, { labels: { a: 'b' } })
    assert.equal(tagOf(patched), tagOf(await client.get(cluster)))
    const deleted = await client.delete(cluster)
    assert.equal(tagOf(deleted), tagOf(await client.get(cluster)))
    assert.equal(tagOf(await client.delete(cluster)), tagOf(deleted))
    const stored = await client.put(`${cluster}/statuses`, report('dns', 'False', 1, at(0)))
    assert.deepEqual([stored.status, stored.headers.etag], [201, undefined])
    const gone = await family(bench)
    const removed = await client.delete(gone.flat)
    assert.deepEqual([removed.status, removed.headers.etag], [202, undefined])
    assert.equal((await client.get(gone.flat)).status, 404)
  })

  test('contract 12.12: a write with the present tag is done, and with an older one refused', async () => {
    const { created, cluster } = await family(bench)
    const first = await patch(cluster, tagOf(created), { n: 1 })
    assert.equal(first.status, 200)
    mismatch(await patch(cluster, tagOf(created), { n: 2 }))
    mismatch(await patch(cluster, tagOf(created), { n: 1 }))
    mismatch(await remove(cluster, tagOf(created)))
    const now = await bench.client.get(cluster)
    assert.deepEqual([now.json.spec, tagOf(now), now.json.deleted_time], [{ n: 1 }, tagOf(first), undefined])
    const labelled = await bench.client.patch(cluster, { labels: { a: 'b' } })
    mismatch(await patch(cluster, tagOf(first), { n: 3 }))
    assert.equal((await patch(cluster, `"x", ${tagOf(labelled)}`, { n: 3 })).status, 200)
  })

  test('contract 12.12: a report in between is no conflict, for any of the three', async () => {
    const { client } = bench
    const { cluster, pool, flat, nested } = await family(bench)
    await client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(0)))
    await client.put(`${flat}/statuses`, report('dns', 'True', 1, at(0)))
    assert.equal((await patch(nested, tagOf(pool), { n: 1 })).status, 200)
    const read = await client.get(flat)
    await client.put(`${flat}/statuses`, report('dns', 'False', 2, at(1)))
    assert.notEqual(tagOf(await client.get(flat)), tagOf(read))
    const deleted = await remove(flat, tagOf(read))
    assert.equal(deleted.status, 202)
    await client.put(`${flat}/statuses`, finalized('vpc', 3, at(1)))
    mismatch(await force(flat, tagOf(read)))
    assert.equal((await force(flat, tagOf(deleted))).status, 204)
  })

  test('contract 12.12: * fits any version, weak tags and what is no tag fit none', async () => {
    const { created, cluster, pool } = await family(bench)
    const tag = tagOf(created)
    for (const named of [`W/${tag}`, '"x"', 'x', tag.slice(1, -1), '""', `"${'x'.repeat(500)}"`, tagOf(pool)])
      mismatch(await patch(cluster, named, { n: 1 }))
    const list = await bench.client.get('/clusters')
    mismatch(await patch(cluster, tagOf(list), { n: 1 }))
    assert.equal((await patch(cluster, '*', { n: 1 })).status, 200)
    assert.equal((await remove(cluster, '*')).status, 202)
  })

  test('contract 12.12: the order is 400, 404, 409, 412', async () => {
    const { client } = bench
    const { cluster, flat, created } = await family(bench)
    assert.equal((await patch(cluster, '"x"', 5 as unknown as object)).status, 400)
    assert.equal((await force(cluster, '"x"', {})).status, 400)
    for (const answer of [
      await patch('/clusters/none', '"x"', {}),
      await remove('/clusters/none', '*'),
      await force('/clusters/none', '"x"'),
    ])
      assert.equal(answer.status, 404)
    assert.equal((await force(cluster, tagOf(created))).status, 409)
    await client.put(`${flat}/statuses`, report('dns', 'True', 1, at(0)))
    await client.delete(cluster)
    assert.equal((await patch(cluster, '"x"', { n: 1 })).status, 409)
    mismatch(await remove(cluster, tagOf(created)))
    mismatch(await force(cluster, tagOf(created)))
  })

  test('contract 12.12: of any number of writes with one tag at the same time one is done', async () => {
    const { created, cluster } = await family(bench)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 5 === 0
          ? bench.client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(i)))
          : patch(cluster, tagOf(created), { n: i }),
      ),
    )
    const patches = answers.filter((_, i) => i % 5 !== 0).map(({ status }) => status)
    assert.deepEqual(patches.toSorted(), [200, ...Array.from({ length: 15 }, () => 412)])
    const [done] = answers.filter(({ status }) => status === 200)
    assert.deepEqual((await bench.client.get(cluster)).json.spec, done?.json.spec)
  })

  test('contract 12.12: a condition without a tag is no write without a condition', async () => {
    const { created, cluster } = await family(bench)
    const patchWith = async (...lines: string[]) => {
      const bytes = rawRequest('PATCH', `/api/hyperfleet/v1${cluster}`, '{"spec":{"n":1}}', lines)
      return (await sendRaw(bench.server.origin, bytes))?.status
    }
    for (const lines of [['If-Match:'], ['If-Match: '], ['If-Match: ,'], ['If-Match:', 'If-Match: "x"']])
      assert.equal(await patchWith(...lines), 412, lines.join(' | '))
    assert.deepEqual((await bench.client.get(cluster)).json.spec, {})
    assert.equal(await patchWith('If-Match:', `If-Match: ${tagOf(created)}`), 200)
  })

  test('contract 12.12: a report ignores If-Match, and a creation, too', async () => {
    const { cluster } = await family(bench)
    const headers = { 'if-match': '"x"' }
    const body = report('dns', 'True', 1, at(0))
    assert.equal(
      (await bench.client.send(`${cluster}/statuses`, { method: 'PUT', headers, body })).status,
      201,
    )
    const creation = { kind: 'Cluster', name: bench.name(), spec: {} }
    assert.equal(
      (await bench.client.send('/clusters', { method: 'POST', headers, body: creation })).status,
      201,
    )
  })

  test('contract 12.12: a tag fits after a restart', async () => {
    const { created, cluster } = await family(bench)
    await bench.client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(0)))
    await bench.restart()
    assert.equal((await patch(cluster, tagOf(created), { n: 1 })).status, 200)
    await bench.restart()
    mismatch(await patch(cluster, tagOf(created), { n: 2 }))
  })
})
