// The examples of the document 'Search and filtering with TSL', and the search examples of 'HyperFleet API resources',
// each as a test. The ids of the examples are replaced by ids of the server.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { expectFinds, findNames, refusal } from '../harness/find.ts'
import { assertShows } from '../harness/shows.ts'

const ids = new Map<string, string>()

const CLUSTERS: readonly (readonly [
  name: string,
  labels: Record<string, string>,
  value?: 'True' | 'False',
])[] = [
  ['my-cluster', { environment: 'production', region: 'us-east' }, 'True'],
  ['cluster1', { environment: 'dev', a: '1', b: '2' }],
  ['cluster2', { environment: 'staging', a: '2' }, 'True'],
  ['cluster3', { environment: 'production', region: 'eu-west' }, 'False'],
  ['test', { environment: 'test', a: '1' }],
  ['old', {}],
]

/** The time in the examples: an hour before now. Reports come before and after it. */
const EXAMPLE_TIME = '2026-03-06T14:00:00Z'

async function prepare(bench: Bench): Promise<void> {
  const { client } = bench
  bench.clockMs = Date.parse(EXAMPLE_TIME) - 3_600_000
  for (const [name, labels] of CLUSTERS) ids.set(name, (await client.cluster(name, { labels })).id)
  for (const [name, , value] of CLUSTERS)
    if (value !== undefined)
      await client.post(
        `/clusters/${ids.get(name)}/statuses`,
        report('dns', value, 1, '2026-03-06T13:05:00Z'),
      )
  bench.clockMs += 2 * 3_600_000
  await client.post(
    `/clusters/${ids.get('cluster2')}/statuses`,
    report('dns', 'True', 1, '2026-03-06T15:00:00Z'),
  )
  await client.patch(`/clusters/${ids.get('old')}`, { spec: { size: 2 } })
  const owner = ids.get('my-cluster') ?? ''
  const pool = await client.nodepool(owner, 'worker-pool', { labels: { role: 'worker' } })
  await client.nodepool(ids.get('old') ?? '', 'infra-pool', { labels: { role: 'infra' } })
  await client.post(
    `/clusters/${owner}/nodepools/${pool.id}/statuses`,
    report('dns', 'True', 1, '2026-03-06T15:00:00Z'),
  )
}

/** All names except these. */
const without = (...names: string[]) =>
  CLUSTERS.map(([name]) => name)
    .filter(name => !names.includes(name))
    .sort()
    .join(' ')

