// The examples of the document "Search and filtering with TSL", each with a record that matches and one that does not (contract
// 8.2-8.9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../src/state/records.ts'
import { condition, faultOf, finds, instant, isValid, resource } from './sample.ts'

const isReady = (status: 'True' | 'False', lastUpdated = '2026-03-06T13:00:00Z') =>
  resource({
    labels: { environment: 'production' },
    conditions: [condition({ status, lastUpdatedTime: instant(lastUpdated), observedGeneration: 4 })],
  })
const labelled = (environment: string) => resource({ labels: { environment } })

/** Search, a cluster that it finds, one that it does not. */
const CLUSTERS: readonly (readonly [string, Resource, Resource])[] = [
  ["name='my-cluster'", resource({ name: 'my-cluster' }), resource({ name: 'my' })],
  ["name!='old'", resource({ name: 'new' }), resource({ name: 'old' })],
  ['generation<10', resource({ generation: 9 }), resource({ generation: 10 })],
  ['generation<=5', resource({ generation: 5 }), resource({ generation: 6 })],
  ['generation>1', resource({ generation: 2 }), resource({ generation: 1 })],
  ['generation>=1', resource({ generation: 1 }), resource({ generation: 0 })],
  ["name in ('c1','c2')", resource({ name: 'c2' }), resource({ name: 'c3' })],
  ["not name='test'", resource({ name: 'c1' }), resource({ name: 'test' })],
  ["id in ('2abc123', '2def456', '2ghi789')", resource({ id: '2ghi789' }), resource({ id: '2ghi' })],
  ["created_by='user@example.com'", resource(), resource({ createdBy: 'a@example.com' })],
  ["updated_by='user@example.com'", resource(), resource({ updatedBy: 'a@example.com' })],
  ["labels.environment='production'", labelled('production'), resource()],
  ["labels.environment in ('dev', 'staging', 'test')", labelled('test'), labelled('production')],
  ["not labels.environment='production'", resource(), labelled('production')],
  ["status.conditions.Ready='True'", isReady('True'), isReady('False')],
  ["status.conditions.Ready='False'", isReady('False'), resource()],
  [
    "status.conditions.Ready.last_updated_time < '2026-03-06T14:00:00Z'",
    isReady('True'),
    isReady('True', '2026-03-06T14:00:00Z'),
  ],
  [
    "status.conditions.Ready='True' AND status.conditions.Ready.last_updated_time < '2026-03-06T14:00:00Z'",
    isReady('True'),
    isReady('False'),
  ],
  ['status.conditions.Ready.observed_generation < 5', isReady('True'), resource()],
  [
    "status.conditions.Ready='True' and labels.environment='production'",
    isReady('True'),
    labelled('production'),
  ],
  [
    "status.conditions.Ready='True' and (labels.environment='production' or labels.environment='staging')",
    isReady('True'),
    labelled('staging'),
  ],
]

for (const [search, found, missed] of CLUSTERS) {
  test(`contract 8.2-8.9: the documented search ${search} finds what it says`, () => {
    assert.equal(finds(search, found), true)
    assert.equal(finds(search, missed), false)
  })
}

test("contract 8.3: the documented searches of nodepools, owner_id='2abc123' and labels.role='worker', find them", () => {
  const worker = resource({ kind: 'NodePool', ownerId: '2abc123', labels: { role: 'worker' } })
  const infra = resource({ kind: 'NodePool', ownerId: '2def456', labels: { role: 'infra' } })
  for (const search of ["owner_id='2abc123'", "labels.role='worker'"]) {
    assert.equal(finds(search, worker, 'NodePool'), true)
    assert.equal(finds(search, infra, 'NodePool'), false)
  }
})

test('contract 8.10: the documented fault of invalid-query has its exact detail', () => {
  assert.equal(faultOf('invalid-query').detail, 'Failed to parse search query: invalid-query')
})

test('contract 8.3: the short forms in the table of operators parse, though their fields do not exist', () => {
  for (const search of ["a='1' and b='2'", "a='1' or b='2'"]) {
    assert.equal(isValid(search), false)
    assert.equal(faultOf(search).detail, 'a is not a valid field name')
  }
})
