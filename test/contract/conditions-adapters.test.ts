// Conditions of individual adapters, and the inputs of conditions (contract 6.10-6.12).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { assertProblem } from '../harness/problem.ts'
import { Story } from '../harness/story.ts'

const PASCAL_CASE: readonly (readonly [adapter: string, type: string])[] = [
  ['dns', 'DnsSuccessful'],
  ['gcp-provisioner', 'GcpProvisionerSuccessful'],
  ['a', 'ASuccessful'],
  ['a-b-c', 'ABCSuccessful'],
  ['x1-2y', 'X12ySuccessful'],
  ['x--z', 'XZSuccessful'],
  ['dns_zone.v2', 'DnsZoneV2Successful'],
  ['3scale.io', 'Adapter3scaleIoSuccessful'],
  ['iPXE-Boot', 'IPXEBootSuccessful'],
]

benchOnBothEngines('conditions of adapters', bench => {
  test("contract 6.10: the type is the adapter's name in PascalCase", async () => {
    for (const [adapter, type] of PASCAL_CASE)
      for (const kind of ['Cluster', 'NodePool'] as const) {
        const story = await Story.begin(bench, kind)
        await story.report(adapter, 'True', 1, 1)
        assert.deepEqual(await story.types(), ['Available', 'Ready', type])
      }
  })

  test('contract 6.10: it has the status of Available in the last report', async () => {
    const story = await Story.begin(bench, 'Cluster')
    const texts = { reason: 'Done', message: 'All records are there' }
    await story.report('dns', 'True', 1, 1, texts)
    const first = { status: 'True', ...texts, generation: 1, created: 1, updated: 1, transition: 1 } as const
    await story.expect('DnsSuccessful', first)
    await story.report('dns', 'True', 1, 2, { reason: 'Again' })
    const second = {
      status: 'True',
      reason: 'Again',
      generation: 1,
      created: 1,
      updated: 2,
      transition: 1,
    } as const
    await story.expect('DnsSuccessful', second)
    await story.report('dns', 'False', 1, 3)
    await story.expect('DnsSuccessful', {
      status: 'False',
      generation: 1,
      created: 1,
      updated: 3,
      transition: 3,
    })
    await story.changeSpec(4)
    await story.expect('DnsSuccessful', {
      status: 'False',
      generation: 1,
      created: 1,
      updated: 3,
      transition: 3,
    })
    await story.report('dns', 'False', 2, 5)
    await story.expect('DnsSuccessful', {
      status: 'False',
      generation: 2,
      created: 1,
      updated: 5,
      transition: 3,
    })
    await story.report('dns', 'True', 2, 6)
    await story.expect('DnsSuccessful', {
      status: 'True',
      generation: 2,
      created: 1,
      updated: 6,
      transition: 6,
    })
  })

  test('contract 6.10: a first Unknown gives the creation its time, but makes no condition yet', async () => {
    const story = await Story.begin(bench, 'Cluster')
    await story.report('dns', 'Unknown', 1, 1)
    assert.deepEqual(await story.types(), ['Available', 'Ready'])
    await story.report('dns', 'False', 1, 2)
    await story.expect('DnsSuccessful', {
      status: 'False',
      generation: 1,
      created: 1,
      updated: 2,
      transition: 2,
    })
  })

  test("contract 6.10: they are in the order of each adapter's first True or False", async () => {
    const story = await Story.begin(bench, 'Cluster')
    await story.report('early', 'Unknown', 1, 1)
    await story.report('zeta', 'True', 1, 2)
    await story.report('alpha', 'False', 1, 3)
    await story.report('early', 'True', 1, 4)
    await story.report('zeta', 'False', 1, 5)
    const types = ['Available', 'Ready', 'ZetaSuccessful', 'AlphaSuccessful', 'EarlySuccessful']
    assert.deepEqual(await story.types(), types)
    await bench.restart()
    assert.deepEqual(await story.types(), types)
    await story.report('alpha', 'True', 1, 6)
    assert.deepEqual(await story.types(), types)
  })

  test('contract 6.10: a report whose type another adapter has is a conflict, only on that resource', async () => {
    const story = await Story.begin(bench, 'Cluster')
    await story.report('a-1', 'True', 1, 1)
    for (const available of ['True', 'False'] as const)
      assertProblem(await story.send('a1', available, 1, 2), 'HYPERFLEET-CNF-001')
    await story.report('x-y', 'True', 1, 3)
    assertProblem(await story.send('x--y', 'True', 1, 4), 'HYPERFLEET-CNF-001')
    for (const rival of ['x_y', 'X.Y', 'x-.-Y'])
      assertProblem(await story.send(rival, 'True', 1, 4), 'HYPERFLEET-CNF-001')
    await story.report('3d', 'True', 1, 4)
    assertProblem(await story.send('adapter-3d', 'True', 1, 4), 'HYPERFLEET-CNF-001')
    const types = ['Available', 'Ready', 'A1Successful', 'XYSuccessful', 'Adapter3dSuccessful']
    assert.deepEqual(await story.types(), types)
    assert.equal((await bench.client.get(`${story.path}/statuses`)).json.total, 3)
    await bench.restart()
    assertProblem(await story.send('a1', 'True', 1, 5), 'HYPERFLEET-CNF-001')
    const other = await Story.begin(bench, 'Cluster')
    await other.report('a1', 'True', 1, 1)
    assertProblem(await other.send('a-1', 'True', 1, 2), 'HYPERFLEET-CNF-001')
  })

  test('contract 6.10, 5.3: a discarded report changes no condition', async () => {
    const story = await Story.begin(bench, 'Cluster')
    await story.report('dns', 'True', 1, 5)
    const before = await story.conditionsText()
    assert.equal((await story.send('dns', 'False', 1, 4)).status, 204)
    assert.equal((await story.send('dns', 'Unknown', 1, 6)).status, 204)
    assert.equal((await story.send('other', 'False', 2, 6)).status, 204)
    assert.equal(await story.conditionsText(), before)
  })
})

