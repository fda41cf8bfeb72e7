import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeDocument, keyOf } from '../../src/state/document.ts'
import { type Put, type RecordPut, type ResourceId, unhandled } from '../../src/state/put.ts'
import {
  type AdapterStatus,
  plainResource,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from '../../src/state/records.ts'
import type { Store } from '../../src/store/store.ts'
import { openStore } from '../../src/store/store.ts'
import { plainStatus } from '../harness/state.ts'
import { clusterOf, nodepoolOf, optionsFor, put, statusOf, temporaryFolder, turns } from './samples.ts'

type Step =
  | { readonly kind: 'create'; readonly nodepool: boolean; readonly owner: number; readonly reuses: boolean }
  | { readonly kind: 'mark'; readonly resource: number }
  | { readonly kind: 'remove'; readonly resource: number }
  | { readonly kind: 'change'; readonly resource: number; readonly spec: string }
  | {
      readonly kind: 'report'
      readonly resource: number
      readonly adapter: string
      readonly data: string
      /** True if the report changes only the conditions of the resource. */
      readonly condenses: boolean
    }
  | { readonly kind: 'wait'; readonly turns: number }
  | { readonly kind: 'settle' }
  | { readonly kind: 'restart' }

const json = fc.object({ maxDepth: 1, maxKeys: 3 }).map(value => JSON.stringify(value))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('create'),
      nodepool: fc.boolean(),
      owner: fc.nat(),
      reuses: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change'), resource: fc.nat(), spec: json }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('report'),
      resource: fc.nat(),
      adapter: fc.constantFrom('dns', 'validator', 'provisioner'),
      data: json,
      condenses: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mark'), resource: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove'), resource: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), turns: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
)

/** The model of a store: the last record of each key, in the order of first appearance. */
class Model {
  readonly records = new Map<string, RecordPut>()
  resources: readonly Resource[] = []
  #created = 0

  apply(puts: readonly Put[]): void {
    for (const each of puts) {
      switch (each.kind) {
        case 'resource':
          this.#set(each.record)
          break
        case 'conditions': {
          const present = this.resources.find(({ id }) => id === each.resource.id)
          assert.ok(present !== undefined)
          this.#set({ ...present, conditions: each.conditions })
          break
        }
        case 'status':
          this.records.set(keyOf(each), each)
          break
        case 'removal':
          this.#remove(each.resource)
          break
        default:
          unhandled(each)
      }
    }
  }

  #set(resource: Resource): void {
    const isPresent = this.resources.some(({ id }) => id === resource.id)
    this.resources = isPresent
      ? this.resources.map(each => (each.id === resource.id ? resource : each))
      : [...this.resources, resource]
    this.records.set(keyOf(put(resource)), put(resource))
  }

  #remove({ kind, id }: ResourceId): void {
    this.resources = this.resources.filter(resource => resource.id !== id)
    for (const key of this.records.keys())
      if (key === `${kind}/${id}` || key.startsWith(`${kind}/${id}/`)) this.records.delete(key)
  }

  /** The name of a resource that is being deleted, if it is free. */
  #freedName(kind: ResourceKind, ownerId: string | undefined): string | undefined {
    const siblings = this.resources.filter(resource => resource.kind === kind && resource.ownerId === ownerId)
    const taken = siblings.filter(({ deletedTime }) => deletedTime === undefined).map(({ name }) => name)
    return siblings.find(({ deletedTime, name }) => deletedTime !== undefined && !taken.includes(name))?.name
  }

  status(resource: Resource, adapter: string): AdapterStatus {
    const present = this.records.get(keyOf(put(statusOf(resource, adapter))))
    return present?.kind === 'status' ? present.record : statusOf(resource, adapter)
  }

  putsOf(step: Step): Put[] {
    if (step.kind === 'create') {
      const number = ++this.#created
      const clusters = this.resources.filter(({ kind }) => kind === 'Cluster')
      const owner = clusters[step.owner % Math.max(1, clusters.length)]
      const created =
        step.nodepool && owner !== undefined
          ? { ...nodepoolOf(number, 0), ownerId: owner.id }
          : clusterOf(number)
      const freed = step.reuses ? this.#freedName(created.kind, created.ownerId) : undefined
      return [put({ ...created, name: freed ?? created.name })]
    }
    if (step.kind === 'wait' || step.kind === 'settle' || step.kind === 'restart') return []
    const resource = this.resources[step.resource % Math.max(1, this.resources.length)]
    if (resource === undefined) return []
    if (step.kind === 'mark') return [put({ ...resource, deletedTime: 5n, deletedBy: 'ada@example.com' })]
    if (step.kind === 'remove') {
      const children = this.resources.filter(({ ownerId }) => ownerId === resource.id).reverse()
      return [...children, resource].map(({ kind, id }) => ({
        kind: 'removal',
        resource: { kind, id },
        time: 7n,
      }))
    }
    if (step.kind === 'change') {
      return [put({ ...resource, generation: resource.generation + 1, spec: step.spec })]
    }
    const status = { ...this.status(resource, step.adapter), data: step.data }
    return step.condenses
      ? [put(status), { kind: 'conditions', resource, conditions: [conditionOf(resource, step.data)] }]
      : [put({ ...resource, updatedBy: step.adapter }), put(status)]
  }
}

