// The planned fleet and its life: reproducible, and within the limits of the API.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { ClusterCreateRequest, NodePoolCreateRequest, ResourcePatchRequest } from '../../src/api/resources.ts'
import { statusReportSchema } from '../../src/api/statuses.ts'
import { adaptersOf } from '../../tools/simulate/adapters.ts'
import { Life, type Past } from '../../tools/simulate/life.ts'
import {
  creationBody,
  type FleetShape,
  type PlannedResource,
  plannedCluster,
  plannedClusters,
} from '../../tools/simulate/plan.ts'
import { finalReport, reportBody } from '../../tools/simulate/reports.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const SHAPE: FleetShape = { seed: 1, clusters: 40, namePrefix: 'sim' }
const TIME = '2026-01-01T00:00:00.000Z'
const REPORT_LIMITS = { conditionsPerReport: 32, reasonMaxBytes: 1024, messageMaxBytes: 8192 }

/** A plan with a part of its life, as text. */
function told(shape: FleetShape): string[] {
  return resources(shape).flatMap(resource => [creationBody(resource), ...lived(resource, 20)])
}

function resources(shape: FleetShape): PlannedResource[] {
  return [...plannedClusters(shape)].flatMap(cluster => [cluster, ...cluster.nodepools])
}

function lived(resource: PlannedResource, events: number): string[] {
  const life = new Life(resource)
  return Array.from({ length: events }, () => {
    const event = life.next()
    return event.kind === 'report'
      ? reportBody(resource, event, TIME)
      : JSON.stringify({ spec: resource.spec(event.generation) })
  })
}

/** The last reports of a deletion. */
function finals(resource: PlannedResource): string[] {
  return adaptersOf(resource.kind).map(adapter => reportBody(resource, finalReport(adapter, 2), TIME))
}

test('the same seed plans the same fleet and the same life, another seed another', () => {
  assert.deepEqual(told(SHAPE), told(SHAPE))
  const other = told({ ...SHAPE, seed: 2 })
  assert.equal(told(SHAPE).filter(text => other.includes(text)).length, 0)
})

test('seeds that differ beyond 32 bits plan different fleets', () => {
  assert.notDeepEqual(told(SHAPE), told({ ...SHAPE, seed: 1 + 2 ** 32 }))
})

test('a cluster does not depend on earlier calls or on the size of the fleet', () => {
  const last = plannedCluster({ ...SHAPE, clusters: 1_000_000 }, 39)
  assert.equal(creationBody(last), creationBody([...plannedClusters(SHAPE)][39] ?? last))
  assert.deepEqual(lived(last, 30), lived(plannedCluster(SHAPE, 39), 30))
})

test('contract 4.1, 4.2, 4.4, 4.5, 5.1, 5.2: all that is planned satisfies the schemas of requests', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const cluster = Compile(ClusterCreateRequest)
  const nodepool = Compile(NodePoolCreateRequest)
  const change = Compile(ResourcePatchRequest)
  const report = Compile(statusReportSchema(REPORT_LIMITS))
  const shapes = fc.record({ seed: fc.maxSafeNat(), number: fc.nat(999_999) })
  const property = fc.property(shapes, ({ seed, number }) => {
    const planned = plannedCluster({ seed, clusters: 1_000_000, namePrefix: 'a'.repeat(40) }, number)
    assert.ok(cluster.Check(JSON.parse(creationBody(planned))), creationBody(planned))
    for (const pool of planned.nodepools)
      assert.ok(nodepool.Check(JSON.parse(creationBody(pool))), creationBody(pool))
    assert.equal(new Set(planned.nodepools.map(({ name }) => name)).size, planned.nodepools.length)
    for (const resource of [planned, ...planned.nodepools])
      for (const text of [...lived(resource, 30), ...finals(resource)])
        assert.ok(report.Check(JSON.parse(text)) || change.Check(JSON.parse(text)), text)
  })
  fc.assert(property, { seed: SEED, numRuns: 100 })
})

test('a cluster spec is about a kilobyte and a report about 700 bytes', () => {
  const average = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + text.length, 0) / texts.length
  const clusters = [...plannedClusters(SHAPE)]
  const specs = average(clusters.map(cluster => JSON.stringify(cluster.spec(1))))
  assert.ok(specs > 900 && specs < 1500, `${specs}`)
  const reports = average(clusters.flatMap(cluster => lived(cluster, 4)))
  assert.ok(reports > 600 && reports < 900, `${reports}`)
})

test('labels are spread over every environment, region and role', () => {
  const all = resources({ ...SHAPE, clusters: 500 })
  const values = (key: string) =>
    new Set(all.map(({ labels }) => labels[key]).filter(value => value !== undefined))
  assert.equal(values('environment').size, 3)
  assert.equal(values('region').size, 12)
  assert.equal(values('role').size, 4)
  assert.deepEqual([...values('simulation')], ['sim'])
})

test('contract 3.5: specs of successive generations differ', () => {
  for (const resource of resources({ ...SHAPE, clusters: 5 })) {
    const specs = Array.from({ length: 20 }, (_, index) => JSON.stringify(resource.spec(index + 1)))
    assert.equal(new Set(specs).size, specs.length)
  }
})

test('a life begins with one report of each adapter, and after a change of spec all report again', () => {
  const resource = plannedCluster(SHAPE, 3)
  const life = new Life(resource)
  const adapters = life.behind
  const owed: string[] = []
  let changes = 0
  for (let i = 0; i < 5000; i++) {
    const wasBehind = life.behind
    const event = life.next()
    if (event.kind === 'change') {
      assert.equal(wasBehind, 0)
      assert.equal(life.behind, adapters)
      changes += 1
      owed.length = 0
    } else if (wasBehind > 0) {
      assert.equal(event.generation, changes + 1)
      assert.ok(!owed.includes(event.adapter.name))
      owed.push(event.adapter.name)
    }
  }
  assert.ok(changes > 0)
})

test('a life holds heartbeats, failures, recoveries, silences and changes', () => {
  const seen = new Set<string>()
  for (const cluster of plannedClusters(SHAPE)) {
    const life = new Life(cluster)
    const last = new Map<string, string>()
    for (let i = 0; i < 200; i++) {
      const event = life.next()
      if (event.kind === 'change') seen.add('change')
      else {
        seen.add(`${last.get(event.adapter.name)} then ${event.status}`)
        last.set(event.adapter.name, event.status)
      }
    }
  }
  for (const step of ['True then True', 'True then False', 'False then True', 'True then Unknown', 'change'])
    assert.ok(seen.has(step), step)
  for (const first of ['True', 'False', 'Unknown']) assert.ok(seen.has(`undefined then ${first}`), first)
})

test('a life that continues from a known state begins with the due reports', () => {
  const resource = plannedCluster(SHAPE, 0)
  const adapters: Past['adapters'] = new Map([
    ['validator', { generation: 3, status: 'True' }],
    ['dns', { generation: 2, status: 'True' }],
  ])
  const past = { generation: 3, adapters }
  const life = new Life(resource, past)
  const first = Array.from({ length: 3 }, () => life.next())
  assert.deepEqual(
    first.map(event => (event.kind === 'report' ? `${event.adapter.name} ${event.generation}` : event.kind)),
    ['dns 3', 'placement 3', 'gcp-provisioner 3'],
  )
  assert.equal(life.behind, 0)
})
