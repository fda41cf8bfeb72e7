// Search: indexes of values in the spec, and the order by them (contract 13.5, 13.6).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, findNames } from '../harness/find.ts'
import { assertProblem } from '../harness/problem.ts'

const PATHS = ['spec.v', 'spec.a.b', 'spec.never']
const LONG = 'x'.repeat(256)

/** The value at `spec.v` and at `spec.w` of each cluster, in the order of `spec.v`. */
const VALUES: readonly (readonly [name: string, json: string])[] = [
  ['minus', '-1e400'],
  ['zero', '0.0'],
  ['five', '5'],
  ['five-too', '50e-1'],
  ['twelve', '12'],
  ['large', '12345678901234567890'],
  ['larger', '12345678901234567891'],
  ['empty', '""'],
  ['text-12', '"12"'],
  ['text-5', '"5"'],
  ['upper', '"B"'],
  ['lower', '"a"'],
  ['falsehood', 'false'],
  ['truth', 'true'],
  ['long', `"${LONG}"`],
  ['longer', `"${LONG}y"`],
  ['lone', '"\\ud800\\ud800"'],
  ['private-use', '"\\ue000"'],
]
const WITHOUT: readonly (readonly [name: string, json: string])[] = [
  ['array', '[1]'],
  ['null', 'null'],
  ['object', '{"b":1}'],
]

async function prepare({ client }: Bench): Promise<void> {
  const create = async (name: string, spec: string) => {
    const { status } = await client.send('/clusters', {
      method: 'POST',
      body: `{"kind":"Cluster","name":"${name}","spec":${spec}}`,
    })
    assert.equal(status, 201)
  }
  for (const [name, json] of WITHOUT) await create(name, `{"v":${json},"w":${json}}`)
  for (const [name, json] of VALUES.toReversed())
    await create(name, `{"v":${json},"w":${json},"a":{"b":"ab"}}`)
  await create('missing', '{}')
}

/** Searches by `spec.v`, which is indexed, and the same by `spec.w`. */
const TESTS = [
  '= 5',
  "= '5'",
  '= 12345678901234567890.0',
  '> 5',
  '< 0',
  'between 0 and 12',
  'in (0, 5, 12)',
  "in (5, 'a')",
  'not in (5)',
  '!= 5',
  "< 'a'",
  `= '${LONG}'`,
  `!= '${LONG}'`,
  `>= '${LONG}'`,
  "like '%2%'",
  "not like 'x%'",
  "ilike 'B'",
  'is null',
  'is not null',
  "> '\ud7ff' and name != 'x'",
]

