// The OpenAPI document matches the server (contract 1.3).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { BASE, report } from '../harness/client.ts'

const OPERATIONS: readonly (readonly [path: string, ...methods: string[]])[] = [
  ['/clusters', 'get', 'post'],
  ['/clusters/{cluster_id}', 'get', 'patch', 'delete'],
  ['/clusters/{cluster_id}/force-delete', 'post'],
  ['/clusters/{cluster_id}/statuses', 'get', 'post', 'put'],
  ['/nodepools', 'get'],
  ['/nodepools/{nodepool_id}', 'get', 'patch', 'delete'],
  ['/nodepools/{nodepool_id}/force-delete', 'post'],
  ['/nodepools/{nodepool_id}/statuses', 'get', 'post', 'put'],
  ['/clusters/{cluster_id}/nodepools', 'get', 'post'],
  ['/clusters/{cluster_id}/nodepools/{nodepool_id}', 'get', 'patch', 'delete'],
  ['/clusters/{cluster_id}/nodepools/{nodepool_id}/force-delete', 'post'],
  ['/clusters/{cluster_id}/nodepools/{nodepool_id}/statuses', 'get', 'post', 'put'],
  ['/explain/clusters', 'get'],
  ['/explain/nodepools', 'get'],
]

/** Bodies that a schema alone can judge. The server and its document must agree on each. */
const CREATIONS: readonly unknown[] = [
  { kind: 'Cluster', name: 'abc', spec: {} },
  { kind: 'Cluster', name: 'abd', spec: {}, labels: { a: '' } },
  { kind: 'Cluster', name: 'abe', spec: {}, unknown: 1 },
  { kind: 'Cluster', name: 'ab', spec: {} },
  { kind: 'Cluster', name: 'a'.repeat(53), spec: {} },
  { kind: 'Cluster', name: 'a'.repeat(54), spec: {} },
  { kind: 'Cluster', name: 'A-b', spec: {} },
  { kind: 'NodePool', name: 'abf', spec: {} },
  { kind: 'Cluster', name: 'abg' },
  { kind: 'Cluster', spec: {} },
  { name: 'abh', spec: {} },
  { kind: 'Cluster', name: 'abi', spec: [] },
  { kind: 'Cluster', name: 'abj', spec: null },
  { kind: 'Cluster', name: 'abk', spec: {}, labels: [] },
  { kind: 'Cluster', name: 'abl', spec: {}, labels: { a: 1 } },
  { kind: 'Cluster', name: 'abm', spec: {}, labels: null },
  { kind: 'Cluster', name: 'abn', spec: {}, labels: { a: null } },
  { kind: 'Cluster', name: 'abo', spec: {}, labels: { '': 'x' } },
  { kind: 'Cluster', name: 'abp', spec: {}, labels: { ['k'.repeat(317)]: 'v'.repeat(255) } },
  { kind: 'Cluster', name: 'abq', spec: {}, labels: { ['k'.repeat(318)]: 'v' } },
  { kind: 'Cluster', name: 'abr', spec: {}, labels: { k: 'v'.repeat(256) } },
  { kind: 'Cluster', name: 'abs', spec: {}, labels: labelsOf(64) },
  { kind: 'Cluster', name: 'abt', spec: {}, labels: labelsOf(65) },
  { kind: 'Cluster', name: 'abu', spec: {}, id: '20mwrb1ka20222qvajmsil7d3jy' },
  { kind: 'Cluster', name: 'abv', spec: {}, id: null },
  { kind: 'Cluster', name: null, spec: {} },
  { kind: null, name: 'abw', spec: {} },
]

function labelsOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))
}

const PATCHES: readonly unknown[] = [
  {},
  { spec: { a: 1 } },
  { labels: {} },
  { name: 'abc' },
  { spec: 1 },
  { x: 1 },
  { x: null },
  { spec: null },
  { labels: null },
  { spec: null, labels: null },
  { spec: { a: null }, labels: { a: null } },
]

const FORCE_DELETIONS: readonly unknown[] = [
  { reason: 'stuck' },
  { reason: 'stuck', other: 1 },
  { reason: 'x'.repeat(1024) },
  { reason: 'x'.repeat(1025) },
  { reason: '😀'.repeat(1024) },
  { reason: '😀'.repeat(1025) },
  { reason: '' },
  { reason: ' \t\u00a0\u2003' },
  { reason: null },
  { reason: 5 },
  {},
]

