// Creates a cluster with a spec and labels, reports about it, reads it back and finds it again, by a client that is generated.
// The compiler is as much of the test as the run: members of `spec` and `labels` have to be there for it.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema.js'

declare const process: { readonly argv: readonly string[] }

type ClusterCreateRequest = components['schemas']['ClusterCreateRequest']
type Report = components['schemas']['AdapterStatusReport']

const client = createClient<paths>({ baseUrl: process.argv[2] ?? 'http://127.0.0.1:8000' })
const name = `typescript-${Date.now()}`

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

const body: ClusterCreateRequest = {
  kind: 'Cluster',
  name,
  spec: { region: 'us-east1', replicas: 3 },
  labels: { made_by: 'typescript' },
}
const { data: made, error } = await client.POST('/api/hyperfleet/v1/clusters', { body })
check(made !== undefined, `the cluster is not created: ${error?.detail}`)

const report: Report = {
  adapter: 'validator',
  observed_generation: made.generation,
  observed_time: new Date().toISOString(),
  conditions: ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True', reason: null })),
  data: { quota: { cpus: 96 } },
}
const path = { cluster_id: made.id }
const reported = await client.POST('/api/hyperfleet/v1/clusters/{cluster_id}/statuses', {
  params: { path },
  body: report,
})
check(reported.response.status === 201, `the report is answered ${reported.response.status}`)

const { data: read } = await client.GET('/api/hyperfleet/v1/clusters/{cluster_id}', { params: { path } })
check(read !== undefined, 'the cluster cannot be read')
const region: unknown = read.spec.region
const madeBy: string | undefined = read.labels?.made_by
check(region === 'us-east1' && read.spec.replicas === 3, `the spec is ${JSON.stringify(read.spec)}`)
check(madeBy === 'typescript', `the labels are ${JSON.stringify(read.labels)}`)
check(
  read.status.conditions.some(({ type, status }) => type === 'Available' && status === 'True'),
  'the report has not made it available',
)

const { data: found } = await client.GET('/api/hyperfleet/v1/clusters', {
  params: { query: { search: `name = '${name}'`, pageSize: 10 } },
})
check(found?.total === 1 && found.items[0]?.id === made.id, 'the search does not find it')

const refused = await client.POST('/api/hyperfleet/v1/clusters', { body: { ...body, labels: null } })
check(refused.error?.code === 'HYPERFLEET-CNF-001', 'a taken name is not refused with its code')
console.log(`the TypeScript client has created, reported, read and found ${name}`)
