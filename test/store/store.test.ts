import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Effect } from '../../src/state/fleet-state.ts'
import { plainResource, type Resource } from '../../src/state/records.ts'
import { MAX_COMMIT_CHANGES, MAX_GROUP_CHANGES } from '../../src/store/group-commit.ts'
import type { StoreEvent } from '../../src/store/store.ts'
import { newConditions } from '../harness/state.ts'
import {
  clusterOf,
  dump,
  idOf,
  nodepoolOf,
  openFor,
  put,
  statusOf,
  temporaryFolder,
  time,
  turns,
} from './samples.ts'

test('a write is invisible before it is durable, and visible to all readers afterwards (contract 4.8)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const cluster = clusterOf(1)
  const durable = store.stage([put(cluster)])
  assert.equal(store.state.resource('Cluster', cluster.id), undefined)
  assert.deepEqual(store.state.living('Cluster'), [])
  assert.deepEqual(store.newest.resource('Cluster', cluster.id), cluster)
  const document = await durable
  const entry = store.state.resource('Cluster', cluster.id)
  assert.deepEqual(plain(entry?.resource), cluster)
  assert.deepEqual(entry?.json, document)
  assert.equal(entry?.slot, 0)
  assert.equal(store.state.bytes, document.length)
})

test('readers see the old version until the new one is durable, and their buffers never change (contract 4.8)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  await store.stage([put(clusterOf(1))])
  const entry = store.state.resource('Cluster', idOf(1))
  const before = entry?.json
  const text = before?.toString()
  const durable = store.stage([put(clusterOf(1, { generation: 2, spec: '{"b":2}' }))])
  await turns(1)
  assert.equal(store.newest.resource('Cluster', idOf(1))?.generation, 2)
  await durable
  assert.equal(entry?.resource.generation, 2)
  assert.notDeepEqual(entry?.json, before)
  assert.equal(before?.toString(), text)
  assert.equal(store.state.bytes, entry?.json.length)
})

test('records staged together become visible together (contract 5.7)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const cluster = clusterOf(1)
  const seen: string[] = []
  store.state.watch(({ kind }) => {
    seen.push(kind)
  })
  const document = await store.stage([put(cluster), put(statusOf(cluster, 'dns'))])
  assert.deepEqual(seen, ['resource', 'status'])
  const entry = store.state.resource('Cluster', cluster.id)
  assert.deepEqual(entry?.json, document)
  assert.deepEqual(entry?.statuses[0]?.adapter, 'dns')
  assert.equal(store.state.statusCount, 1)
})

test('all changes staged during a commit go into the next one', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const first = store.stage([put(clusterOf(1))])
  await turns(1) // the commit has begun
  const later = Array.from({ length: 64 }, (_, i) => store.stage([put(clusterOf(i + 2))]))
  await first
  assert.equal(store.journalInfo.lastBatchSize, 1)
  await Promise.all(later)
  assert.equal(store.journalInfo.lastBatchSize, 64)
  assert.equal(store.journalInfo.entries, 65)
})

test('a flood of changes becomes durable in commits, and visible in groups, in order (contract 4.8)', async t => {
  const commits: number[] = []
  const onEvent = (event: StoreEvent) => {
    if (event.kind === 'committed') commits.push(event.changes)
  }
  const store = await openFor(t, temporaryFolder(t), { onEvent })
  const perCommit = Math.ceil(MAX_COMMIT_CHANGES / MAX_GROUP_CHANGES) * MAX_GROUP_CHANGES
  const count = 2 * perCommit + 1
  const writes = Array.from({ length: count }, (_, i) => store.stage([put(clusterOf(i + 1))]))
  const last = store.pending(idOf(count))
  assert.notEqual(last, store.pending(idOf(1)))
  await writes[0]
  assert.equal(store.state.living('Cluster').length, MAX_GROUP_CHANGES)
  assert.equal(store.pending(idOf(1)), undefined)
  assert.notEqual(store.pending(idOf(MAX_GROUP_CHANGES + 1)), undefined)
  await writes[MAX_GROUP_CHANGES]
  assert.equal(store.state.living('Cluster').length, 2 * MAX_GROUP_CHANGES)
  assert.deepEqual(commits, [])
  await writes[perCommit]
  assert.equal(store.state.living('Cluster').length, perCommit + MAX_GROUP_CHANGES)
  await last
  assert.equal(store.state.living('Cluster').length, count)
  assert.deepEqual(commits, [perCommit, perCommit, 1])
  assert.equal(store.journalInfo.lastBatchSize, 1)
})

