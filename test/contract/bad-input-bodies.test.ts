// Refused bodies: each gets its 4xx, and afterwards the stored data is unchanged (contract 4.1-4.7, 5.1, 5.2, 9.1).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertFaults } from '../harness/faults.ts'
import { fleetText } from '../harness/fleet-text.ts'
import { assertProblem } from '../harness/problem.ts'

const MALFORMED: readonly (string | Buffer)[] = [
  '',
  ' ',
  '\ufeff{}',
  'null',
  'true',
  '1',
  '-0',
  '1e400',
  '12345678901234567890',
  '"{}"',
  '[]',
  '[{}]',
  '{',
  '{"',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,',
  '{"a":"\\',
  '{"a":"\\u',
  '{"a":tru',
  '{"a":-}',
  '{"a":1e+}',
  '{"a":1.e5}',
  '{"a":--1}',
  '{"a":\u0000}',
  '{"\u0000":1}',
  '{}\u0000',
  '\u0000{}',
  '{"a":1}}',
  '{}{}',
  Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
  Buffer.from([0x80]),
  Buffer.from('{"a":"\xff"}', 'latin1'),
  Buffer.from('{"\xc3\x28":1}', 'latin1'),
  Buffer.from('{"a":"\xed\xb0\x80"}', 'latin1'),
  Buffer.from('{"a":"\xf0\x9f\x98"}', 'latin1'),
  `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`,
  `{"spec":${'['.repeat(64)}${']'.repeat(64)}}`,
  '['.repeat(500_000),
  '{"a":'.repeat(150_000),
]

/** Invalid creations, with the fields at fault. */
const CREATIONS: readonly (readonly [body: string, ...fields: string[]])[] = [
  ['{}', 'kind', 'name', 'spec'],
  ['{"__proto__":{"kind":"Cluster","name":"by-proto","spec":{}}}', 'kind', 'name', 'spec'],
  ['{"constructor":{"kind":"Cluster","name":"by-constr","spec":{}}}', 'kind', 'name', 'spec'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":{"__proto__":1}}', 'labels.__proto__'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":{"constructor":{}}}', 'labels.constructor'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":{"toString":null}}', 'labels.toString'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"id":"x"}', 'id'],
  ['{"kind":"Cluster","name":"\\u0000bc","spec":{}}', 'name'],
  ['{"kind":"Cluster","name":"ab\\u0000","spec":{}}', 'name'],
  ['{"kind":"Cluster","name":"abc\\ud800","spec":{}}', 'name'],
  ['{"kind":"Cluster\\u0000","name":"ok-name","spec":{}}', 'kind'],
  ['{"kind":"Cluster","name":1e400,"spec":{}}', 'name'],
  ['{"kind":"Cluster","name":"ok-name","spec":1e400}', 'spec'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":12345678901234567890}', 'labels'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":{"a":-0}}', 'labels.a'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"labels":{"a":"\\udc00"}}', 'labels.a'],
  ['{"kind":"Cluster","name":"ok-name","spec":{},"other":["\\ud800"]}', 'other'],
]

/** Invalid changes. */
const CHANGES: readonly (readonly [body: string, ...fields: string[]])[] = [
  ['{"__proto__":{"spec":{"changed":1}}}', '__proto__'],
  ['{"constructor":1}', 'constructor'],
  ['{"spec":{"changed":1},"name":"renamed"}', 'name'],
  ['{"spec":{"changed":1},"labels":{"a":1}}', 'labels.a'],
  ['{"spec":[],"labels":{}}', 'spec'],
  ['{"spec":{"changed":1},"toString":null}', 'toString'],
]

const GOOD_REPORT = JSON.stringify(report('dns', 'False', 1, at(5)))

/** Replacements in a valid report, with the resulting fields at fault. */
const REPORTS: readonly (readonly [from: string, to: string, ...fields: string[]])[] = [
  ['"observed_generation":1', '"observed_generation":1e400', 'observed_generation'],
  ['"observed_generation":1', '"observed_generation":-0', 'observed_generation'],
  ['"observed_generation":1', '"observed_generation":12345678901234567890', 'observed_generation'],
  ['"observed_generation":1', '"observed_generation":1.5', 'observed_generation'],
  ['"observed_generation":1,', '', 'observed_generation'],
  ['"adapter":"dns"', '"__proto__":{"adapter":"dns"}', 'adapter'],
  ['"adapter":"dns"', '"adapter":"dns\\u0000"', 'adapter'],
  ['"adapter":"dns"', '"adapter":"__proto__"', 'adapter'],
  ['"type":"Applied"', '"type":"__proto__"', 'conditions', 'conditions[1].type'],
  ['"type":"Applied"', '"__proto__":{"type":"Applied"}', 'conditions', 'conditions[1].type'],
  ['"type":"Health"', '"type":"Health\\u0000"', 'conditions', 'conditions[2].type'],
  ['"reason":"Tested"', '"reason":"\\ud800"', 'conditions[0].reason'],
  ['"reason":"Tested"', `"reason":"${'r'.repeat(1025)}"`, 'conditions[0].reason'],
  ['"observed_time":"', '"observed_time":"\\u0000', 'observed_time'],
  ['"adapter":', '"data":1e400,"adapter":', 'data'],
  ['"adapter":', '"metadata":[],"adapter":', 'metadata'],
]

