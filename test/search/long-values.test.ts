// Long values in specs: a test of one of them may take long, so it runs in steps, over bytes that later writes cannot change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import { isLike, isLikeInSteps, likePattern } from '../../src/search/syntax/like.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { StateBuilder } from '../harness/state.ts'
import { holds } from '../wire/random.ts'
import { prepare, resource } from './sample.ts'
import { searchInTurns } from './search-forms.ts'

const LONG = 'a'.repeat(20_000)
const EVIL_PATTERN = `%${'a'.repeat(50)}b%`

/** Clusters `c0` to `c2` with long values at `spec.v`, and `c3` with a short one. */
function longFleet() {
  const builder = new StateBuilder()
  const put = (id: string, v: string) => builder.put(resource({ id, name: id, spec: JSON.stringify({ v }) }))
  put('c0', LONG)
  put('c1', `${LONG}b${LONG}`)
  put('c2', LONG)
  put('c3', 'short')
  const index = FleetIndex.attach(builder.state, {
    kernels: loadKernels(new LinearMemory()),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
  })
  return { put, index }
}

/** The ids that a search finds in the smallest slices, and the number of turns. */
async function find(
  search: string,
  betweenTurns: (fleet: ReturnType<typeof longFleet>, turn: number) => void,
) {
  const fleet = longFleet()
  let turns = 0
  const inTurns = searchInTurns(fleet.index, 'Cluster', () => betweenTurns(fleet, turns++), 1e9)
  const query = prepare({ search, orderBy: 'id' }, 'Cluster')
  assert(query.kind === 'query')
  const { entries } = await inTurns(query, { offset: 0, limit: 10 })
  return { ids: entries.map(entry => entry.resource.id).join(' '), turns }
}

test('contract 8.2, 13.3: a pattern that fits nearly everywhere in long values takes many turns', async () => {
  const { ids, turns } = await find(`spec.v like '${EVIL_PATTERN}'`, () => undefined)
  assert.equal(ids, 'c1')
  assert.ok(turns > 200, `${turns} turns`)
})

test('contract 7.1: writes in between do not change what a test in steps sees', async () => {
  const { ids } = await find(`spec.v like '${EVIL_PATTERN}'`, (fleet, turn) => {
    if (turn === 3) fleet.put('c2', `${LONG}b`)
    if (turn % 20 === 0) fleet.put('c1', `x${turn}`.repeat(10_000))
  })
  assert.equal(ids, 'c1')
})

test('contract 8.5, 13.4: and, or and not above tests in steps', async () => {
  const cases = [
    [`not spec.v like '${EVIL_PATTERN}'`, 'c0 c2 c3'],
    [`spec.v like '${EVIL_PATTERN}' or spec.v = 'short'`, 'c1 c3'],
    [`spec.v not like '${EVIL_PATTERN}' and spec.v ilike 'A%'`, 'c0 c2'],
    [`spec.v like '%b%' and spec.none is null and name like 'c%'`, 'c1'],
    [`spec.none like '${EVIL_PATTERN}' or name = 'c2'`, 'c2'],
    [Array.from({ length: 40 }, (_, i) => `spec.v in ('${i}')`).join(' or '), ''],
  ] as const
  for (const [search, expected] of cases) assert.equal((await find(search, () => undefined)).ids, expected)
})

test('contract 8.2: a match in steps finds what a match at once finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '\ud800'), maxLength: 40 })
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '😀'), maxLength: 8 })
  holds(fc.tuple(text, pattern, fc.boolean()), ([value, source, ignoreCase]) => {
    const like = likePattern(source, ignoreCase)
    const steps = isLikeInSteps(value.repeat(50), like)
    let step = steps.next()
    while (!step.done) step = steps.next()
    assert.equal(step.value, isLike(value.repeat(50), like))
  })
})