benchOnBothEngines('the document on searching', bench => {
  before(() => prepare(bench))

  test('the table of operators (contract 8.2, 8.4)', async () => {
    await expectFinds(bench.client, [
      ["name='test'", 'test'],
      ["name!='old'", without('old')],
      ['generation<10', without()],
      ['generation<=5', without()],
      ['generation>1', 'old'],
      ['generation>=1', without()],
      // Names have at least three characters, so the example finds nothing.
      ["name in ('c1','c2')", ''],
      // `a` and `b` represent fields.
      ["labels.a='1' and labels.b='2'", 'cluster1'],
      ["labels.a='1' or labels.a='2'", 'cluster1 cluster2 test'],
      ["not name='test'", without('test')],
    ])
  })

  test('values: strings in single quotes, numbers without, lists in parentheses (contract 8.2)', async () => {
    const list = `id in ('${ids.get('cluster1')}', '${ids.get('cluster2')}')`
    await expectFinds(bench.client, [
      ["name='my-cluster'", 'my-cluster'],
      ['generation>5', ''],
      ["id in ('2abc123', '2def456')", ''],
      [list, 'cluster1 cluster2'],
    ])
  })

  test('the table of fields (contract 8.3)', async () => {
    await expectFinds(bench.client, [
      ["id='2abc123'", ''],
      [`id='${ids.get('old')}'`, 'old'],
      ["name='my-cluster'", 'my-cluster'],
      ['generation>1', 'old'],
      ["created_by='user@example.com'", ''],
      ["updated_by='user@example.com'", ''],
      ["created_by='system@hyperfleet.local' and updated_by='system@hyperfleet.local'", without()],
      ["labels.environment='production'", 'cluster3 my-cluster'],
      ["status.conditions.Ready='True'", 'cluster2 my-cluster'],
      [`status.conditions.Ready.last_updated_time < '${EXAMPLE_TIME}'`, without('cluster2', 'old')],
    ])
  })

  test('clusters by name (contract 8.3)', async () => {
    await expectFinds(bench.client, [
      ["name='my-cluster'", 'my-cluster'],
      ["name in ('cluster1', 'cluster2', 'cluster3')", 'cluster1 cluster2 cluster3'],
    ])
  })

  test('nodepools by owner, condition and label (contract 8.3, 8.7)', async () => {
    await expectFinds(
      bench.client,
      [
        ["owner_id='2abc123'", ''],
        [`owner_id='${ids.get('my-cluster')}'`, 'worker-pool'],
        ["status.conditions.Ready='True'", 'worker-pool'],
        ["labels.role='worker'", 'worker-pool'],
      ],
      '/nodepools',
    )
  })

  test('labels, whose keys have lowercase letters, digits and underscores only (contract 8.6)', async () => {
    await expectFinds(bench.client, [
      ["labels.environment='production'", 'cluster3 my-cluster'],
      ["labels.region='us-east'", 'my-cluster'],
    ])
    await refusal(
      bench.client,
      "labels.Region='us-east'",
      "label key 'Region' is invalid: must contain only lowercase letters, digits, and underscores",
    )
  })

  test('conditions by status (contract 8.7)', async () => {
    await expectFinds(bench.client, [
      ["status.conditions.Available='True'", 'cluster2 my-cluster'],
      ["status.conditions.Ready='False'", without('cluster2', 'my-cluster')],
    ])
  })

  test('conditions support only =, and no not above them (contract 8.7, 8.9)', async () => {
    for (const rest of ["!='True'", "<'True'", ">'True'", " in ('True')"]) {
      const detail = 'only equality operator (=) is supported for condition status queries'
      await refusal(bench.client, `status.conditions.Ready${rest}`, detail)
    }
    const detail =
      "NOT operator is not supported with condition queries; use the inverse condition instead (e.g., Ready='False')"
    await refusal(bench.client, "NOT status.conditions.Ready='True'", detail)
    await refusal(bench.client, `NOT status.conditions.Ready.last_updated_time < '${EXAMPLE_TIME}'`, detail)
  })

  test('conditions by subfield (contract 8.8)', async () => {
    const stale = `status.conditions.Ready.last_updated_time < '${EXAMPLE_TIME}'`
    await expectFinds(bench.client, [
      [stale, without('cluster2', 'old')],
      [`status.conditions.Ready='True' AND ${stale}`, 'my-cluster'],
      ['status.conditions.Ready.observed_generation < 5', without()],
    ])
    for (const operator of ['=', '!=', '<', '<=', '>', '>=']) {
      await findNames(
        bench.client,
        `status.conditions.Ready.last_transition_time ${operator} '${EXAMPLE_TIME}'`,
      )
      await findNames(bench.client, `status.conditions.Ready.observed_generation ${operator} 1`)
    }
    await refusal(
      bench.client,
      "status.conditions.Ready.last_updated_time < '2026-03-06'",
      "invalid timestamp for condition subfield 'last_updated_time': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)",
    )
    await refusal(
      bench.client,
      "status.conditions.Ready.observed_generation < '5'",
      "expected integer value for condition subfield 'observed_generation'",
    )
  })

  test('several conditions with and, or, not and parentheses (contract 8.2, 8.5, 8.9)', async () => {
    const ready = "status.conditions.Ready='True'"
    await expectFinds(bench.client, [
      [`${ready} and labels.environment='production'`, 'my-cluster'],
      ["labels.environment in ('dev', 'staging')", 'cluster1 cluster2'],
      [
        `${ready} and (labels.environment='production' or labels.environment='staging')`,
        'cluster2 my-cluster',
      ],
      // A resource without the label is not in production either.
      ["not labels.environment='production'", without('my-cluster', 'cluster3')],
    ])
  })

  test('parentheses, then comparisons, then not, then and, then or (contract 8.2)', async () => {
    await expectFinds(bench.client, [
      ["not name='test' and labels.a='1' or name='old'", 'cluster1 old'],
      ["not (name='test' and labels.a='1') and labels.environment='test'", ''],
    ])
  })

  test('lists, authors and ids (contract 8.2, 8.3)', async () => {
    await expectFinds(bench.client, [
      ["labels.environment in ('dev', 'staging', 'test')", 'cluster1 cluster2 test'],
      ["created_by='user@example.com'", ''],
      ["id in ('2abc123', '2def456', '2ghi789')", ''],
      [`id in ('${ids.get('old')}', '${ids.get('test')}', '2ghi789')`, 'old test'],
    ])
  })

  test('the search examples of the document on resources (contract 8.2, 8.7)', async () => {
    await expectFinds(bench.client, [
      ["name='my-cluster'", 'my-cluster'],
      ["status.conditions.Ready='True' and labels.environment='production'", 'my-cluster'],
      ["labels.environment='dev' or labels.environment='staging'", 'cluster1 cluster2'],
      ["status.conditions.Available='True'", 'cluster2 my-cluster'],
    ])
  })

  test('the example of an invalid query (contract 8.10)', async () => {
    const { json } = await bench.client.list('/clusters', { search: 'invalid-query' })
    assertShows(json, {
      type: 'https://api.hyperfleet.io/errors/bad-request',
      title: 'Bad Request',
      status: 400,
      detail: 'Failed to parse search query: invalid-query',
      code: 'HYPERFLEET-VAL-005',
      timestamp: (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
    })
    assert.equal(json.instance, '/api/hyperfleet/v1/clusters')
  })
})
