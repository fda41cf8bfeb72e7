// Cascades over several turns of the event loop: what waits for them, in which order, and what a lack of room does to them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServerClock } from '../../src/fleet/clock.ts'
import type { FleetEvent } from '../../src/fleet/events.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import type { Outcome } from '../../src/fleet/outcome.ts'
import { idOf } from '../store/samples.ts'
import { HeldStore, settle } from './held-store.ts'

const START_MS = Date.UTC(2026, 2, 1, 12)
const BY = 'ada@example.com'

/** A fleet whose turns and commits come when a test lets them. Cascades decide one record in a turn. */
class SlowFleet {
  readonly store = new HeldStore()
  readonly events: FleetEvent[] = []
  readonly turns: (() => void)[] = []
  readonly fleet: Fleet
  /** The names and kinds of the outcomes so far, in their order. */
  readonly answered: string[] = []
  readonly clusterId: string
  readonly poolIds: readonly string[]
  #lastId = 0

  /** A cluster `cluster` with nodepools `pool-1`, `pool-2` and so on, and another cluster `other`. */
  constructor(nodepools: number) {
    const required = ['dns']
    this.fleet = new Fleet({
      store: this.store,
      clock: createServerClock(() => START_MS, undefined),
      ids: { next: () => idOf(++this.#lastId) },
      limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
      compatibility: 'documents',
      requiredAdapters: { Cluster: required, NodePool: required },
      hasRoom: () => true,
      onEvent: event => this.events.push(event),
      cascades: { maxNodepoolsAtOnce: 1, recordsPerTurn: 1, nextTurn: turn => this.turns.push(turn) },
    })
    this.clusterId = idOf(1)
    this.poolIds = Array.from({ length: nodepools }, (_, i) => idOf(i + 2))
    void this.create('cluster')
    for (const [i] of this.poolIds.entries()) void this.create(`pool-${i + 1}`, this.clusterId)
    void this.create('other')
    this.store.commitAll()
  }

  get otherId(): string {
    return idOf(this.poolIds.length + 2)
  }

  get address() {
    return { kind: 'Cluster', id: this.clusterId } as const
  }

  pool(number: number, isNested = false) {
    const clusterId = isNested ? this.clusterId : undefined
    return { kind: 'NodePool', clusterId, id: this.poolIds[number - 1] ?? '' } as const
  }

  create(name: string, clusterId?: string): Promise<Outcome> {
    return this.fleet.create({ name, spec: '{}', labels: undefined }, clusterId, BY)
  }

  patch(number: number, spec = '{"n":1}'): Promise<Outcome> {
    return this.fleet.change(this.pool(number), { spec, labels: undefined }, BY)
  }

  /** Notes an outcome as soon as it is there. */
  note(name: string, outcome: Promise<Outcome>): void {
    void outcome.then(({ kind }) => this.answered.push(`${name}: ${kind}`))
  }

  async turn(): Promise<void> {
    this.turns.shift()?.()
    await settle()
  }

  /** Runs all turns. Returns their number. */
  async run(): Promise<number> {
    await settle()
    let turns = 0
    for (; this.turns.length > 0; turns++) await this.turn()
    return turns
  }

  document(id: string): Record<string, unknown> {
    const { state } = this.store
    const entry = state.resource('Cluster', id) ?? state.resource('NodePool', id)
    return entry === undefined ? {} : JSON.parse(entry.json.toString())
  }

  /** The nodepools that readers see, by whether they are marked. */
  marks(): (boolean | undefined)[] {
    return this.poolIds.map(id => this.store.state.resource('NodePool', id)?.isMarked)
  }
}

function report(finalized: boolean) {
  const conditions = ['Available', 'Applied', 'Health', ...(finalized ? ['Finalized'] : [])]
  return {
    adapter: 'dns',
    observedGeneration: finalized ? 2 : 1,
    observedTime: BigInt(START_MS) * 1000n,
    conditions: conditions.map(type => ({ type, status: 'True' as const })),
    metadata: undefined,
    data: undefined,
  }
}

test('a DELETE of a cluster with many nodepools takes many turns, and no read sees a part of it (contract 5.7, 11.4)', async () => {
  const slow = new SlowFleet(5)
  slow.note('delete', slow.fleet.delete(slow.address, BY))
  const turns = await slow.run()
  assert.ok(turns >= 5, `${turns} turns`)
  assert.deepEqual(slow.marks(), [false, false, false, false, false])
  assert.deepEqual(slow.answered, [])
  slow.store.commitAll()
  await settle()
  assert.deepEqual(slow.marks(), [true, true, true, true, true])
  assert.deepEqual(slow.answered, ['delete: stored'])
  const times = [slow.clusterId, ...slow.poolIds].map(id => slow.document(id).deleted_time)
  assert.equal(new Set(times).size, 1, 'one time for all (contract 11.4)')
})

test('writes about the cluster, its nodepools and its name wait for a cascade in their order, others do not (contract 4.8, 11.6, 11.9)', async () => {
  const slow = new SlowFleet(3)
  const { fleet, store, clusterId } = slow
  slow.note('delete', fleet.delete(slow.address, BY))
  slow.note('patch', slow.patch(2))
  slow.note('report', fleet.report(slow.pool(3), report(false)))
  slow.note('nested', fleet.report(slow.pool(1, true), report(true)))
  slow.note('create', slow.create('pool-9', clusterId))
  slow.note('again', fleet.delete(slow.address, 'eve@example.com'))
  slow.note('force', fleet.forceDelete(slow.pool(2), 'stuck', BY))
  slow.note('gone', fleet.report(slow.pool(2), report(true)))
  slow.note('same name', slow.create('cluster'))
  slow.note('name again', slow.create('cluster'))
  slow.note(
    'other',
    fleet.change({ kind: 'Cluster', id: slow.otherId }, { spec: '{"n":2}', labels: undefined }, BY),
  )
  slow.note('new', slow.create('new'))
  await settle()
  await slow.turn()
  store.commitAll()
  await settle()
  assert.deepEqual(slow.answered, ['other: stored', 'new: stored'])
  slow.answered.length = 0
  await slow.run()
  store.commitAll()
  await slow.run()
  store.commitAll()
  await slow.run()
  store.commitAll()
  await settle()
  assert.deepEqual(slow.answered.toSorted(), [
    'again: stored',
    'create: state-conflict',
    'delete: stored',
    'force: removed',
    'gone: not-found',
    'name again: conflict',
    'nested: stored',
    'patch: state-conflict',
    'report: stored',
    'same name: stored',
  ])
  assert.equal(slow.document(clusterId).deleted_by, BY)
})

test('writes about a cluster wait for creations of its name that came before (contract 4.2, 4.8, 11.9)', async () => {
  const slow = new SlowFleet(2)
  const { fleet, store } = slow
  await settle()
  slow.note('mark', fleet.delete(slow.address, BY))
  await slow.run()
  store.commitAll()
  await settle()
  slow.note('remove', fleet.forceDelete(slow.address, 'stuck', BY))
  const created = slow.create('cluster')
  // More than are decided in one turn.
  for (let i = 0; i < 20; i++) slow.note('write', fleet.delete(slow.pool(1, true), BY))
  slow.note('second', slow.create('cluster'))
  while (store.state.resource('Cluster', slow.clusterId) !== undefined) {
    await settle()
    await slow.turn()
    store.commitAll()
  }
  await settle()
  assert.ok(!slow.answered.includes('second: conflict'), 'it still waits')
  store.commitAll()
  const first = await created
  assert.ok(first.kind === 'stored')
  const successor = { kind: 'Cluster', id: first.resourceId } as const
  slow.note('mark', fleet.delete(successor, BY))
  slow.note('remove', fleet.forceDelete(successor, 'stuck', BY))
  slow.note('third', slow.create('cluster'))
  await slow.run()
  store.commitAll()
  await settle()
  assert.deepEqual(slow.answered.filter(answer => !answer.startsWith('write')).toSorted(), [
    'mark: stored',
    'mark: stored',
    'remove: removed',
    'remove: removed',
    'second: conflict',
    'third: stored',
  ])
})

test('of any number of cascades about one cluster each is decided on the one before (contract 11.3, 11.12)', async () => {
  const slow = new SlowFleet(4)
  const { fleet, events } = slow
  slow.note('delete', fleet.delete(slow.address, BY))
  slow.note('force', fleet.forceDelete(slow.address, 'stuck', BY))
  slow.note('again', fleet.delete(slow.address, BY))
  slow.note('other', fleet.delete({ kind: 'Cluster', id: slow.otherId }, BY))
  for (let i = 0; i < 4; i++) {
    await slow.run()
    slow.store.commitAll()
  }
  await settle()
  assert.deepEqual(slow.answered, ['other: stored', 'delete: stored', 'force: removed', 'again: not-found'])
  assert.deepEqual(
    events.flatMap(event => (event.kind === 'removed' ? event.resource.id : [])),
    [...slow.poolIds.toReversed(), slow.clusterId],
    'nodepools, newest first, before their cluster',
  )
  const [last] = events.slice(-1)
  assert.deepEqual(last?.kind === 'force-deleted' && last.children, slow.poolIds.toReversed())
})

test('a lack of room before, during or after the turns of a cascade leaves nothing of it (contract 4.8, 9.2, 11.11)', async () => {
  for (const moment of ['before', 'during', 'after']) {
    const slow = new SlowFleet(3)
    const { fleet, store } = slow
    slow.note('patch', slow.patch(1))
    if (moment !== 'before') store.commitAll()
    slow.note('delete', fleet.delete(slow.address, BY))
    slow.note('late', slow.patch(2))
    await settle()
    if (moment === 'before') store.refuse()
    slow.note('other', slow.create('new'))
    await slow.turn()
    if (moment === 'during') store.refuse()
    await slow.run()
    if (moment === 'after') store.refuse()
    else store.commitAll()
    await slow.run()
    store.commitAll()
    await slow.run()
    const answers = {
      before: ['patch: unavailable', 'delete: unavailable', 'other: stored', 'late: stored'],
      during: ['patch: stored', 'other: unavailable', 'delete: stored', 'late: state-conflict'],
      after: ['patch: stored', 'other: unavailable', 'delete: unavailable', 'late: stored'],
    }[moment]
    assert.deepEqual(slow.answered, answers, moment)
    assert.deepEqual(slow.marks(), new Array(3).fill(moment === 'during'), moment)
    const { generation } = slow.document(slow.poolIds[0] ?? '')
    assert.equal(generation, moment === 'before' ? 1 : moment === 'during' ? 3 : 2, moment)
  }
})

test('more than 1,024 writes that wait are refused, and may be sent again (contract 4.11, 9.1)', async () => {
  const slow = new SlowFleet(2)
  slow.note('delete', slow.fleet.delete(slow.address, BY))
  for (let i = 0; i < 1030; i++) slow.note('patch', slow.patch(1))
  await settle()
  assert.deepEqual(slow.answered, new Array(6).fill('patch: unavailable'))
  slow.answered.length = 0
  await slow.run()
  slow.store.commitAll()
  await slow.run()
  assert.deepEqual(slow.answered, ['delete: stored', ...new Array(1024).fill('patch: state-conflict')])
  slow.note('patch', slow.patch(1))
  await settle()
  assert.equal(slow.answered.length, 1026)
})

test('a close waits for cascades and for the writes behind them (contract 11.11)', async () => {
  const slow = new SlowFleet(2)
  slow.note('delete', slow.fleet.delete(slow.address, BY))
  slow.note('patch', slow.patch(1))
  let isClosed = false
  void slow.fleet.close().then(() => {
    isClosed = true
  })
  await slow.run()
  assert.equal(isClosed, false)
  slow.store.commitAll()
  await slow.run()
  assert.deepEqual([isClosed, slow.answered], [true, ['delete: stored', 'patch: state-conflict']])
})

test('If-Match is compared with the version that the cascade is decided on (contract 12.12)', async () => {
  const slow = new SlowFleet(2)
  const { fleet, store } = slow
  slow.note(
    'stale',
    fleet.delete(slow.address, BY, () => false),
  )
  await slow.run()
  assert.deepEqual(slow.answered, ['stale: mismatch'])
  const tag = store.newest.revision(slow.address).headSequence
  const isSame = ({ headSequence }: { readonly headSequence: number }) => headSequence === tag
  slow.note('first', fleet.delete(slow.address, BY, isSame))
  slow.note('second', fleet.delete(slow.address, BY, isSame))
  slow.note('force', fleet.forceDelete(slow.address, 'stuck', BY, isSame))
  for (let i = 0; i < 3; i++) {
    await slow.run()
    store.commitAll()
  }
  await settle()
  assert.deepEqual(slow.answered, ['stale: mismatch', 'first: stored', 'second: mismatch', 'force: mismatch'])
  assert.deepEqual(slow.marks(), [true, true])
})
