// The audit finds what is planted, all of it, and nothing in a sound folder.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { auditFolder } from '../../../src/ops/audit/folder-audit.ts'
import { buildIndex, indexFaults } from '../../../src/ops/audit/index-audit.ts'
import { writeManifest } from '../../../src/ops/backup/manifest.ts'
import type { Resource } from '../../../src/state/records.ts'
import { Environment } from '../../../src/store/lmdb/environment.ts'
import { openStore } from '../../../src/store/store.ts'
import { clusterOf, idOf, optionsFor, put, time } from '../../store/samples.ts'
import {
  inPlace,
  type Planted,
  plantedFolder,
  reported,
  soundCluster,
  soundFleet,
  soundNodepool,
} from './planted-folder.ts'

const LATE = time('2027-01-01T00:00:00Z')
const LATER = time('2026-01-02T00:00:00Z')
const MARKED = { deletedTime: LATER, updatedTime: LATER, deletedBy: 'ann@example.com' }

function audit(path: string) {
  return auditFolder({
    path,
    commitDeadlineMs: 30_000,
    specPaths: ['spec.region', 'spec.nodes.count'],
    signal: new AbortController().signal,
    onAdvance: () => {},
  })
}

async function faultsOf(t: TestContext, records: readonly Planted[]): Promise<string[]> {
  const { faults, faultCount } = await audit(await plantedFolder(t, records))
  assert.equal(faults.length, faultCount)
  return faults.map(({ where, what }) => `${where}: ${what}`)
}

test('a sound folder has no faults, and its counts are reported', async t => {
  const result = await audit(await plantedFolder(t, soundFleet()))
  assert.deepEqual(result.faults, [])
  const { kind, clusters, nodepools, statuses, sequence } = result
  assert.deepEqual([kind, clusters, nodepools, statuses, sequence], ['data folder', 12, 5, 12, 1])
  assert.match(result.digest, /^sha256:[0-9a-f]{64}$/)
})

test('a sound folder may have imported ids in any order, and names of resources that are being deleted twice (contract 3.2, 11.6)', async t => {
  const labels = new Map([
    ['a', 'b'],
    ['deleted_time', 'no deletion'],
    ['updated_by', 'nobody'],
  ])
  const clusters = [
    ...reported(soundCluster(9, { ...MARKED, id: 'b-9', name: 'twice' }), 'dns'),
    ...reported(soundCluster(5, { id: 'a-5', name: 'twice', labels }), 'dns'),
    soundCluster(7, { id: '01980000-0000-7000-8000-000000000048' }),
  ]
  const pools = [soundNodepool(8, 1, { ownerId: 'a-5' }), soundNodepool(6, 1, { ownerId: 'b-9' })]
  const result = await audit(await plantedFolder(t, inPlace(...clusters, ...pools)))
  assert.deepEqual(result.faults, [])
  assert.deepEqual([result.clusters, result.nodepools, result.statuses], [3, 2, 2])
})

const one = (changes: Partial<Resource>) => inPlace(soundCluster(1, changes))
const [cluster, status] = reported(soundCluster(1), 'dns')
const withStatus = (changes: Partial<typeof status>) => inPlace(cluster, { ...status, ...changes })
const C1 = `Cluster/${idOf(1)}`
const C2 = `Cluster/${idOf(2)}`