const REPORTS: readonly unknown[] = [
  report('dns', 'True', 1, at(0)),
  { ...report('dns', 'True', 1, at(1)), extra: true },
  { ...report('dns', 'True', 1, at(2)), adapter: 'dns-' },
  { ...report('dns', 'True', 1, at(3)), observed_generation: 0 },
  { ...report('dns', 'True', 1, at(4)), observed_generation: 2 ** 31 },
  { ...report('dns', 'True', 1, at(5)), observed_time: 'yesterday' },
  { ...report('dns', 'True', 1, at(6)), conditions: {} },
  { ...report('dns', 'True', 1, at(7)), data: 'text' },
  { ...report('dns', 'True', 1, at(8)), data: null },
  { ...report('dns', 'True', 1, at(9)), metadata: null },
  { ...report('dns', 'True', 1, at(10)), adapter: null },
  { ...report('dns', 'True', 1, at(11)), observed_generation: null },
  { ...report('dns', 'True', 1, at(12)), observed_time: null },
  { ...report('dns', 'True', 1, at(13)), conditions: null },
  conditionsAt(14, { reason: null, message: null }),
  conditionsAt(15, { reason: 'r'.repeat(1024), message: 'm'.repeat(8192) }),
  conditionsAt(16, { reason: 'r'.repeat(1025) }),
  conditionsAt(17, { message: 'm'.repeat(8193) }),
  conditionsAt(18, { status: null }),
  conditionsAt(19, { type: null }),
  conditionsAt(20, { type: 'Other' }),
]

/** A report of the mandatory conditions, with other members in the last one. */
function conditionsAt(seconds: number, members: object) {
  const conditions = ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' }))
  return {
    ...report('dns', 'True', 1, at(seconds)),
    conditions: conditions.map((condition, i) => (i === 2 ? { ...condition, ...members } : condition)),
  }
}

benchOnBothEngines('the OpenAPI document', bench => {
  test('contract 1.3, 2.2: it is OpenAPI 3.1 in JSON and lists every endpoint', async () => {
    const { status, headers, json } = await bench.client.get('/openapi')
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/json')
    assert.match(json.openapi, /^3\.1\./)
    for (const [path, ...methods] of OPERATIONS) {
      const item = json.paths[BASE + path] ?? {}
      assert.deepEqual(
        Object.keys(item)
          .filter(key => ['get', 'post', 'put', 'patch', 'delete'].includes(key))
          .sort(),
        [...methods].sort(),
        path,
      )
    }
  })

  test('contract 1.3: its request schemas accept and refuse the same bodies as the server', async () => {
    const { id } = await bench.client.cluster('judged')
    const cases = [
      ['/clusters', '/clusters', CREATIONS],
      [`/clusters/${id}/statuses`, '/clusters/{cluster_id}/statuses', REPORTS],
    ] as const
    for (const [path, template, bodies] of cases) {
      const accepts = await documented(template, 'post')
      for (const body of bodies) {
        const { status, text } = await bench.client.post(path, body)
        assert.equal(status, accepts(body) ? 201 : 400, `${JSON.stringify(body)} gave ${text}`)
      }
    }
    const accepts = await documented('/clusters/{cluster_id}', 'patch')
    for (const body of PATCHES) {
      const { status, text } = await bench.client.patch(`/clusters/${id}`, body)
      assert.equal(status, accepts(body) ? 200 : 400, `${JSON.stringify(body)} gave ${text}`)
    }
    const acceptsReason = await documented('/clusters/{cluster_id}/force-delete', 'post')
    for (const body of FORCE_DELETIONS) {
      const { status, text } = await bench.client.post(`/clusters/${id}/force-delete`, body)
      assert.equal(status, acceptsReason(body) ? 409 : 400, `${JSON.stringify(body)} gave ${text}`)
    }
  })

  test('contract 14.6, 14.7: a server that is alone has every state that is demanded, and ignores how', async () => {
    for (const demand of ['0', '999999', 'x'])
      for (const path of ['/clusters', '/explain/clusters', '/facets/clusters?by=generation']) {
        const headers = { 'X-HyperFleet-Min-Sequence': demand, 'X-HyperFleet-Consistency': demand }
        assert.equal((await bench.client.get(path, headers)).status, 200)
      }
  })

  /** Validity of a body according to the document. */
  async function documented(template: string, method: string): Promise<(body: unknown) => boolean> {
    const { json } = await bench.client.get('/openapi')
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    ajv.addFormat('int32', true)
    ajv.addSchema({ $id: 'openapi', ...json })
    const path = (BASE + template).replaceAll('/', '~1')
    const pointer = `/paths/${path}/${method}/requestBody/content/application~1json/schema`
    const validate = ajv.compile({ $ref: encodeURI(`openapi#${pointer}`) })
    return body => Boolean(validate(body))
  }
})