benchOnBothEngines(
  'indexes of values in the spec',
  bench => {
    before(() => prepare(bench))

    const names = async (parameters: Record<string, string>) => {
      const { status, text, json } = await bench.client.list('/clusters', { pageSize: 1000, ...parameters })
      assert.equal(status, 200, text)
      return json.items.map(({ name }: { name: string }) => name)
    }

    test('contract 13.5: an indexed path finds what an unindexed one finds, long values included', async () => {
      for (const condition of TESTS) {
        const expected = await findNames(bench.client, `spec.w ${condition}`)
        await expectFinds(bench.client, [
          [`spec.v ${condition}`, expected],
          [`not (not spec.v ${condition})`, expected],
          [`spec.a.b = 'ab' and (spec.v ${condition}) or spec.v ${condition}`, expected],
        ])
      }
    })

    test('contract 13.5: explain says which path is indexed, and names the setting for the others', async () => {
      const steps = async (search: string) => {
        const { json } = await bench.client.list('/explain/clusters', { search })
        return json.steps
      }
      const [indexed] = await steps("spec.a.b = 'ab'")
      assert.equal(indexed.operation, 'posting-lists')
      assert.equal(indexed.index, 'spec.a.b')
      assert.equal(indexed.rows_scanned, 0)
      const [scan] = await steps("spec.w = 'ab' or spec.x.y > 5")
      assert.equal(scan.operation, 'row-scan')
      assert.deepEqual(scan.fields, ['spec.w', 'spec.x.y'])
      assert.match(scan.hint, /HYPERFLEET_SEARCH_SPEC_INDEXES=\["spec\.w","spec\.x\.y"\]/)
      const [list, rows] = await steps("spec.v = 'a'")
      assert.equal(list.index, 'spec.v')
      assert.deepEqual([rows.operation, rows.fields, rows.rows_scanned], ['row-scan', ['spec.v'], 3])
      assert.equal(rows.hint, undefined)
    })

    test('contract 13.6: numbers by value, then texts by code point, what has none last in either direction', async () => {
      const ordered = VALUES.map(([name]) => name)
      const last = ['array', 'null', 'object']
      const up = await names({ orderBy: 'spec.v' })
      const down = await names({ orderBy: 'spec.v desc' })
      // Equal numbers are ordered by id, which rises from the end of the list to its beginning.
      const ascending = ordered.map(name =>
        name === 'five' ? 'five-too' : name === 'five-too' ? 'five' : name,
      )
      assert.deepEqual(up, [...ascending, ...last, 'missing'])
      assert.deepEqual(down, [...ascending.toReversed(), 'missing', ...last.toReversed()])
      assert.deepEqual(await names({ order: 'spec.v desc' }), down)
    })

    test('contract 13.6: an order by an indexed path on pages and behind other fields', async () => {
      const all = await names({ orderBy: 'spec.a.b desc, spec.v, name' })
      const pages: string[] = []
      for (const page of [1, 2, 3, 4, 5])
        pages.push(
          ...(await names({ orderBy: 'spec.a.b desc, spec.v, name', pageSize: '5', page: String(page) })),
        )
      assert.deepEqual(pages, all)
      assert.equal(all[0], 'minus')
      assert.deepEqual(await names({ orderBy: 'spec.never, name desc', search: "name like 'five%'" }), [
        'five-too',
        'five',
      ])
    })

    test('contract 13.6: a path that is not indexed is refused, and the message says how to index it', async () => {
      for (const [orderBy, item] of [
        ['spec.w', 'spec.w'],
        ['name, spec.w desc', 'spec.w desc'],
      ]) {
        const answer = await bench.client.list('/clusters', { orderBy: orderBy ?? '' })
        assert.equal(answer.status, 400)
        assertProblem(answer, 'HYPERFLEET-VAL-005', `bad order value '${item}'`)
        assert.match(answer.json.errors[0].message, /HYPERFLEET_SEARCH_SPEC_INDEXES=\["spec\.w"\]/)
      }
      for (const orderBy of ['spec', 'spec.', 'spec.a-b', 'spec.v.1.2.3.4.5.6.7.8', 'spec.v up']) {
        const answer = await bench.client.list('/clusters', { orderBy })
        assertProblem(answer, 'HYPERFLEET-VAL-005', `bad order value '${orderBy}'`)
        assert.equal(answer.json.errors[0].message, `bad order value '${orderBy}'`)
      }
    })

    test('contract 13.5: each write changes the indexes, and a removal takes a resource out of them', async () => {
      const { client } = bench
      const { id } = await client.cluster('changing', { spec: { v: 'one' } })
      await expectFinds(client, [["spec.v = 'one'", 'changing']])
      await client.patch(`/clusters/${id}`, { spec: { v: 'two' } })
      await expectFinds(client, [
        ["spec.v = 'one'", ''],
        ["spec.v = 'two'", 'changing'],
      ])
      await client.send(`/clusters/${id}`, { method: 'DELETE' })
      await expectFinds(client, [["spec.v = 'two'", '']])
    })

    test('contract 13.5: another list of paths takes effect with the next start', async () => {
      await bench.restart({ HYPERFLEET_SEARCH_SPEC_INDEXES: '["spec.w"]' })
      const { json } = await bench.client.list('/explain/clusters', { search: "spec.w = 'a'" })
      assert.equal(json.steps[0].index, 'spec.w')
      assert.equal((await bench.client.list('/clusters', { orderBy: 'spec.v' })).status, 400)
      assert.deepEqual(await names({ orderBy: 'spec.w', pageSize: '2' }), ['minus', 'zero'])
      await expectFinds(bench.client, [["spec.v = 'a'", 'lower']])
    })
  },
  { HYPERFLEET_SEARCH_SPEC_INDEXES: JSON.stringify(PATHS) },
)