const PLANTED: Readonly<Record<string, readonly [readonly Planted[], ...RegExp[]]>> = {
  'a nodepool without its owner (3.1)': [
    inPlace(soundCluster(1), soundNodepool(5, 4)),
    /^NodePool\/20+5: its cluster 20+4 is missing$/,
  ],
  'a nodepool of a nodepool (3.1)': [
    inPlace(soundCluster(1), soundNodepool(5, 1), soundNodepool(6, 5)),
    /^NodePool\/20+6: its cluster 20+5 is missing$/,
  ],
  'two clusters of one name (4.3)': [
    inPlace(soundCluster(1), soundCluster(2, { name: 'cluster-1' })),
    /^Cluster\/20+2: its name "cluster-1" is also the name of Cluster\/20+1$/,
  ],
  'two nodepools of one name in one cluster, not in two (4.3)': [
    inPlace(
      soundCluster(1),
      soundCluster(2),
      ...[1, 2, 2].map((owner, i) => soundNodepool(5 + i, owner, { name: 'workers' })),
    ),
    /^NodePool\/20+7: its name "workers" is also the name of NodePool\/20+6$/,
  ],
  'one id for a cluster and a nodepool (3.2)': [
    inPlace(soundCluster(1), soundNodepool(1, 1)),
    /^NodePool\/20+1: its id is taken by another resource$/,
  ],
  'a place that is taken twice': [
    [...inPlace(soundCluster(1)), { put: put(soundCluster(2)), slot: 0 }],
    /^Cluster\/20+2: it is number 1 in creation order, but the one before it is number 1$/,
  ],
  'a time of creation that falls in the order of creation (3.4)': [
    inPlace(
      soundCluster(2, { createdTime: LATER, updatedTime: LATER, specChangedTime: LATER }),
      soundCluster(1),
    ),
    /^Cluster\/20+1: its created_time is before that of Cluster\/20+2, which precedes it$/,
  ],
  'a control character in an author (3.6)': [
    one({ createdBy: 'a\u007fb' }),
    /^Cluster\/20+1: created_by must not have control characters$/,
  ],
  'a deletion before the creation (11.2)': [
    one({ deletedTime: time('2025-01-01T00:00:00Z'), deletedBy: 'ann@example.com' }),
    /^Cluster\/20+1: deleted_time is not between created_time and updated_time$/,
  ],
  'two clusters of one name, a third of which is being deleted (4.3, 11.6)': [
    inPlace(
      soundCluster(1, MARKED),
      soundCluster(2, { name: 'cluster-1' }),
      soundCluster(3, { name: 'cluster-1' }),
    ),
    /^Cluster\/20+3: its name "cluster-1" is also the name of Cluster\/20+2$/,
  ],
  'a generation below 1 (3.5)': [one({ generation: 0 }), /^Cluster\/20+1: generation must be >= 1$/],
  'a name out of bounds (4.2)': [
    one({ name: 'x' }),
    /^Cluster\/20+1: name must not have fewer than 3 characters$/,
  ],
  'an author of no form (3.6)': [one({ createdBy: '' }), /^Cluster\/20+1: created_by must/],
  'an author that is too long (3.6)': [
    one({ createdBy: 'a'.repeat(257) }),
    /^Cluster\/20+1: created_by must/,
  ],
  'times out of order (3.4)': [
    one({ createdTime: LATE }),
    /updated_time is before created_time/,
    /the time of the last spec change is not between/,
  ],
  'a spec that is no object (4.1)': [one({ spec: '[]' }), /^Cluster\/20+1: spec must be object$/],
  'conditions that do not begin as they have to (6)': [
    one({ conditions: soundCluster(1).conditions.toReversed() }),
    /its first conditions are not some of Available, Ready, Reconciled, LastKnownReconciled, in this order/,
  ],
  'a condition that appears twice (6)': [
    inPlace({ ...cluster, conditions: [...cluster.conditions, ...cluster.conditions.slice(2)] }, status),
    /a condition type appears twice/,
  ],
  'a condition of a later generation (6.4)': [
    one({ conditions: soundCluster(1).conditions.map(each => ({ ...each, observedGeneration: 2 })) }),
    /Available observes generation 2, but the resource has only 1/,
    /Ready observes generation 2, but the resource has only 1/,
  ],
  'a resource that is ready at a generation that is over (6.4, 6.8)': [
    one({
      generation: 2,
      conditions: soundCluster(1).conditions.map(each =>
        each.type === 'Ready' ? { ...each, status: 'True', observedGeneration: 1 } : each,
      ),
    }),
    /its condition Ready is True at generation 1, and it has 2/,
  ],
  'a condition of an adapter without a report (6.10)': [
    inPlace(cluster),
    /its condition DnsSuccessful belongs to an adapter that has not reported/,
  ],
  'a report without its condition (5.7)': [
    inPlace(soundCluster(1), status),
    /it has no condition for the report of dns/,
  ],
  'a report that its condition is not made of (5.7, 6.10)': [
    withStatus({ lastReportTime: LATE }),
    /its condition DnsSuccessful is not that of the last report of dns/,
  ],
  'a report about nothing (5.7)': [
    inPlace(status),
    /^Cluster\/20+1\/dns: its resource Cluster\/20+1 is missing$/,
  ],
  'a report of a later generation (5.3)': [
    withStatus({ observedGeneration: 2 }),
    /dns: it observes generation 2, but its resource has only 1/,
  ],
  'a report without its mandatory conditions (5.2)': [
    withStatus({ conditions: status.conditions.slice(0, 1) }),
    /the condition Applied is missing/,
    /the condition Health is missing/,
  ],
  'a hole in the order of first reports': [
    [...inPlace(cluster), { put: put(status), slot: 1 }],
    /dns: it is number 2 among the statuses, but 1 is next/,
  ],
}

