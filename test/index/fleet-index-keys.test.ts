import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { countSlots, listSlots } from '../../src/index/posting-list.ts'
import { isSearchableLabelKey } from '../../src/search/check/fields.ts'
import type { Resource } from '../../src/state/records.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { StateBuilder } from '../harness/state.ts'
import { clusterOf } from '../store/samples.ts'

const TIME = 1_800_000_000_000_000n

/** An index over clusters that are put one by one and identified by number. */
function emptyFleet(maxIndexedLabelKeys = 1024) {
  const builder = new StateBuilder()
  const memory = new LinearMemory()
  const index = FleetIndex.attach(builder.state, {
    kernels: loadKernels(memory),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    maxIndexedLabelKeys,
  })
  const put = (slot: number, changes: Partial<Resource>) => builder.put(clusterOf(slot, changes))
  return { memory, index, clusters: index.of('Cluster'), put }
}

function labels(...pairs: [string, string][]): Partial<Resource> {
  return { labels: new Map(pairs) }
}

function conditions(...types: string[]): Partial<Resource> {
  const times = { createdTime: TIME, lastUpdatedTime: TIME, lastTransitionTime: TIME }
  return { conditions: types.map(type => ({ type, status: 'True', observedGeneration: 1, ...times })) }
}

test('names of inherited object members are labels and values like any other (contract 4.4, 8.6)', () => {
  const { clusters, put } = emptyFleet()
  for (const key of ['__proto__', 'constructor', 'valueof']) assert.equal(clusters.label(key), undefined)
  assert.equal(clusters.condition('__proto__'), undefined)
  put(0, labels(['__proto__', 'constructor'], ['constructor', '__proto__']))
  put(1, labels(['__proto__', 'constructor']))
  const index = clusters.label('__proto__')
  assert(index !== undefined)
  assert.deepEqual([...listSlots(index.values.slotsOf('constructor') ?? -1)], [0, 1])
  assert.equal(index.values.slotsOf('toString'), undefined)
  assert.deepEqual([...(clusters.label('constructor')?.presence.slots() ?? [])], [0])
})

test('a label key that cannot be searched has no index (contract 8.6)', () => {
  const { clusters, put } = emptyFleet()
  put(0, labels(['app.kubernetes.io/name', 'a'], ['Env', 'b'], ['env', 'c']))
  assert.deepEqual(
    [...clusters.labels.entries()].map(([key]) => key),
    ['env'],
  )
})

test('a key beyond the limit of indexes gets none until no resource has it (contract 4.11)', () => {
  const { clusters, put } = emptyFleet(1)
  put(0, labels(['first', 'a'], ['second', 'b']))
  put(1, labels(['second', 'c'], ['first', 'a']))
  const indexed = () => [...clusters.labels.entries()].map(([key]) => key)
  const unindexed = () => ['first', 'second', 'third'].filter(key => clusters.labels.isUnindexed(key))
  assert.deepEqual([indexed(), unindexed()], [['first'], ['second']])
  put(0, labels(['second', 'd']))
  put(1, labels(['second', 'c']))
  put(2, labels(['second', 'c']))
  assert.deepEqual([indexed(), unindexed()], [[], ['second']])
  for (const slot of [0, 1]) put(slot, labels(['third', 'x']))
  assert.deepEqual([indexed(), unindexed()], [['third'], ['second']])
  put(2, labels())
  for (const slot of [0, 1]) put(slot, labels())
  put(0, labels(['second', 'e']))
  assert.deepEqual([indexed(), unindexed()], [['second'], []])
})

test('keys made up for each cluster take little memory (contract 9.3)', () => {
  const { index, clusters, put } = emptyFleet()
  const own = (slot: number) => Array.from({ length: 64 }, (_, i): [string, string] => [`k${slot}_${i}`, 'v'])
  for (let slot = 0; slot < 100; slot++) put(slot, labels(...own(slot)))
  assert.equal([...clusters.labels.entries()].length, 1024)
  assert.equal(clusters.labels.isUnindexed('k99_0'), true)
  assert.equal(index.memory().filter(({ name }) => name.startsWith('Cluster labels.')).length, 1024)
})

test('a label with an empty value is present, a removed one is not (contract 8.5)', () => {
  const { clusters, put } = emptyFleet()
  put(0, labels(['env', '']))
  put(1, labels(['env', 'dev']))
  assert.equal(clusters.label('env')?.presence.size, 2)
  put(0, labels())
  assert.deepEqual([...(clusters.label('env')?.presence.slots() ?? [])], [1])
  assert.equal(clusters.label('env')?.values.slotsOf(''), undefined)
})

test('a value spreads from one slot to many and back (contract 8.3)', () => {
  const { clusters, put } = emptyFleet()
  const counts: number[] = []
  const note = () => counts.push(countSlots(clusters.creators.slotsOf('new') ?? -1))
  for (const slot of [0, 1, 2]) {
    put(slot, { createdBy: 'new' })
    note()
  }
  for (const slot of [0, 2]) {
    put(slot, { createdBy: 'old' })
    note()
  }
  assert.deepEqual(counts, [1, 2, 3, 2, 1])
  assert.deepEqual([...listSlots(clusters.creators.slotsOf('new') ?? -1)], [1])
})

test('removed labels, values and conditions free their memory (contract 9.3)', () => {
  const { memory, index, put } = emptyFleet()
  for (let slot = 0; slot < 300; slot++) put(slot, {})
  const before = { allocated: memory.allocatedBytes, uses: index.memory() }
  for (let round = 0; round < 3; round++) {
    for (let slot = 0; slot < 300; slot++) {
      const changes = { ...labels([`key_${slot % 50}`, 'v']), createdBy: `a${slot % 7}` }
      put(slot, { ...changes, ...conditions('Ready', `T${slot % 40}`) })
    }
    assert(memory.allocatedBytes > before.allocated)
    for (let slot = 299; slot >= 0; slot--) put(slot, {})
    assert.deepEqual({ allocated: memory.allocatedBytes, uses: index.memory() }, before)
  }
})

test('the memory of each index is reported by name, with its number of slots (contract 9.3)', () => {
  const { index, put } = emptyFleet()
  put(0, { ...labels(['env', 'dev']), ...conditions('Ready') })
  put(1, conditions('Ready'))
  const uses = new Map(index.memory().map(use => [use.name, use]))
  assert.equal(uses.get('Cluster labels.env')?.entries, 1)
  assert.equal(uses.get('Cluster name')?.entries, 2)
  assert.equal(uses.get('Cluster status.conditions.Ready.last_updated_time')?.entries, 2)
  assert.equal(uses.get('NodePool name')?.entries, 0)
  assert((uses.get('Cluster labels.env')?.bytes ?? 0) > 0)
})
