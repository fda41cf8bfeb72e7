// Lists: page size, and accepted numbers.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import type { TestClient } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const INT32_MAX = 2_147_483_647
/** Integers in writing, but not of 1-10 digits up to 2147483647. */
const NO_INTEGERS = [
  '-1',
  '+1',
  '-0',
  '1.0',
  '1.',
  '1e1',
  '0x1',
  '1_0',
  '１',
  '1 ',
  ' 1',
  '1\t',
  'one',
  'NaN',
  'null',
  '00000000001',
  '2147483648',
  '9999999999',
  '99999999999999999999',
]

async function createMany(client: TestClient, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `many-${index}`)
  const worker = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) await client.cluster(name)
  }
  await Promise.all(Array.from({ length: 32 }, worker))
}

benchOnBothEngines(
  'the page of a list',
  bench => {
    before(() => createMany(bench.client, 8))

    const shape = async (parameters: Record<string, string | number>) => {
      const { status, text, json } = await bench.client.list('/clusters', parameters)
      assert.equal(status, 200, text)
      assert.equal(json.items.length, json.size)
      return [json.page, json.size, json.total]
    }

    test('contract 7.2: the defaults are page 1 and the configured size', async () => {
      assert.deepEqual(await shape({}), [1, 3, 8])
      assert.deepEqual(await shape({ page: 3 }), [3, 2, 8])
    })

    test('contract 7.2: size is an alias of pageSize, which takes precedence', async () => {
      assert.deepEqual(await shape({ size: 4 }), [1, 4, 8])
      assert.deepEqual(await shape({ pageSize: 2, size: 4 }), [1, 2, 8])
      assert.deepEqual(await shape({ size: 4, pageSize: 2 }), [1, 2, 8])
      assert.deepEqual(await shape({ size: 4, pageSize: 0 }), [1, 0, 8])
    })

    test('contract 7.2: a size above the maximum is lowered to it, also for counting pages', async () => {
      assert.deepEqual(await shape({ pageSize: 5 }), [1, 5, 8])
      assert.deepEqual(await shape({ pageSize: 6 }), [1, 5, 8])
      assert.deepEqual(await shape({ size: INT32_MAX }), [1, 5, 8])
      assert.deepEqual(await shape({ page: 2, pageSize: 1000 }), [2, 3, 8])
    })

    test('contract 7.2: a size of 0 gives no items and the full total', async () => {
      assert.deepEqual(await shape({ pageSize: 0 }), [1, 0, 8])
      assert.deepEqual(await shape({ size: 0, page: 5 }), [5, 0, 8])
      assert.deepEqual(await shape({ pageSize: 0, search: "name = 'many-3'" }), [1, 0, 1])
    })

    test('contract 7.2: an empty value counts as absent', async () => {
      assert.deepEqual(await shape({ page: '', pageSize: '', size: '' }), [1, 3, 8])
      assert.deepEqual(await shape({ pageSize: '', size: 4 }), [1, 4, 8])
      const { json } = await bench.client.get('/clusters?page&pageSize&size')
      assert.deepEqual([json.page, json.size], [1, 3])
    })

    test('contract 7.2: an integer has 1 to 10 digits, leading zeros included', async () => {
      assert.deepEqual(await shape({ page: '0000000002', pageSize: '02' }), [2, 2, 8])
      assert.deepEqual(await shape({ page: INT32_MAX }), [INT32_MAX, 0, 8])
      assert.deepEqual(await shape({ pageSize: '00' }), [1, 0, 8])
    })

    for (const name of ['page', 'pageSize', 'size'])
      test(`contract 7.2: anything else for ${name} is 400 and names it`, async () => {
        const refused = name === 'page' ? ['0', '00', ...NO_INTEGERS] : NO_INTEGERS
        for (const value of refused) {
          const answer = await bench.client.list('/clusters', { [name]: value })
          assertProblem(answer, 'HYPERFLEET-VAL-004')
          assert.match(answer.json.detail, new RegExp(`\\b${name}\\b`), `for '${value}'`)
        }
      })

    test('contract 7.2, 7.6: all lists are paged by the same rules', async () => {
      const { id } = await bench.client.cluster('with-pools')
      const { id: poolId } = await bench.client.nodepool(id, 'pool')
      for (const path of [
        '/nodepools',
        `/clusters/${id}/nodepools`,
        `/clusters/${id}/statuses`,
        `/clusters/${id}/nodepools/${poolId}/statuses`,
      ]) {
        assertProblem(await bench.client.list(path, { page: 0 }), 'HYPERFLEET-VAL-004')
        assertProblem(await bench.client.list(path, { size: 'x' }), 'HYPERFLEET-VAL-004')
        const { json } = await bench.client.list(path, { page: 2, pageSize: 0 })
        assert.deepEqual([json.page, json.size, json.items], [2, 0, []])
      }
    })
  },
  { HYPERFLEET_SERVER_PAGE_SIZE_DEFAULT: '3', HYPERFLEET_SERVER_PAGE_SIZE_MAX: '5' },
)

benchOnBothEngines('the page of a list by default', bench => {
  test('contract 7.2: a page has 100 items by default, and never more than 1000', async () => {
    await createMany(bench.client, 1001)
    const { json } = await bench.client.get('/clusters')
    assert.deepEqual([json.size, json.items.length, json.total], [100, 100, 1001])
    const { json: longest } = await bench.client.list('/clusters', { pageSize: 1001 })
    assert.deepEqual([longest.size, longest.items.length, longest.total], [1000, 1000, 1001])
    const { json: rest } = await bench.client.list('/clusters', { pageSize: 5000, page: 2 })
    assert.deepEqual([rest.page, rest.size, rest.total], [2, 1, 1001])
  })
})