benchOnBothEngines('what conditions depend on', bench => {
  /** The same events, with a different machine clock, and restarts after some of them. */
  async function told(clockBehindMs: number, restartsAfter: readonly number[]): Promise<string> {
    const story = await Story.begin(bench, 'Cluster')
    const events = [
      () => story.report('dns', 'False', 1, 1, { reason: 'Slow' }),
      () => story.report('validator', 'Unknown', 1, 2),
      () => story.report('validator', 'True', 1, 3),
      () => story.report('dns', 'True', 1, 4),
      () => story.changeSpec(10),
      () => story.report('dns', 'True', 2, 11),
      () => story.report('validator', 'False', 1, 12),
      () => story.report('validator', 'True', 2, 13),
    ]
    const states: string[] = []
    const standsMs = bench.clockMs
    for (const [index, event] of events.entries()) {
      bench.clockMs = standsMs - clockBehindMs
      await event()
      if (restartsAfter.includes(index)) await bench.restart()
      states.push(await story.conditionsText())
    }
    bench.clockMs = standsMs
    return withoutBase(states.join('\n'))
  }

  test('contract 6.11: the same events give the same bytes, regardless of the clock and of restarts', async () => {
    const plain = await told(0, [])
    assert.equal(await told(50_000, []), plain)
    assert.equal(await told(0, [0, 1, 2, 3, 4, 5, 6, 7]), plain)
  })

  test('contract 6.12: a report never changes generation, updated_time or updated_by', async () => {
    for (const kind of ['Cluster', 'NodePool'] as const) {
      const story = await Story.begin(bench, kind)
      const own = async () => {
        const { generation, updated_time, updated_by, created_time } = (await bench.client.get(story.path))
          .json
        return { generation, updated_time, updated_by, created_time }
      }
      await story.changeSpec(1)
      const before = await own()
      bench.clockMs += 100_000
      await story.report('dns', 'True', 2, 50)
      await story.report('dns', 'False', 2, 60)
      assert.deepEqual(await own(), before)
    }
  })
})

/** Replaces times by offsets, so that stories at different times can be compared. */
function withoutBase(text: string): string {
  const times = [...text.matchAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)].map(([time]) => Date.parse(time))
  const base = Math.min(...times)
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, time => `+${Date.parse(time) - base}`)
}
