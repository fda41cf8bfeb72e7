// Valid reports that are too early, too late or Unknown: 204, and nothing stored (contract 5.3).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertDetail } from '../harness/faults.ts'
import { assertProblem } from '../harness/problem.ts'

type Report = ReturnType<typeof report>

/** Paths of a cluster and of a nodepool, both at generation 2. */
async function bothKinds(bench: Bench): Promise<string[]> {
  const { id } = await bench.client.cluster(bench.name())
  const pool = await bench.client.nodepool(id, 'pool')
  const paths = [`/clusters/${id}`, `/clusters/${id}/nodepools/${pool.id}`]
  for (const path of paths) await bench.client.patch(path, { spec: { a: 1 } })
  return paths
}

benchOnBothEngines('reports that are discarded', bench => {
  const send = async (path: string, body: Report) =>
    (await bench.client.post(`${path}/statuses`, body)).status

  /** Asserts that a report is answered 204 and leaves no trace in the resource, its statuses or after a restart. */
  async function assertDiscarded(path: string, body: Report): Promise<void> {
    const read = async () => [
      (await bench.client.get(path)).text,
      (await bench.client.get(`${path}/statuses`)).text,
    ]
    const before = await read()
    for (const method of ['POST', 'PUT']) {
      const { status, text } = await bench.client.send(`${path}/statuses`, { method, body })
      assert.deepEqual([status, text], [204, ''], JSON.stringify(body))
    }
    assert.deepEqual(await read(), before)
  }

  test('contract 5.3a: a generation that the resource has not reached yet', async () => {
    for (const path of await bothKinds(bench)) {
      await assertDiscarded(path, report('dns', 'True', 3, at(1)))
      await assertDiscarded(path, report('dns', 'True', 2_147_483_647, at(1)))
      assert.equal(await send(path, report('dns', 'True', 2, at(1))), 201)
      await assertDiscarded(path, report('dns', 'False', 3, at(2)))
      await bench.client.patch(path, { spec: { a: 2 } })
      assert.equal(await send(path, report('dns', 'False', 3, at(2))), 201)
    }
  })

  test('contract 5.3b: a generation before the last one of this adapter, however late', async () => {
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 2, at(1))), 201)
      await assertDiscarded(path, report('dns', 'False', 1, at(100)))
      assert.equal(await send(path, report('validator', 'False', 1, at(0))), 201)
      assert.equal(await send(path, report('validator', 'True', 2, at(0))), 201)
    }
  })

  test('contract 5.3c: an earlier time at the same generation', async () => {
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 1, at(10))), 201)
      await assertDiscarded(path, report('dns', 'False', 1, at(9)))
      await assertDiscarded(path, report('dns', 'False', 1, at(9.999)))
      assert.equal(await send(path, report('validator', 'True', 1, at(1))), 201)
    }
  })

  test('contract 5.3: the same time at the same generation is accepted', async () => {
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 1, at(10))), 201)
      assert.equal(await send(path, report('dns', 'False', 1, at(10))), 201)
      const { items } = (await bench.client.get(`${path}/statuses`)).json
      assert.equal(items[0].conditions[0].status, 'False')
    }
  })

  test('contract 5.3: a later generation is accepted even with an earlier time', async () => {
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 1, at(10))), 201)
      assert.equal(await send(path, report('dns', 'True', 2, at(5))), 201)
      await assertDiscarded(path, report('dns', 'True', 2, at(4)))
      assert.equal(await send(path, report('dns', 'True', 2, at(6))), 201)
    }
  })

  test('contract 5.3d: Available=Unknown of an adapter that has reported, also after a first Unknown', async () => {
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 1, at(1))), 201)
      await assertDiscarded(path, report('dns', 'Unknown', 1, at(2)))
      await assertDiscarded(path, report('dns', 'Unknown', 2, at(3)))
      assert.equal(await send(path, report('validator', 'Unknown', 1, at(1))), 201)
      await assertDiscarded(path, report('validator', 'Unknown', 2, at(2)))
      assert.equal(await send(path, report('validator', 'True', 1, at(1))), 201)
    }
  })

  test('contract 5.3b, 5.3c, 5.3d: the last report of an adapter is known after a restart', async () => {
    const paths = await bothKinds(bench)
    for (const path of paths) {
      assert.equal(await send(path, report('dns', 'True', 2, at(10))), 201)
      assert.equal(await send(path, report('validator', 'Unknown', 1, at(10))), 201)
    }
    await bench.restart()
    for (const path of paths) {
      await assertDiscarded(path, report('dns', 'True', 1, at(20)))
      await assertDiscarded(path, report('dns', 'True', 2, at(9)))
      await assertDiscarded(path, report('dns', 'Unknown', 2, at(20)))
      await assertDiscarded(path, report('validator', 'Unknown', 1, at(20)))
    }
  })

  test("contract 5.3a: a discarded report does not count: the next one is the adapter's first", async () => {
    for (const path of await bothKinds(bench)) {
      await assertDiscarded(path, report('dns', 'True', 3, at(1)))
      assert.equal(await send(path, report('dns', 'Unknown', 1, at(0))), 201)
    }
  })

  test('contract 5.3: a time more than ten minutes ahead of the server is refused, naming both', async () => {
    bench.clockAt(1000)
    for (const path of await bothKinds(bench)) {
      assert.equal(await send(path, report('dns', 'True', 2, at(1600))), 201)
      const answer = await bench.client.post(`${path}/statuses`, report('dns', 'True', 2, at(1601)))
      assertProblem(answer, 'HYPERFLEET-VAL-000')
      assertDetail(answer, at(1601), at(1000))
      const early = await bench.client.post(
        `${path}/statuses`,
        report('other', 'True', 2, '9999-12-31T23:59:59Z'),
      )
      assertProblem(early, 'HYPERFLEET-VAL-000')
      const { total, items } = (await bench.client.get(`${path}/statuses`)).json
      assert.deepEqual([total, items[0].last_report_time], [1, at(1600)])
    }
  })
})

benchOnBothEngines(
  'reports from the future, with a limit of their own',
  bench => {
    test('contract 5.3: the permitted lead of a time is configurable', async () => {
      bench.clockAt(0)
      const { href } = await bench.client.cluster('ahead')
      const send = (seconds: number) =>
        bench.client.post(`${href}/statuses`, report('dns', 'True', 1, at(seconds)))
      assert.equal((await send(2)).status, 201)
      assertProblem(await send(2.001), 'HYPERFLEET-VAL-000')
    })
  },
  { HYPERFLEET_LIMITS_REPORT_AHEAD_MS: '2000' },
)
