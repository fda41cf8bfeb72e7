// The conditions of a resource that is being deleted (contract 11.10, 6.14, 6.15), with each setting of the compatibility.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report } from '../harness/client.ts'

const MODES = ['documents', 'both', 'current'] as const
const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}
const WAITING =
  'Deletion in progress. All required adapters reported Finalized=True but child resources still exist'

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observed_generation: number
  readonly last_updated_time: string
  readonly last_transition_time: string
}

/** The members that change. */
function essence(condition: Condition | undefined) {
  assert.ok(condition)
  const { status, reason, message, observed_generation, last_updated_time, last_transition_time } = condition
  return [status, reason, message, observed_generation, last_updated_time, last_transition_time]
}

const missing = (adapters: string, reporting = 'dns, validator') =>
  `Required adapters not reporting Finalized=True: [${adapters}]. Currently reporting: [${reporting}]`

for (const mode of MODES)
  benchOnBothEngines(
    `conditions of a deletion with ${mode}`,
    bench => {
      const isOfDocuments = mode !== 'current'
      const isOfToday = mode !== 'documents'
      const conditionsOf = async (path: string) => {
        const { conditions } = (await bench.client.get(path)).json.status
        return new Map<string, Condition>(conditions.map((each: Condition) => [each.type, each]))
      }
      const put = async (path: string, body: object) => {
        assert.equal((await bench.client.put(`${path}/statuses`, body)).status, 201)
      }
      /** A cluster that is ready since `seconds` + 2, at generation 1. */
      const ready = async (seconds: number) => {
        bench.clockAt(seconds)
        const path = `/clusters/${(await bench.client.cluster(bench.name())).id}`
        for (const [i, adapter] of ['dns', 'validator'].entries()) {
          bench.clockAt(seconds + 1 + i)
          await put(path, report(adapter, 'True', 1, at(seconds + 1 + i)))
        }
        return path
      }
      const deleteAt = async (path: string, seconds: number) => {
        bench.clockAt(seconds)
        assert.equal((await bench.client.delete(path)).status, 202)
      }

      test('contract 11.10, 6.4, 6.6, 6.7: Ready is False from the deletion on, and takes up reports as it always does', async () => {
        if (!isOfDocuments) return
        const path = await ready(100)
        await deleteAt(path, 110)
        const words = ['Deleting', 'Resource is being deleted']
        const readyOf = async () => essence((await conditionsOf(path)).get('Ready'))
        assert.deepEqual(await readyOf(), ['False', ...words, 1, at(110), at(110)])
        bench.clockAt(130)
        await put(path, report('dns', 'True', 2, at(120)))
        assert.deepEqual(await readyOf(), ['False', ...words, 2, at(120), at(110)])
        await put(path, report('validator', 'True', 2, at(125)))
        assert.deepEqual(await readyOf(), ['False', ...words, 2, at(120), at(110)])
        await put(path, report('validator', 'False', 2, at(126)))
        assert.deepEqual(await readyOf(), ['False', ...words, 2, at(126), at(110)])
      })

      test('contract 11.10, 6.2: before any report Ready has the words of the deletion, and no transition', async () => {
        if (!isOfDocuments) return
        bench.clockAt(200)
        const path = `/clusters/${(await bench.client.cluster(bench.name())).id}`
        await deleteAt(path, 210)
        const conditions = await conditionsOf(path)
        assert.deepEqual(essence(conditions.get('Ready')), [
          'False',
          'Deleting',
          'Resource is being deleted',
          0,
          at(210),
          at(200),
        ])
        assert.deepEqual(essence(conditions.get('Available')), [
          'False',
          'AwaitingAdapters',
          'Waiting for adapters to report status',
          0,
          at(200),
          at(200),
        ])
      })

      test('contract 6.14, 6.15, 6.16: Reconciled is False and names the adapters that have not finished', async () => {
        if (!isOfToday) return
        const path = await ready(300)
        await deleteAt(path, 310)
        const reconciled = async () => essence((await conditionsOf(path)).get('Reconciled'))
        const words = (adapters: string) => ['ReconciledMissingAdapters', missing(adapters)]
        assert.deepEqual(await reconciled(), ['False', ...words('dns, validator'), 2, at(310), at(310)])
        bench.clockAt(330)
        await put(path, report('dns', 'True', 2, at(320)))
        assert.deepEqual(await reconciled(), ['False', ...words('dns, validator'), 2, at(320), at(310)])
        await put(path, finalized('dns', 2, at(325)))
        assert.deepEqual(await reconciled(), ['False', ...words('validator'), 2, at(325), at(310)])
      })

      test('contract 6.15: a cluster whose adapters have finished waits for its children', async () => {
        if (!isOfToday) return
        const path = await ready(400)
        await bench.client.nodepool(path.slice('/clusters/'.length), 'pool')
        await deleteAt(path, 410)
        bench.clockAt(430)
        for (const adapter of ['dns', 'validator']) await put(path, finalized(adapter, 2, at(420)))
        const { status, reason, message, observed_generation } =
          (await conditionsOf(path)).get('Reconciled') ?? {}
        assert.deepEqual(
          [status, reason, message, observed_generation],
          ['False', 'ReconciledWaitingForChildren', WAITING, 2],
        )
      })

      test('contract 11.10, 6.8: the deletion itself leaves the other conditions; reports change them as ever', async () => {
        const path = await ready(500)
        const before = await conditionsOf(path)
        await deleteAt(path, 510)
        const others = [...before.keys()].filter(type => type !== 'Ready' && type !== 'Reconciled')
        const marked = await conditionsOf(path)
        for (const type of others) assert.deepEqual(marked.get(type), before.get(type), type)
        bench.clockAt(530)
        await put(path, finalized('dns', 2, at(520)))
        const after = await conditionsOf(path)
        assert.deepEqual(essence(after.get('DnsSuccessful')), [
          'False',
          'Tested',
          'As the test has it',
          2,
          at(520),
          at(520),
        ])
        // One adapter says False for generation 2, and nobody for generation 1 (contract 6.5, 6.17).
        for (const type of ['Available', 'LastKnownReconciled'])
          if (after.has(type)) assert.equal(after.get(type)?.status, 'True', type)
      })

      test('contract 11.4, 11.10: a nodepool of the cascade has conditions of its own', async () => {
        bench.clockAt(600)
        const { id } = await bench.client.cluster(bench.name())
        const pool = `/nodepools/${(await bench.client.nodepool(id, 'pool')).id}`
        await put(pool, report('pool', 'True', 1, at(600)))
        await deleteAt(`/clusters/${id}`, 610)
        const conditions = await conditionsOf(pool)
        if (isOfDocuments)
          assert.deepEqual(essence(conditions.get('Ready')), [
            'False',
            'Deleting',
            'Resource is being deleted',
            1,
            at(610),
            at(610),
          ])
        if (isOfToday)
          assert.deepEqual(essence(conditions.get('Reconciled')), [
            'False',
            'ReconciledMissingAdapters',
            missing('pool', 'pool'),
            2,
            at(610),
            at(610),
          ])
      })
    },
    { ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode },
  )