for (const [name, [records, ...expected]] of Object.entries(PLANTED)) {
  test(`contract 4.8: ${name} is found`, async t => {
    const found = await faultsOf(t, records)
    const unexpected = found.filter(fault => !expected.some(pattern => pattern.test(fault)))
    assert.deepEqual(unexpected, [])
    for (const pattern of expected)
      assert.ok(
        found.some(fault => pattern.test(fault)),
        `${pattern} in ${found.join('\n')}`,
      )
  })
}

test('all faults are listed, and the rest of a long list counted', async t => {
  const records = inPlace(...Array.from({ length: 150 }, (_, i) => soundCluster(i + 1, { generation: 0 })))
  const { faults, faultCount } = await audit(await plantedFolder(t, records))
  assert.equal(faultCount, 150)
  assert.equal(faults.length, 100)
})

async function changed(folder: string, part: string, change: (environment: Environment) => Promise<void>) {
  const environment = new Environment(join(folder, part), 30_000)
  await change(environment)
  await environment.close()
}

test('a damaged record is found by its checksum, and the others are read', async t => {
  const folder = await plantedFolder(t, soundFleet())
  await changed(folder, 'snapshot', async environment => {
    const value = Buffer.from(environment.get(C2) ?? [])
    value.writeUInt8(value.readUInt8(60) ^ 1, 60)
    await environment.commit([{ kind: 'put', key: C2, value }])
  })
  const { faults, clusters } = await audit(folder)
  assert.match(faults[0]?.what ?? '', new RegExp(`record ${C2} of the snapshot is damaged: its checksum`))
  assert.ok(faults.some(({ where }) => where === `${C2}/dns`))
  assert.equal(clusters, 11)
})

test('a missing record is found by the count and the digest', async t => {
  const folder = await plantedFolder(t, soundFleet())
  await changed(folder, 'snapshot', environment => environment.commit([{ kind: 'remove', key: `${C1}/dns` }]))
  const { faults } = await audit(folder)
  assert.ok(
    faults.some(({ what }) =>
      new RegExp(`the snapshot in ${folder}/snapshot holds 45 records instead of 46`).test(what),
    ),
  )
  assert.ok(faults.some(({ where, what }) => where === C1 && /DnsSuccessful/.test(what)))
})

test('missing or damaged groups of the journal are found, and the rest is read', async t => {
  const folder = await plantedFolder(t, soundFleet())
  const store = await openStore(optionsFor(folder))
  for (let i = 0; i < 20; i++) {
    void store.stage([put(soundCluster(50 + i))])
    if (i % 4 === 3) await store.settled()
  }
  // The groups have the entries 2 to 5, 6 to 9 and so on.
  const spoilt = async (spoil: (value: Buffer) => Buffer | undefined) => {
    const copy = await plantedFolder(t, [])
    for (const part of ['snapshot', 'journal']) {
      const live = new Environment(join(folder, part), 30_000)
      const entries = live.read(undefined, 1000)
      await live.close()
      const writes = entries.flatMap(({ key, value }) => {
        const left = key === 9 ? spoil(value) : value
        return left === undefined ? [] : [{ kind: 'put', key, value: left } as const]
      })
      await changed(copy, part, environment => environment.commit(writes))
    }
    return await audit(copy)
  }
  const missing = await spoilt(() => undefined)
  assert.ok(
    missing.faults.some(({ what }) => /entry 6 is missing from the journal/.test(what)),
    JSON.stringify(missing),
  )
  const damaged = await spoilt(value => value.fill(1, 100, 101))
  assert.match(
    damaged.faults[0]?.what ?? '',
    /the group of entries 6 to 9 of the journal is damaged: its checksum/,
  )
  assert.equal(damaged.clusters, 12 + 20 - 4)
  await store.close()
})