test('between the groups of a commit, decisions see the newest versions, and readers whole changes (contract 4.3, 4.8, 5.7)', async t => {
  let beginTurn = () => {}
  const nextTurn = (callback: () => void) => {
    beginTurn = callback
  }
  const store = await openFor(t, temporaryFolder(t), { application: { nextTurn } })
  const specThere = () => {
    const entry = store.state.resource('Cluster', idOf(1))
    return JSON.stringify(JSON.parse(String(entry?.json)).spec)
  }
  const named = (i: number, name: string) => put(clusterOf(i, { name }))
  const first = store.stage([put(clusterOf(1)), put(statusOf(clusterOf(1), 'dns'))])
  void store.stage([put(nodepoolOf(2, 1))])
  for (let i = 3; i <= MAX_GROUP_CHANGES; i++) void store.stage([named(i, `other-${i}`)])
  // The second group is about resources of the first one, too.
  const second = store.stage([
    put(clusterOf(1, { spec: '{"second":1}' })),
    put(statusOf(clusterOf(1), 'dns')),
  ])
  void store.stage([put(nodepoolOf(1000, 1))])
  await first
  assert.equal(store.state.sequence, MAX_GROUP_CHANGES)
  assert.deepEqual(
    [...store.state.nodepoolsOf(idOf(1))].map(({ id }) => id),
    [idOf(2)],
  )
  assert.deepEqual(
    [...store.newest.nodepoolsOf(idOf(1))].map(({ id }) => id),
    [idOf(2), idOf(1000)],
  )
  assert.equal(store.newest.resource('Cluster', idOf(1))?.spec, '{"second":1}')
  assert.equal(specThere(), '{}')
  assert.equal(store.newest.idOfName('Cluster', undefined, 'other-3'), idOf(3))
  assert.equal(store.newest.statuses(idOf(1)).length, 1)
  // A change that is staged now comes with the next commit.
  const third = store.stage([put(clusterOf(1, { spec: '{"third":1}' }))])
  beginTurn()
  await second
  assert.equal(specThere(), '{"second":1}')
  assert.equal(store.newest.resource('Cluster', idOf(1))?.spec, '{"third":1}')
  await third
  assert.equal(specThere(), '{"third":1}')
})

test('a checkpoint of more records than count as memory at a time leaves all of them in the folder (contract 4.8)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  // Two records each, so that the snapshot is reopened on the way.
  const writes = Array.from({ length: 4200 }, (_, i) => store.stage([put(clusterOf(i + 1))]))
  await Promise.all(writes)
  const before = dump(store)
  await store.close()
  assert.deepEqual(dump(await openFor(t, folder)), before)
})

test('staging reserves a name at once, within its cluster only (contract 4.3)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  void store.stage([put(clusterOf(1))])
  void store.stage([put(clusterOf(2))])
  const durable = store.stage([put(nodepoolOf(3, 1, { name: 'workers' }))])
  for (const when of ['staged', 'durable']) {
    assert.equal(store.newest.idOfName('Cluster', undefined, 'cluster-1'), idOf(1), when)
    assert.equal(store.newest.idOfName('NodePool', idOf(1), 'workers'), idOf(3), when)
    assert.equal(store.newest.idOfName('NodePool', idOf(2), 'workers'), undefined, when)
    assert.equal(store.newest.idOfName('Cluster', undefined, 'workers'), undefined, when)
    await durable
  }
})

