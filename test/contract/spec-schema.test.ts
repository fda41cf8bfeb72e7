// spec validated against the user's own OpenAPI document (contract 4.9).
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { TestClient } from '../harness/client.ts'
import { assertFaults } from '../harness/faults.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'

const YAML = `
openapi: 3.0.0
info: {title: Specs, version: "1"}
paths: {}
components:
  schemas:
    Region:
      type: string
      enum: [east, west]
    ClusterSpec:
      type: object
      required: [region]
      additionalProperties: false
      properties:
        region:
          $ref: '#/components/schemas/Region'
        size: {type: integer, minimum: 1, maximum: 10}
        zones:
          type: array
          items: {type: object, required: [name], properties: {name: {type: string, pattern: '^[a-z]+$'}}}
    NodePoolSpec:
      type: object
      required: [replicas]
      properties:
        replicas: {type: integer, minimum: 0}
`

const JSON_DOCUMENT = JSON.stringify({
  openapi: '3.1.0',
  components: {
    schemas: {
      ClusterSpec: { type: 'object', required: ['fromJson'] },
      NodePoolSpec: { type: 'object', properties: { fromJson: { type: 'boolean' } } },
    },
  },
})

/** Files that must stop a start, and a word of the error. */
const UNUSABLE: readonly (readonly [name: string, text: string, word: RegExp])[] = [
  ['empty.yaml', '', /empty\.yaml/],
  ['broken.yaml', 'components: [unclosed', /broken\.yaml/],
  ['broken.json', '{"components":', /broken\.json/],
  ['text.yaml', 'just words', /text\.yaml/],
  ['none.yaml', 'openapi: 3.0.0', /ClusterSpec/],
  ['nodepool-only.yaml', 'components: {schemas: {NodePoolSpec: {type: object}}}', /ClusterSpec/],
  ['cluster-only.yaml', 'components: {schemas: {ClusterSpec: {type: object}}}', /NodePoolSpec/],
  [
    'wrong-schema.yaml',
    'components: {schemas: {ClusterSpec: {type: nonsense}, NodePoolSpec: {type: object}}}',
    /ClusterSpec/,
  ],
  [
    'lookahead.yaml',
    "components: {schemas: {ClusterSpec: {properties: {a: {pattern: '^(?!x)'}}}, NodePoolSpec: {type: object}}}",
    /'\^\(\?!x\)' at #\/components\/schemas\/ClusterSpec\/properties\/a\/pattern/,
  ],
  [
    'dangling.yaml',
    "components: {schemas: {ClusterSpec: {$ref: '#/components/schemas/Gone'}, NodePoolSpec: {type: object}}}",
    /ClusterSpec|Gone/,
  ],
]

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  try {
    await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A server whose specs must satisfy a document. */
async function withSchema(
  engine: EngineName,
  document: { readonly name: string; readonly text: string },
  use: (client: TestClient, server: TestServer) => Promise<void>,
): Promise<void> {
  await withFolder(async folder => {
    const path = join(folder, document.name)
    await writeFile(path, document.text)
    const server = await startTestServer({
      engine,
      environment: { HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: path },
    })
    const client = new TestClient(server.origin)
    try {
      await use(client, server)
    } finally {
      client.close()
      await server.stop()
    }
  })
}

for (const engine of ENGINES)
  describe(`specs with a schema (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    const yaml = { name: 'specs.yaml', text: YAML }

    test('contract 4.9: POST accepts a spec that satisfies its schema and names the faults of others', async () => {
      await withSchema(engine, yaml, async client => {
        const create = (spec: object) => client.post('/clusters', { kind: 'Cluster', name: 'abc', spec })
        assertFaults(await create({}), 'spec.region')
        assertFaults(await create({ region: 'north' }), 'spec.region')
        assertFaults(
          await create({ region: 1, size: 11, more: true }),
          'spec.more',
          'spec.region',
          'spec.size',
        )
        const zones = [{ name: 'a' }, {}, { name: 'B' }]
        assertFaults(await create({ region: 'east', zones }), 'spec.zones[1].name', 'spec.zones[2].name')
        const taken = await create({ region: 'east', size: 10, zones: [{ name: 'a' }] })
        assert.equal(taken.status, 201, taken.text)
        const pool = (spec: object) =>
          client.post(`/clusters/${taken.json.id}/nodepools`, { kind: 'NodePool', name: 'abc', spec })
        assertFaults(await pool({}), 'spec.replicas')
        assertFaults(await pool({ replicas: -1 }), 'spec.replicas')
        assert.equal((await pool({ replicas: 0, more: true })).status, 201)
      })
    })

    test('contract 4.9: PATCH is validated too, and a refused one changes nothing', async () => {
      await withSchema(engine, yaml, async client => {
        const cluster = await client.cluster('abc', { spec: { region: 'east' } })
        assertFaults(await client.patch(cluster.href, { spec: { size: 0 } }), 'spec.region', 'spec.size')
        assert.deepEqual((await client.get(cluster.href)).json, cluster)
        assert.equal((await client.patch(cluster.href, { spec: { region: 'west' } })).json.generation, 2)
        const pool = await client.nodepool(cluster.id, 'abc', { spec: { replicas: 1 } })
        const path = `/clusters/${cluster.id}/nodepools/${pool.id}`
        assertFaults(await client.patch(path, { spec: {} }), 'spec.replicas')
        assert.equal((await client.patch(path, { spec: { replicas: 2 } })).status, 200)
      })
    })

    test('contract 4.7, 4.9, 4.11: thousands of faults of the spec are counted, and a spec too large to check is refused', async () => {
      await withSchema(engine, yaml, async client => {
        const create = (zones: object[]) =>
          client.post('/clusters', { kind: 'Cluster', name: 'abc', spec: { region: 'east', zones } })
        const many = (await create(Array(5000).fill({ name: 1 }))).json.errors
        assert.equal(many.length, 100)
        assert.match(many[99].message, / \(and 4900 more\)$/)
        assertFaults(await create(Array(30_000).fill({})), 'spec')
      })
    })

    test("contract 4.7, 4.9: faults of the spec are listed with the body's others", async () => {
      await withSchema(engine, yaml, async client => {
        const body = { kind: 'Cluster', name: 'A', spec: { region: 'east', size: 0 }, labels: { a: 1 } }
        assertFaults(await client.post('/clusters', body), 'labels.a', 'name', 'spec.size')
      })
    })

    test('contract 4.9: the document may be JSON', async () => {
      await withSchema(engine, { name: 'specs.json', text: JSON_DOCUMENT }, async client => {
        assertFaults(
          await client.post('/clusters', { kind: 'Cluster', name: 'abc', spec: {} }),
          'spec.fromJson',
        )
        await client.cluster('abc', { spec: { fromJson: 1 } })
      })
    })

    test('contract 4.9: without a document any object is accepted', async () => {
      await withSchema(engine, yaml, async (_, server) => {
        const restarted = await server.restart({ HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: '' })
        const client = new TestClient(restarted.origin)
        try {
          await client.cluster('free', { spec: { anything: ['goes'] } })
        } finally {
          client.close()
          await restarted.server.close()
        }
      })
    })

    test('contract 4.9: stored data is served even if it would be refused now', async () => {
      await withFolder(async folder => {
        const path = join(folder, 'specs.yaml')
        await writeFile(path, YAML)
        const server = await startTestServer({ engine })
        const first = new TestClient(server.origin)
        const cluster = await first.cluster('older', { spec: { old: true } })
        first.close()
        const restarted = await server.restart({ HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: path })
        const client = new TestClient(restarted.origin)
        try {
          assert.deepEqual((await client.get(cluster.href)).json, cluster)
          assert.equal((await client.patch(cluster.href, { labels: { a: 'b' } })).status, 200)
          assertFaults(await client.patch(cluster.href, { spec: { old: false } }), 'spec.old', 'spec.region')
        } finally {
          client.close()
          await restarted.stop()
        }
      })
    })

    test('contract 4.9: an unusable document stops the start with the reason, and the folder is released', async () => {
      await withFolder(async folder => {
        const start = (path: string) =>
          startTestServer({
            engine,
            folder: join(folder, 'data'),
            environment: { HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: path },
          })
        const refuses = (path: string, word: RegExp) =>
          assert.rejects(
            start(path),
            (error: Error) => word.test(error.message) && error.message.includes(path),
          )
        await refuses(join(folder, 'missing.yaml'), /missing\.yaml/)
        await refuses(folder, /./)
        for (const [name, text, word] of UNUSABLE) {
          await writeFile(join(folder, name), text)
          await refuses(join(folder, name), word)
        }
        await writeFile(join(folder, 'good.yaml'), YAML)
        await (await start(join(folder, 'good.yaml'))).stop()
      })
    })
  })
