// The indexes against the records: a fixed set of searches and orders, found by the server and by the slow evaluator
// over what the server shows (contract 7.1, 7.4, 8).
import assert from 'node:assert/strict'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import type { Resource } from '../../src/state/records.ts'
import { type Instant, parseInstant } from '../../src/wire/instant.ts'
import { naiveMatches } from '../search/naive.ts'
import type { FleetClient, ShownResource } from './fleet-client.ts'
import type { ShownFleet } from './shown-fleet.ts'

/** `T` stands for an `updated_time`, `R` for a time of report, that some of the fleet are below. */
const SEARCHES = [
  "labels.environment = 'production'",
  "labels.team is null and labels.environment in ('dev', 'staging')",
  "labels.team like 't1%' or not labels.environment != 'dev'",
  "name like 'c%1' and generation >= 2",
  'generation between 2 and 4',
  "updated_time > 'T' and created_time <= 'T'",
  "status.conditions.Ready = 'True'",
  "status.conditions.Ready = 'False' and labels.environment = 'dev'",
  "status.conditions.Available = 'True' and status.conditions.Available.observed_generation > 1",
  "status.conditions.DnsSuccessful = 'False' or status.conditions.GcpProvisionerSuccessful = 'True'",
  "status.conditions.ValidatorSuccessful.last_updated_time < 'R'",
  "status.conditions.Ready.last_transition_time >= 'T' or status.conditions.Ready.observed_generation = 3",
]

export async function checkSearches(client: FleetClient, fleet: ShownFleet): Promise<void> {
  for (const [path, shown] of [
    ['/clusters', fleet.clusters],
    ['/nodepools', fleet.nodepools],
  ] as const) {
    const records = shown.map(recordOf)
    await Promise.all(SEARCHES.map(text => checkSearch(client, path, withTimes(text, shown), records)))
    await checkOrder(client, path, shown)
  }
  for (const { id } of fleet.clusters.slice(-5)) {
    const own = fleet.nodepools.filter(({ owner_references }) => owner_references?.id === id)
    const found = await client.readAll<ShownResource>(`/clusters/${id}/nodepools`, { orderBy: 'id' })
    assert.deepEqual(found, own, `the nodepools of ${id}`)
  }
}

async function checkSearch(
  client: FleetClient,
  path: string,
  search: string,
  records: readonly Resource[],
): Promise<void> {
  const found = await client.readAll<ShownResource>(path, { search, orderBy: 'id' })
  const syntax = syntaxOf(search)
  const expected = records.filter(record => naiveMatches(syntax, record, 0n)).map(({ id }) => id)
  assert.deepEqual(
    found.map(({ id }) => id),
    expected,
    `${path} ${search}`,
  )
}

async function checkOrder(client: FleetClient, path: string, shown: readonly ShownResource[]): Promise<void> {
  const found = await client.readAll<ShownResource>(path, { orderBy: 'updated_time desc, name' })
  const expected = shown.toSorted(
    (a, b) => Date.parse(b.updated_time) - Date.parse(a.updated_time) || (a.name < b.name ? -1 : 1),
  )
  assert.deepEqual(namesOf(found), namesOf(expected), `${path} in order`)
}

function namesOf(resources: readonly ShownResource[]): string[] {
  return resources.map(({ name }) => name)
}

function withTimes(search: string, shown: readonly ShownResource[]): string {
  const middle = shown[shown.length >> 1]
  const report = middle?.status.conditions.at(-1)?.last_updated_time ?? '2026-01-01T00:00:00Z'
  return search
    .replaceAll("'T'", `'${middle?.updated_time ?? '2026-01-01T00:00:00Z'}'`)
    .replaceAll("'R'", `'${report}'`)
}

function syntaxOf(search: string): Syntax {
  const parsed = parseSearch(search)
  assert(parsed.kind === 'syntax', search)
  return parsed.syntax
}

/** A record with what the slow evaluator reads. */
function recordOf(shown: ShownResource): Resource {
  return {
    kind: shown.kind,
    id: shown.id,
    name: shown.name,
    ownerId: shown.owner_references?.id,
    generation: shown.generation,
    spec: '{}',
    labels: new Map(Object.entries(shown.labels ?? {})),
    createdTime: instant(shown.created_time),
    updatedTime: instant(shown.updated_time),
    createdBy: shown.created_by,
    updatedBy: shown.updated_by,
    deletedTime: shown.deleted_time === undefined ? undefined : instant(shown.deleted_time),
    deletedBy: shown.deleted_by,
    conditions: shown.status.conditions.map(condition => ({
      type: condition.type,
      status: condition.status,
      observedGeneration: condition.observed_generation,
      createdTime: instant(condition.created_time),
      lastUpdatedTime: instant(condition.last_updated_time),
      lastTransitionTime: instant(condition.last_transition_time),
    })),
    specChangedTime: instant(shown.created_time),
  }
}

function instant(text: string): Instant {
  const parsed = parseInstant(text)
  assert(parsed !== undefined, `${text} is a time`)
  return parsed
}