test('the newest statuses and adapters include staged ones, in the order of first reports (contract 5.1)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const cluster = clusterOf(1)
  await store.stage([put(cluster), put(statusOf(cluster, 'validator'))])
  void store.stage([put(statusOf(cluster, 'dns'))])
  const durable = store.stage([put(statusOf(cluster, 'validator', { observedGeneration: 9 }))])
  for (const when of ['staged', 'durable']) {
    assert.deepEqual(
      store.newest.statuses(cluster.id).map(status => [status.adapter, status.observedGeneration]),
      [
        ['validator', 9],
        ['dns', 1],
      ],
      when,
    )
    assert.equal(
      store.newest.statuses(cluster.id).find(({ adapter }) => adapter === 'validator')?.observedGeneration,
      9,
      when,
    )
    assert.equal(store.newest.adapters('Cluster'), 2, when)
    assert.equal(store.newest.adapters('NodePool'), 0, when)
    assert.ok(store.newest.hasAdapter('Cluster', 'dns') && !store.newest.hasAdapter('NodePool', 'dns'), when)
    await durable
  }
  assert.deepEqual(
    store.state.resource('Cluster', cluster.id)?.statuses.map(({ adapter }) => adapter),
    ['validator', 'dns'],
  )
})

test('an answer that depends on a staged version waits for that version only (contract 4.8)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const cluster = clusterOf(1)
  const first = store.stage([put(cluster), put(clusterOf(2))])
  await turns(1)
  void store.stage([put(statusOf(cluster, 'dns'))])
  const report = store.pending(cluster.id)
  assert.notEqual(store.pending(idOf(2)), report)
  assert.equal(store.pending(idOf(3)), undefined)
  await first
  assert.equal(store.pending(idOf(2)), undefined)
  assert.equal(store.pending(cluster.id), report)
  assert.deepEqual(store.state.resource('Cluster', cluster.id)?.statuses, [])
  await report
  assert.equal(store.pending(cluster.id), undefined)
  assert.equal(store.state.resource('Cluster', cluster.id)?.statuses[0]?.adapter, 'dns')
  await store.settled()
})

test('a version staged later stays the newest when an earlier one becomes durable (contract 4.8)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const first = clusterOf(1)
  const write = store.stage([put(first), put(statusOf(first, 'dns'))])
  await turns(1) // the commit has begun
  const second = clusterOf(1, { generation: 2 })
  const report = statusOf(second, 'dns')
  void store.stage([put(second), put(report)])
  await write
  assert.deepEqual(plain(store.state.resource('Cluster', first.id)?.resource), first)
  assert.equal(store.newest.resource('Cluster', first.id), second)
  assert.equal(store.newest.statuses(first.id)[0], report)
  assert.equal(store.newest.idOfName('Cluster', undefined, first.name), first.id)
})

test('slots follow creation within a kind, and nodepools of a cluster come in creation order (contract 7.4)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  void store.stage([put(clusterOf(1))])
  void store.stage([put(nodepoolOf(9, 1)), put(clusterOf(2))])
  void store.stage([put(nodepoolOf(8, 2))])
  await store.settled()
  void store.stage([put(nodepoolOf(7, 1)), put(nodepoolOf(7, 1, { generation: 2 })), put(nodepoolOf(6, 1))])
  const check = (of: typeof store) => {
    const ids = (resources: readonly { readonly resource: Resource }[]) =>
      resources.map(({ resource }) => resource.id)
    assert.deepEqual(ids(of.state.living('Cluster')), [1, 2].map(idOf))
    assert.deepEqual(ids(of.state.living('NodePool')), [9, 8, 7, 6].map(idOf))
    assert.deepEqual(ids([...of.state.nodepoolsOf(idOf(1))]), [9, 7, 6].map(idOf))
    assert.deepEqual([...of.state.nodepoolsOf(idOf(3))], [])
    assert.equal(of.state.resource('Cluster', idOf(9)), undefined)
    for (const [slot, entry] of of.state.living('NodePool').entries()) assert.equal(entry.slot, slot)
  }
  await store.settled()
  check(store)
  const before = dump(store)
  await store.close()
  const again = await openFor(t, folder)
  check(again)
  assert.deepEqual(dump(again), before)
})

test('the greatest time and id ever staged are known immediately and after a restart (contract 3.2, 3.4)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  assert.equal(store.latestTime, undefined)
  assert.equal(store.latestId, undefined)
  const late = time('2031-05-05T00:00:00Z')
  void store.stage([put(clusterOf(5, { updatedTime: late }))])
  assert.equal(store.latestTime, late)
  assert.equal(store.latestId, idOf(5))
  // Replaced by records with an earlier time, which do not lower the watermark.
  await store.stage([put(clusterOf(5)), put(clusterOf(4))])
  await store.close()
  for (const restart of ['first', 'second']) {
    const again = await openFor(t, folder)
    assert.equal(again.latestTime, late, restart)
    assert.equal(again.latestId, idOf(5), restart)
    await again.close()
  }
})