benchOnBothEngines('bad bodies', bench => {
  let stored = ''
  let cluster = ''
  let nodepool = ''
  before(async () => {
    const created = await bench.client.cluster('kept', { spec: { a: 1 }, labels: { a: 'b' } })
    cluster = `/clusters/${created.id}`
    nodepool = `${cluster}/nodepools/${(await bench.client.nodepool(created.id, 'kept')).id}`
    for (const path of [cluster, nodepool])
      await bench.client.post(`${path}/statuses`, report('dns', 'True', 1, at(1), { data: { a: 1 } }))
    stored = await fleetText(bench.client)
  })

  test('contract 4.6, 9.1: malformed bodies get 400 on every path with a body', async () => {
    const writes = [
      ['POST', '/clusters'],
      ['PATCH', cluster],
      ['POST', `${cluster}/statuses`],
      ['PUT', `${cluster}/statuses`],
      ['POST', `${cluster}/nodepools`],
      ['PATCH', nodepool],
      ['POST', `${nodepool}/statuses`],
      ['PUT', `${nodepool}/statuses`],
    ] as const
    for (const body of MALFORMED)
      for (const [method, path] of writes) {
        const answer = await bench.client.send(path, { method, body })
        assert.equal(answer.status, 400, `${method} ${JSON.stringify(body.toString('latin1').slice(0, 100))}`)
        assertProblem(answer, 'HYPERFLEET-VAL-006')
      }
  })

  test('contract 4.1, 4.7: faulty creations of either kind get 400 with their faults', async () => {
    for (const [body, ...fields] of CREATIONS) {
      assertFaults(await bench.client.post('/clusters', body), ...fields)
      const nodepoolBody = body.replaceAll('"Cluster', '"NodePool')
      assertFaults(await bench.client.post(`${cluster}/nodepools`, nodepoolBody), ...fields)
    }
  })

  test('contract 4.5, 4.7: faulty changes of either kind get 400 with their faults', async () => {
    for (const [body, ...fields] of CHANGES)
      for (const path of [cluster, nodepool]) assertFaults(await bench.client.patch(path, body), ...fields)
  })

  test('contract 5.1, 5.2: faulty reports about either kind get 400 with their faults', async () => {
    for (const [from, to, ...fields] of REPORTS)
      for (const path of [cluster, nodepool]) {
        assert.ok(GOOD_REPORT.includes(from))
        assertFaults(await bench.client.post(`${path}/statuses`, GOOD_REPORT.replace(from, to)), ...fields)
      }
  })

  test('contract 4.3, 5.7: valid bodies get 404 for a missing resource, and 409 for a taken name', async () => {
    const creation = { kind: 'NodePool', name: 'kept', spec: {} }
    for (const id of ['none', '__proto__', 'constructor', '%00', '%2e%2e', "'", '2'.repeat(5000)]) {
      const path = `/clusters/${id}`
      assertProblem(await bench.client.post(`${path}/nodepools`, creation), 'HYPERFLEET-NTF-002')
      assertProblem(await bench.client.patch(path, { spec: {} }), 'HYPERFLEET-NTF-002')
      assertProblem(await bench.client.post(`${path}/statuses`, GOOD_REPORT), 'HYPERFLEET-NTF-002')
      assertProblem(
        await bench.client.patch(`${cluster}/nodepools/${id}`, { spec: {} }),
        'HYPERFLEET-NTF-003',
      )
    }
    assertProblem(await bench.client.post(`${cluster}/nodepools`, creation), 'HYPERFLEET-CNF-001')
  })

  test('contract 4.8: none of this has changed stored data, now or after a restart', async () => {
    assert.equal(await fleetText(bench.client), stored)
    await bench.restart()
    assert.equal(await fleetText(bench.client), stored)
  })

  test('contract 9.1: the prototype of every object is unchanged', () => {
    for (const name of ['kind', 'name', 'spec', 'changed', 'adapter', 'type']) assert.ok(!(name in {}), name)
  })
})
