// A search over so many candidates that their slots are copied over several turns of the event loop, while resources are created and removed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { StateBuilder } from '../harness/state.ts'
import { naiveOrder } from './naive.ts'
import { prepare, resource } from './sample.ts'
import { searchInTurns } from './search-forms.ts'

const COUNT = 9000
/** Slots are copied 4,096 at a time. */
const LIMIT = 40

/** The first page has the newest clusters, which are removed first. */
const nameOf = (i: number) => `c${10 * COUNT - i}`

const SEARCHES = [undefined, "generation = 1 and spec.none is null and name like '%1%'", 'generation = 1']

for (const holes of ['no holes', 'holes'])
  for (const search of SEARCHES)
    test(`contract 7.1: a page of thousands with ${holes} is of one moment, by ${search ?? 'name alone'}`, async () => {
      const builder = new StateBuilder(COUNT)
      const { state } = builder
      const create = (i: number) =>
        builder.put(resource({ id: `2c${String(i).padStart(8, '0')}`, name: nameOf(i) }))
      const remove = (i: number) => builder.remove({ kind: 'Cluster', id: `2c${String(i).padStart(8, '0')}` })
      for (let i = 0; i < COUNT; i++) create(i)
      if (holes === 'holes') for (let i = 3; i < COUNT; i += 100) remove(i)
      const index = FleetIndex.attach(state, {
        kernels: loadKernels(new LinearMemory()),
        seed: KNOWN_SEED,
        isSearchableLabelKey,
      })
      const passes = (name: string) => !search?.includes('name like') || name.includes('1')
      const expected = naiveOrder('name', undefined)(state.living('Cluster'), entry => entry.resource)
        .map(({ name }) => name)
        .filter(passes)
      let [next, low, high] = [COUNT, 0, COUNT - 1]
      const between = () => {
        if (high - low < COUNT / 2) return
        create(next++)
        remove(low)
        remove(high)
        // Those that were removed before are left out.
        for (low++; low % 100 === 3; ) low++
        for (high--; high % 100 === 3; ) high--
      }
      const query = prepare({ search, orderBy: 'name' }, 'Cluster')
      assert(query.kind === 'query')
      const page = await searchInTurns(index, 'Cluster', between, 0)(query, { offset: 0, limit: LIMIT })
      assert.deepEqual(
        page.entries.map(({ resource: { name } }) => name),
        expected.slice(0, LIMIT),
      )
      assert.equal(page.total, expected.length)
      assert.ok(next > COUNT + 100)
    })