function conditionOf({ createdTime }: Resource, message: string): ResourceCondition {
  const times = { createdTime, lastUpdatedTime: createdTime, lastTransitionTime: createdTime }
  return { type: 'Ready', status: 'False', message, observedGeneration: 1, ...times }
}

function check(store: Store, model: Model): void {
  for (const kind of ['Cluster', 'NodePool'] as const) {
    const expected = model.resources.filter(resource => resource.kind === kind)
    const entries = store.state.living(kind)
    assert.equal(store.state.count(kind), expected.length)
    assert.deepEqual(
      entries.map(({ resource }) => plainResource(resource)),
      expected,
    )
    for (const entry of entries) {
      assert.equal(store.state.resources(kind).at(entry.slot)?.id, entry.id)
      checkName(store, model, entry.resource)
      if (kind === 'Cluster')
        assert.deepEqual(
          Array.from(store.newest.nodepoolsOf(entry.id), ({ id }) => id),
          model.resources.filter(({ ownerId }) => ownerId === entry.id).map(({ id }) => id),
        )
      assert.deepEqual(entry.json, encodeDocument(put(entry.resource)))
      const statuses = [...model.records.values()].flatMap(each =>
        each.kind === 'status' && each.record.resourceId === entry.resource.id ? [each.record] : [],
      )
      assert.deepEqual(
        entry.statuses.map(({ status }) => plainStatus(status)),
        statuses,
      )
      assert.deepEqual(store.newest.statuses(entry.resource.id).map(plainStatus), statuses)
    }
  }
  const bytes = [...model.records.values()].reduce((sum, each) => sum + encodeDocument(each).length, 0)
  assert.equal(store.state.bytes, bytes)
}

function checkName(store: Store, model: Model, { kind, ownerId, name }: Resource): void {
  const holder = model.resources.find(
    each =>
      each.kind === kind && each.ownerId === ownerId && each.name === name && each.deletedTime === undefined,
  )
  assert.equal(store.newest.idOfName(kind, ownerId, name), holder?.id)
}

const seed = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

test(`after any writes, checkpoints and restarts the store equals a plain map (contract 4.8, 6.11), seed ${seed}`, async t => {
  const run = async (steps: readonly Step[], maxJournalEntries: number): Promise<void> => {
    const options = optionsFor(temporaryFolder(t), {
      checkpoint: { maxJournalEntries, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 },
    })
    const model = new Model()
    let store = await openStore(options)
    for (const each of steps) {
      const puts = model.putsOf(each)
      if (puts.length > 0) void store.stage(puts)
      model.apply(puts)
      if (each.kind === 'wait') await turns(each.turns)
      if (each.kind === 'settle') {
        await store.settled()
        check(store, model)
      }
      if (each.kind === 'restart') {
        await store.close()
        store = await openStore(options)
        check(store, model)
      }
    }
    await store.settled()
    check(store, model)
    await store.close()
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 120 }), fc.integer({ min: 1, max: 20 }), run),
    {
      seed,
      numRuns: 25,
      endOnFailure: true,
    },
  )
})
