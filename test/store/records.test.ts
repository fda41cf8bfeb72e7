// The records that a write leaves on disk: a report writes its status and the conditions of its resource, and nothing else.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Put } from '../../src/state/put.ts'
import { decodeSnapshotValue } from '../../src/store/codec.ts'
import { decodeGroup } from '../../src/store/journal/group.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { Snapshot } from '../../src/store/snapshot/snapshot.ts'
import { newConditions } from '../harness/state.ts'
import { clusterOf, openFor, put, statusOf, temporaryFolder } from './samples.ts'

const DEADLINE_MS = 30_000
const MARK = 'of-the-spec'
const CLUSTER = clusterOf(1, { spec: `{"mark":"${MARK}"}`, conditions: newConditions('Cluster', 5n) })
const KEY = `Cluster/${CLUSTER.id}`

/** The keys of the last journal entry, and the bytes of its group, after these puts. */
async function written(t: TestContext, ...puts: readonly Put[]) {
  const folder = temporaryFolder(t)
  const data = join(folder, 'data')
  const store = await openFor(t, data)
  await store.stage([put(CLUSTER)])
  await store.stage(puts)
  const entry = store.state.resource('Cluster', CLUSTER.id)
  const sequences = [entry?.headSequence, entry?.conditionsSequence]
  // Before the checkpoint at its end trims the journal.
  cpSync(data, join(folder, 'copy'), { recursive: true })
  await store.close()
  const journal = openJournal(join(folder, 'copy', 'journal'), DEADLINE_MS)
  const [group] = journal.read(1, 1)
  await journal.close()
  assert.ok(group !== undefined)
  const snapshot = new Snapshot(join(data, 'snapshot'), DEADLINE_MS)
  const folded = new Map<string, number>()
  for (const { key, value } of snapshot.read(undefined, 100))
    for (const { sequence } of decodeSnapshotValue(String(key), value)) folded.set(String(key), sequence)
  await snapshot.close()
  const keys = decodeGroup(group).flatMap(({ records }) => records.map(({ key }) => key))
  return { keys, value: group.value, folded: Object.fromEntries(folded), sequences }
}

const STATUS = put(statusOf(CLUSTER, 'dns', { data: `{"a":${'1'.repeat(600)}}` }))
const [AVAILABLE] = CLUSTER.conditions
const CONDITIONS: Put = {
  kind: 'conditions',
  resource: CLUSTER,
  conditions:
    AVAILABLE === undefined ? [] : [{ ...AVAILABLE, status: 'True', message: 'Known from here on' }],
}

test('a report writes its status and the conditions, and nothing else (contract 5.7)', async t => {
  const { keys, value, folded, sequences } = await written(t, STATUS, CONDITIONS)
  assert.deepEqual(keys, [`${KEY}/dns`, `${KEY}/`])
  assert.ok(value.includes('"adapter":"dns"') && value.includes('Known from here on'))
  for (const absent of [MARK, '"conditions":[{"type":"Available","status":"True","reason":', 'created_by'])
    assert.ok(!value.includes(absent), absent)
  assert.deepEqual(folded, { [KEY]: 1, [`${KEY}/`]: 2, [`${KEY}/dns`]: 2 })
  assert.deepEqual(sequences, [1, 2])
})

test('a report that changes no condition writes its status (contract 5.6)', async t => {
  const { keys, folded, sequences } = await written(t, STATUS)
  assert.deepEqual(keys, [`${KEY}/dns`])
  assert.deepEqual(folded, { [KEY]: 1, [`${KEY}/`]: 1, [`${KEY}/dns`]: 2 })
  assert.deepEqual(sequences, [1, 1])
})

test('a change of a resource writes its head and its conditions (contract 6.8)', async t => {
  const { keys, folded, sequences } = await written(t, put({ ...CLUSTER, generation: 2 }))
  assert.deepEqual(keys, [KEY, `${KEY}/`])
  assert.deepEqual(folded, { [KEY]: 2, [`${KEY}/`]: 2 })
  assert.deepEqual(sequences, [2, 2])
})
