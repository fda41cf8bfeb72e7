// Answers that rest on a deletion or a removal whose commit is under way (contract 4.8).
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

/** A fleet whose commits a test makes or refuses. */
class HeldFleet {
  readonly store = new HeldStore()
  readonly events: FleetEvent[] = []
  readonly fleet: Fleet
  /** The kinds of the outcomes so far, by the names of their requests. */
  readonly answered: Record<string, string> = {}
  #lastId = 0

  constructor(required: readonly string[] = []) {
    this.fleet = new Fleet({
      store: this.store,
      clock: createServerClock(() => START_MS, undefined),
      ids: { next: () => idOf(++this.#lastId) },
      limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
      compatibility: 'documents',
      requiredAdapters: { Cluster: required, NodePool: required },
      hasRoom: () => true,
      onEvent: event => this.events.push(event),
    })
  }

  /** Creates a cluster and commits it. */
  async cluster(): Promise<string> {
    const created = this.create('cluster')
    this.store.commit()
    return idIn(await created)
  }

  async nodepool(clusterId: string): Promise<string> {
    const created = this.create('pool', clusterId)
    this.store.commit()
    return idIn(await created)
  }

  create(name: string, clusterId?: string): Promise<Outcome> {
    return this.fleet.create({ name, spec: '{}', labels: undefined }, clusterId, BY)
  }

  /** Notes the kind of an outcome as soon as it is there. */
  note(name: string, outcome: Promise<Outcome>): void {
    void outcome.then(({ kind }) => {
      this.answered[name] = kind
    })
  }

  /** One request of every kind about a resource, none of which may change anything. */
  ask(id: string, suffix = ''): void {
    const { fleet } = this
    const address = { kind: 'Cluster', id } as const
    const patch = { spec: '{"n":1}', labels: undefined }
    this.note(`patch${suffix}`, fleet.change(address, patch, BY))
    this.note(`create${suffix}`, this.create('other', id))
  }
}

function idIn(outcome: Outcome): string {
  assert.equal(outcome.kind, 'stored')
  return outcome.kind === 'stored' ? outcome.resourceId : ''
}

function report(generation: number) {
  const conditions = ['Available', 'Applied', 'Health', 'Finalized'] as const
  return {
    adapter: 'dns',
    observedGeneration: generation,
    observedTime: BigInt(START_MS) * 1000n,
    conditions: conditions.map(type => ({ type, status: 'True' as const })),
    metadata: undefined,
    data: undefined,
  }
}

test('a second DELETE, a PATCH and a create wait for the mark that they met (contract 4.8, 11.3, 11.6)', async () => {
  const held = new HeldFleet(['dns'])
  const { store, fleet, answered } = held
  const id = await held.cluster()
  const address = { kind: 'Cluster', id } as const
  const [first, second] = [fleet.delete(address, BY), fleet.delete(address, 'eve@example.com')]
  held.note('first', first)
  held.note('second', second)
  held.ask(id)
  await settle()
  assert.deepEqual(answered, {})
  store.commit()
  assert.deepEqual(await second, await first)
  await settle()
  assert.deepEqual(answered, {
    first: 'stored',
    second: 'stored',
    patch: 'state-conflict',
    create: 'state-conflict',
  })
})

test('every 404 that rests on a removal waits for its commit (contract 4.8, 11.9)', async () => {
  const held = new HeldFleet()
  const { store, fleet, answered, events } = held
  const id = await held.cluster()
  const poolId = await held.nodepool(id)
  const address = { kind: 'Cluster', id } as const
  const nested = { kind: 'NodePool', clusterId: id, id: poolId } as const
  const flat = { kind: 'NodePool', clusterId: undefined, id: poolId } as const
  held.note('delete', fleet.delete(address, BY))
  for (const [name, target] of Object.entries({ cluster: address, nested, flat })) {
    held.note(`delete ${name}`, fleet.delete(target, BY))
    held.note(`force ${name}`, fleet.forceDelete(target, 'stuck', BY))
    held.note(`report ${name}`, fleet.report(target, report(2)))
    held.note(`patch ${name}`, fleet.change(target, { spec: undefined, labels: undefined }, BY))
  }
  held.ask(id)
  await settle()
  assert.deepEqual([answered, events], [{}, []])
  assert.ok(store.state.resource('Cluster', id) !== undefined, 'readers see it until then')
  store.commit()
  await settle()
  assert.equal(answered.delete, 'stored')
  const others = Object.entries(answered).filter(([name]) => name !== 'delete')
  assert.equal(others.length, 14)
  for (const [name, kind] of others) assert.equal(kind, 'not-found', name)
  assert.deepEqual(events, [
    { kind: 'removed', resource: { kind: 'NodePool', id: poolId }, cause: 'at_once' },
    { kind: 'removed', resource: { kind: 'Cluster', id }, cause: 'at_once' },
  ])
})

test('a commit that is refused refuses every answer that rests on it, and nothing has happened (contract 4.8, 9.2)', async () => {
  for (const required of [[], ['dns']]) {
    const held = new HeldFleet(required)
    const { store, fleet, answered, events } = held
    const id = await held.cluster()
    const poolId = await held.nodepool(id)
    const address = { kind: 'Cluster', id } as const
    const before = store.state.resource('Cluster', id)?.json.toString()
    held.note('delete', fleet.delete(address, BY))
    store.split()
    held.note('again', fleet.delete(address, BY))
    held.note('force', fleet.forceDelete(address, 'stuck', BY))
    held.ask(id)
    held.note('same name', held.create('cluster'))
    held.note('report', fleet.report({ kind: 'NodePool', clusterId: undefined, id: poolId }, report(2)))
    await settle()
    assert.deepEqual(answered, {})
    store.refuse()
    await settle()
    assert.deepEqual(new Set(Object.values(answered)), new Set(['unavailable']))
    assert.equal(Object.keys(answered).length, 7)
    assert.deepEqual(events, [])
    assert.equal(store.state.resource('Cluster', id)?.json.toString(), before)
    held.note('name', held.create('cluster'))
    await settle()
    assert.equal(answered.name, 'conflict')
  }
})

test('the 400 of a report from the future waits for the creation of its resource (contract 4.8, 5.3)', async () => {
  const held = new HeldFleet()
  held.note('create', held.create('cluster'))
  const future = { ...report(1), observedTime: BigInt(START_MS + 3_600_000) * 1000n }
  held.note('report', held.fleet.report({ kind: 'Cluster', id: idOf(1) }, future))
  await settle()
  assert.deepEqual(held.answered, {})
  held.store.commit()
  await settle()
  assert.deepEqual(held.answered, { create: 'stored', report: 'invalid' })
})

test('a force deletion of a resource that is not being deleted waits for the creation of it (contract 4.8, 11.12)', async () => {
  const held = new HeldFleet()
  const created = held.create('cluster')
  const id = idOf(1)
  held.note('force', held.fleet.forceDelete({ kind: 'Cluster', id }, 'early', BY))
  await settle()
  assert.deepEqual(held.answered, {})
  held.store.commit()
  await created
  await settle()
  assert.deepEqual(held.answered, { force: 'state-conflict' })
})

test('the events of removals name the cause of each, and come with their commit (contract 11.8, 11.12)', async () => {
  const held = new HeldFleet(['dns'])
  const { store, fleet, events } = held
  const id = await held.cluster()
  const poolId = await held.nodepool(id)
  const address = { kind: 'Cluster', id } as const
  const pool = { kind: 'NodePool', clusterId: undefined, id: poolId } as const
  held.note('delete', fleet.delete(address, BY))
  held.note('report', fleet.report(address, report(2)))
  held.note('force', fleet.forceDelete(pool, 'its network is gone', BY))
  await settle()
  assert.deepEqual(events, [])
  store.commit()
  await settle()
  assert.deepEqual(events, [
    { kind: 'removed', resource: { kind: 'NodePool', id: poolId }, cause: 'forced' },
    { kind: 'removed', resource: { kind: 'Cluster', id }, cause: 'finalized' },
    {
      kind: 'force-deleted',
      resource: { kind: 'NodePool', id: poolId },
      by: BY,
      reason: 'its network is gone',
      children: [],
    },
  ])
})