test('a watcher sees the effect of every put, with the previous version and the number of the change', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const seen: Effect[] = []
  store.state.watch(effect => {
    seen.push(effect)
  })
  const first = clusterOf(1)
  const second = clusterOf(1, { generation: 2 })
  const report = statusOf(first, 'dns')
  const firstJson = await store.stage([put(first)])
  await store.stage([put(second), put(report)])
  const conditions = newConditions('Cluster', first.createdTime)
  await store.stage([{ kind: 'conditions', resource: first, conditions }])
  const entry = store.state.resource('Cluster', first.id)
  assert.ok(entry !== undefined)
  const [created, changed, reported, condensed] = seen
  assert.deepEqual(created, { kind: 'resource', sequence: 1, entry, resource: first, previous: undefined })
  assert.ok(changed?.kind === 'resource' && changed.entry.id === entry.id)
  assert.deepEqual(plain(changed.previous?.resource), first)
  assert.deepEqual(changed.previous?.json, firstJson)
  const { observedGeneration, createdTime, lastReportTime } = report
  const digest = { available: 'True', observedGeneration, createdTime, lastReportTime }
  assert.deepEqual(reported, { kind: 'status', sequence: 2, entry, status: report, digest })
  assert.ok(condensed?.kind === 'conditions' && condensed.entry.id === entry.id && condensed.sequence === 3)
  assert.equal(condensed.conditions, conditions)
  assert.deepEqual(plain(condensed.previous.resource), second)
  assert.deepEqual(plain(entry?.resource), { ...second, conditions })
  assert.equal(seen.length, 4)
})

test('the document of a write is the one that it wrote, despite later writes of its group (contract 4.8)', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const generations = Array.from({ length: 500 }, (_, i) => i + 1)
  const staged = generations.map(generation => store.stage([put(clusterOf(1, { generation }))]))
  const documents = await Promise.all(staged)
  assert.deepEqual(
    documents.map(document => JSON.parse(String(document)).generation),
    generations,
  )
})

test('a change that would break the state is fatal before any part of it is written', async t => {
  for (const broken of [
    [put(clusterOf(2, { name: 'cluster-1' }))],
    [put(nodepoolOf(2, 9))],
    [put(clusterOf(2)), put(statusOf(clusterOf(3), 'dns'))],
    [put(clusterOf(1, { name: 'other' }))],
  ]) {
    const folder = temporaryFolder(t)
    const fatal: string[] = []
    const store = await openFor(t, folder, { onFatal: error => fatal.push(error.kind) })
    await store.stage([put(clusterOf(1))])
    assert.throws(() => store.stage(broken))
    assert.deepEqual(fatal, ['invariant'])
    assert.equal(store.health.kind, 'failed')
    await assert.rejects(store.stage([put(clusterOf(4))]), { name: 'StorageFailedError' })
    assert.equal(store.state.living('Cluster').length, 1)
  }
})

test('nothing can be staged after the store is closed, and a second close has no effect', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const durable = store.stage([put(clusterOf(1))])
  const closed = store.close()
  assert.throws(() => store.stage([put(clusterOf(2))]), /closed/)
  assert.equal(store.close(), closed)
  await closed
  await durable
})

test('more bytes than may wait for one commit are refused, and writes continue afterwards', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const spec = `{"fill":"${'x'.repeat(1 << 20)}"}`
  const writes = Array.from({ length: 80 }, (_, i) => store.stage([put(clusterOf(i + 1, { spec }))]))
  const outcomes = await Promise.allSettled(writes)
  const refused = outcomes.filter(outcome => outcome.status === 'rejected')
  assert.ok(refused.length >= 10 && refused.length <= 20, `${refused.length} refused`)
  for (const outcome of refused) assert.equal(outcome.reason.name, 'StorageBusyError')
  assert.equal(store.state.living('Cluster').length, 80 - refused.length)
  await store.stage([put(clusterOf(100))])
})

function plain(resource: Resource | undefined): Resource | undefined {
  return resource && plainResource(resource)
}