test('a backup that differs from its manifest is reported', async t => {
  const folder = await plantedFolder(t, soundFleet())
  const { clusters, nodepools, statuses, sequence, digest } = await audit(folder)
  const facts = { program: 'x', created_time: 'x', clusters, nodepools, statuses, sequence, digest }
  await writeManifest(folder, facts)
  const sound = await audit(folder)
  assert.deepEqual([sound.kind, sound.faults], ['backup', []])
  const other = await plantedFolder(t, soundFleet().slice(0, -1))
  await writeManifest(other, facts)
  const { faults } = await audit(other)
  assert.deepEqual(
    faults.map(({ where, what }) => [where, what.split(' ')[0]]),
    [
      ['the manifest', 'nodepools'],
      ['the manifest', 'digest'],
    ],
  )
  writeFileSync(join(other, 'manifest.json'), '{"format":"hyperfleet-backup"}')
  await assert.rejects(audit(other), /is not the manifest of a backup/)
})

test('contract 13.5: indexes of the spec that disagree with the records are reported', async t => {
  const specs = [
    '{"region":"eu","nodes":{"count":3}}',
    '{"region":"ap","nodes":{"count":30e-1}}',
    '{"region":null}',
  ]
  const clusters = Array.from({ length: 12 }, (_, i) => soundCluster(i + 1, { spec: specs[i % 3] ?? '{}' }))
  const path = await plantedFolder(t, inPlace(...clusters))
  assert.deepEqual((await audit(path)).faults, [])
  const store = await openStore(optionsFor(path))
  t.after(() => store.close())
  const { state } = store
  const index = await buildIndex(state, ['spec.region', 'spec.nodes.count', 'spec.none'])
  assert.deepEqual(await indexFaults(state, index), [])
  const others = state
    .living('Cluster')
    .map(entry => ({ ...entry, resource: soundCluster(entry.slot + 1, { spec: '{"region":"us"}' }) }))
  const other = { ...state, living: (kind: 'Cluster' | 'NodePool') => (kind === 'Cluster' ? others : []) }
  const faults = await indexFaults(Object.assign(Object.create(state), other), index)
  for (const words of [
    /the search spec\.region is null finds 4 over the indexes, and 0 over/,
    /the search spec\.region = 'eu' finds 4 over the indexes, and 0 over/,
    /the search spec\.nodes\.count = 3 or spec\.nodes\.count > 3 finds 8 over the indexes, and 0 over/,
  ])
    assert.ok(
      faults.some(({ what }) => words.test(what)),
      `${words}: ${JSON.stringify(faults)}`,
    )
})

test('indexes that disagree with the records are reported', async t => {
  const path = await plantedFolder(t, soundFleet())
  const store = await openStore(optionsFor(path))
  t.after(() => store.close())
  const { state } = store
  const index = await buildIndex(state, ['spec.region', 'spec.nodes.count'])
  assert.deepEqual(await indexFaults(state, index), [])
  // A state of the same resources with other labels, conditions and times: what the index holds is not of it.
  const others = state.living('Cluster').map(entry => ({ ...entry, resource: clusterOf(entry.slot + 1) }))
  const other = { ...state, living: (kind: 'Cluster' | 'NodePool') => (kind === 'Cluster' ? others : []) }
  const faults = await indexFaults(Object.assign(Object.create(state), other), index)
  assert.ok(
    faults.some(({ what }) =>
      /the search labels\.env is null finds 6 over the indexes, and 12 over/.test(what),
    ),
  )
  assert.ok(
    faults.some(({ what }) =>
      /status\.conditions\.DnsSuccessful = 'True' finds 12 over the indexes, and 0/.test(what),
    ),
  )
})
