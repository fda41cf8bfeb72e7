// Changes of spec that raise the generation, and changes that do not (contract 3.5).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'

/** Pairs of specs, as JSON text, with equal values. */
const EQUAL: readonly (readonly [string, string])[] = [
  ['{}', ' { } '],
  ['{"a":1,"b":2}', '{"b":2,"a":1}'],
  ['{"a":{"x":[1,{"y":2,"z":3}]}}', '{ "a" : { "x" : [ 1 , { "z":3 , "y":2 } ] } }'],
  ['{"a":1}', '{"a":1.0}'],
  ['{"a":1}', '{"a":1e0}'],
  ['{"a":100}', '{"a":1E+2}'],
  ['{"a":0.001}', '{"a":1e-3}'],
  ['{"a":0}', '{"a":0.000}'],
  ['{"a":0}', '{"a":0e99}'],
  ['{"a":0}', '{"a":-0}'],
  ['{"a":1e400}', '{"a":10e399}'],
  ['{"a":12345678901234567890}', '{"a":12345678901234567890.0}'],
  ['{"a":1e1000000000}', '{"a":10e999999999}'],
  ['{"a":"\\u0041\\/\\n"}', '{"a":"A/\\u000a"}'],
  ['{"a":"\\ud83d\\ude00"}', '{"a":"😀"}'],
  ['{"\\u0061":1}', '{"a":1}'],
  ['{"a":"\\ud800"}', '{"a":"\\uD800"}'],
  ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1.0}}'],
]

/** Pairs with different values. */
const DIFFERENT: readonly (readonly [string, string])[] = [
  ['{}', '{"a":null}'],
  ['{"a":1}', '{"a":2}'],
  ['{"a":1}', '{"a":1,"b":1}'],
  ['{"a":1,"b":1}', '{"a":1}'],
  ['{"a":1}', '{"b":1}'],
  ['{"a":1}', '{"a":"1"}'],
  ['{"a":1}', '{"a":true}'],
  ['{"a":0}', '{"a":false}'],
  ['{"a":""}', '{"a":null}'],
  ['{"a":{}}', '{"a":[]}'],
  ['{"a":[1,2]}', '{"a":[2,1]}'],
  ['{"a":[1]}', '{"a":[1,1]}'],
  ['{"a":[[]]}', '{"a":[]}'],
  ['{"a":12345678901234567890}', '{"a":12345678901234567891}'],
  ['{"a":0.1}', '{"a":0.1000000000000000055511151231257827}'],
  ['{"a":1e400}', '{"a":1e401}'],
  ['{"a":1e400}', '{"a":-1e400}'],
  ['{"a":1e-400}', '{"a":0}'],
  ['{"a":"é"}', '{"a":"e\\u0301"}'],
  ['{"a":"\\ud800"}', '{"a":"\\ud801"}'],
  ['{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
  ['{"a":"x"}', '{"a":"x\\u0000"}'],
  ['{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}'],
  ['{"__proto__":{}}', '{}'],
  ['{"constructor":1}', '{}'],
]

benchOnBothEngines('generation', bench => {
  let owner = ''
  before(async () => {
    owner = (await bench.client.cluster('owner')).id
  })

  /** Creates both kinds with a spec given as text. Returns their paths. */
  async function createBoth(spec: string): Promise<string[]> {
    const name = bench.name()
    const bodies = [
      ['/clusters', `{"kind":"Cluster","name":"${name}","spec":${spec}}`],
      [`/clusters/${owner}/nodepools`, `{"kind":"NodePool","name":"${name}","spec":${spec}}`],
    ] as const
    const answers = await Promise.all(bodies.map(([path, body]) => bench.client.post(path, body)))
    return answers.map(({ status, json, text }) => {
      assert.deepEqual([status, json.generation], [201, 1], text)
      return json.kind === 'Cluster' ? `/clusters/${json.id}` : `/clusters/${owner}/nodepools/${json.id}`
    })
  }

  test('contract 3.5: a spec of equal value changes nothing, not a byte', async () => {
    for (const [stored, sent] of EQUAL)
      for (const path of await createBoth(stored)) {
        const created = await bench.client.get(path)
        bench.clockMs += 1000
        const patched = await bench.client.patch(path, `{"spec":${sent}}`)
        assert.equal(patched.status, 200)
        assert.equal(patched.text, created.text, `${stored} and ${sent}`)
        assert.equal((await bench.client.get(path)).text, created.text)
      }
  })

  test('contract 3.5: a spec of different value starts a new generation', async () => {
    for (const [one, another] of DIFFERENT)
      for (const [stored, sent] of [[one, another] as const, [another, one] as const])
        for (const path of await createBoth(stored)) {
          const created = (await bench.client.get(path)).json
          bench.clockMs += 1000
          const { status, json } = await bench.client.patch(path, `{"spec":${sent}}`)
          assert.deepEqual([status, json.generation], [200, 2], `${stored} and ${sent}`)
          assert.ok(json.updated_time > created.updated_time)
        }
  })

  test('contract 3.5: generation increases by one with each change, also back to an older value', async () => {
    for (const path of await createBoth('{"a":0}')) {
      const generations = []
      for (const spec of [{ a: 1 }, { a: 1 }, { a: 0 }, { a: 1 }, {}])
        generations.push((await bench.client.patch(path, { spec })).json.generation)
      assert.deepEqual(generations, [2, 2, 3, 4, 5])
    }
  })

  test('contract 3.5, 4.5: labels do not affect the generation, but changing them is a change', async () => {
    for (const path of await createBoth('{"a":0}')) {
      const created = (await bench.client.get(path)).json
      bench.clockMs += 1000
      const labelled = (await bench.client.patch(path, { labels: { a: '1', b: '2' } })).json
      assert.equal(labelled.generation, 1)
      assert.ok(labelled.updated_time > created.updated_time)
      bench.clockMs += 1000
      assert.deepEqual((await bench.client.patch(path, { labels: { b: '2', a: '1' } })).json, labelled)
      assert.deepEqual(
        (await bench.client.patch(path, { spec: { a: 0 }, labels: { b: '2', a: '1' } })).json,
        labelled,
      )
      const both = (await bench.client.patch(path, { spec: { a: 0 }, labels: { b: '3', a: '1' } })).json
      assert.equal(both.generation, 1)
      assert.ok(both.updated_time > labelled.updated_time)
    }
  })

  test('contract 3.5: an empty PATCH changes nothing', async () => {
    for (const path of await createBoth('{"a":0}')) {
      const created = await bench.client.get(path)
      bench.clockMs += 1000
      assert.equal((await bench.client.patch(path, {})).text, created.text)
    }
  })
})
