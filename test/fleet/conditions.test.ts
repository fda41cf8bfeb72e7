// Scenarios of conditions, worked out by hand. The oracle and the module must both match them (contract 5.3, 5.6 and
// section 6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionType } from '../../src/fleet/adapter-name.ts'
import {
  conditionsAfterReport,
  conditionsAfterSpecChange,
  initialConditions,
} from '../../src/fleet/conditions.ts'
import { discardReason } from '../../src/fleet/report.ts'
import { deletions, todaysClients } from './conditions-current-scenarios.ts'
import { changedLists, discardedReports } from './conditions-list-scenarios.ts'
import { creation } from './conditions-notation.ts'
import { foldHistory } from './conditions-oracle.ts'
import { beforeAnyReport, oneGeneration, severalGenerations } from './conditions-scenarios.ts'
import { stepThrough } from './conditions-steps.ts'

const scenarios = [
  beforeAnyReport,
  oneGeneration,
  severalGenerations,
  changedLists,
  discardedReports,
  todaysClients,
  deletions,
].flat()

for (const {
  name,
  rules,
  resourceKind = 'Cluster',
  events,
  verdicts,
  conditions,
  isFinished = false,
  birth = creation,
} of scenarios) {
  const history = [birth, ...events]
  const reports = events.filter(event => event.kind === 'report')
  const expected = { conditions, verdicts: verdicts ?? reports.map(() => 'stored'), isFinished }

  test(`${name} (contract ${rules})`, () => {
    assert.deepStrictEqual(stepThrough(resourceKind, history).at(-1), expected)
  })

  test(`the oracle agrees: ${name} (contract ${rules})`, () => {
    assert.deepStrictEqual(foldHistory(resourceKind, history), expected)
  })
}

const types: readonly (readonly [string, string])[] = [
  ['dns', 'DnsSuccessful'],
  ['gcp-provisioner', 'GcpProvisionerSuccessful'],
  ['a', 'ASuccessful'],
  ['a-b-c', 'ABCSuccessful'],
  ['x2-9y-z', 'X29yZSuccessful'],
  ['a--b', 'ABSuccessful'],
  ['dns_zone.v2', 'DnsZoneV2Successful'],
  ['3scale.io', 'Adapter3scaleIoSuccessful'],
  ['7', 'Adapter7Successful'],
  ['A._-b', 'ABSuccessful'],
  ['iPXE-Boot', 'IPXEBootSuccessful'],
]

for (const [adapter, type] of types) {
  test(`the condition of adapter ${adapter} is ${type} (contract 6.10)`, () => {
    assert.equal(conditionType(adapter), type)
  })
}

test('without a previous report only a future one is discarded (contract 5.3a)', () => {
  const report = { observedGeneration: 2, observedTime: 5n, available: 'Unknown' as const }
  assert.equal(discardReason(report, 1, undefined), 'future-generation')
  assert.equal(discardReason(report, 2, undefined), undefined)
  assert.equal(discardReason(report, 3, undefined), undefined)
})

test('a report with several reasons is discarded under the first (contract 5.3a, 5.3b, 5.3c, 5.3d)', () => {
  const previous = { observedGeneration: 3, lastReportTime: 9n }
  const unknown = { observedTime: 5n, available: 'Unknown' as const }
  assert.equal(discardReason({ ...unknown, observedGeneration: 4 }, 3, previous), 'future-generation')
  assert.equal(discardReason({ ...unknown, observedGeneration: 2 }, 3, previous), 'old-generation')
  assert.equal(discardReason({ ...unknown, observedGeneration: 3 }, 3, previous), 'earlier-time')
  assert.equal(discardReason({ ...unknown, observedGeneration: 4 }, 4, previous), 'unknown')
})

test('a second call gives the same conditions and does not change the input (contract 6.11)', () => {
  const reading = {
    adapter: 'dns',
    value: 'True',
    generation: 1,
    time: 110n,
    createdTime: 110n,
    isFinalized: false,
  } as const
  const input = Object.freeze({
    kind: 'Cluster' as const,
    conditions: Object.freeze(
      initialConditions({ kind: 'Cluster', createdTime: 100n, compatibility: 'documents', required: [] }).map(
        condition => Object.freeze(condition),
      ),
    ),
    generation: 1,
    createdTime: 100n,
    specChangedTime: 100n,
    required: Object.freeze(['validator', 'dns']),
    readings: Object.freeze([Object.freeze(reading)]),
    isDeleting: false,
    compatibility: 'documents' as const,
    reporter: 'dns',
  })
  const before = structuredClone(input)
  const first = conditionsAfterReport(input)
  assert.deepStrictEqual(conditionsAfterReport(input), first)
  assert.deepStrictEqual(conditionsAfterReport(structuredClone(input)), first)
  assert.deepStrictEqual({ ...input }, before)
  assert.equal(first.length, 3)
})

test('data of an older version remains valid: Ready keeps the generation it observes (contract 6.4, 6.13)', () => {
  // In that version `Ready` observed the resource's generation, no matter which adapters had reported about it.
  const [available, ready] = initialConditions({
    kind: 'Cluster',
    createdTime: 100n,
    compatibility: 'documents',
    required: [],
  })
  assert.ok(available !== undefined && ready !== undefined)
  const waiting = 'Waiting for adapters to report at generation 3: dns'
  const stored = [
    { ...available, observedGeneration: 1, message: 'Waiting for adapters to report at generation 1: dns' },
    { ...ready, observedGeneration: 3, message: waiting, lastUpdatedTime: 120n },
  ]
  const dns = {
    adapter: 'dns',
    value: 'True',
    generation: 1,
    time: 110n,
    createdTime: 110n,
    isFinalized: false,
  } as const
  const input = {
    kind: 'Cluster',
    conditions: stored,
    createdTime: 100n,
    specChangedTime: 130n,
    required: ['dns'],
    isDeleting: false,
    compatibility: 'documents',
  } as const
  const changed = conditionsAfterSpecChange({ ...input, generation: 4, readings: [dns] })
  assert.equal(changed[1]?.observedGeneration, 3)
  const late = { ...dns, generation: 2 }
  const reported = conditionsAfterReport({ ...input, generation: 4, readings: [late], reporter: 'dns' })
  assert.equal(reported[1]?.observedGeneration, 3)
  const current = { ...dns, generation: 4 }
  const ended = conditionsAfterReport({ ...input, generation: 4, readings: [current], reporter: 'dns' })
  assert.deepEqual([ended[1]?.status, ended[1]?.observedGeneration], ['True', 4])
})
