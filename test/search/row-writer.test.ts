// Rows of a page that are written over many turns of the event loop, while writes change, remove and move what they were read from.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProjectedRows } from '../../src/http/projected-rows.ts'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import { Projection } from '../../src/state/projection.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { compact, naiveProjection } from '../state/projection-oracle.ts'
import { naiveOrder } from './naive.ts'
import { drawFrom, RandomState } from './random-state.ts'
import { prepare } from './sample.ts'
import { searchInTurns } from './search-forms.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const FIELDS = [
  ['generation', 'status.conditions.Ready'],
  ['spec.a', 'spec.b.a', 'updated_by'],
  ['spec', 'labels.a'],
  ['status.conditions.status', 'spec.__proto__', 'name'],
  ['spec.none', 'labels.none'],
]

test('contract 7.1, 13.7: rows written in the smallest slices are those of the moment of the search', async () => {
  for (let round = 0; round < 30; round++) {
    const seed = SEED + round
    const draw = drawFrom(seed)
    const fleet = new RandomState(40 + draw(200), draw)
    const turns: (() => void)[] = []
    const index = FleetIndex.attach(fleet.state, {
      kernels: loadKernels(new LinearMemory()),
      seed: KNOWN_SEED,
      isSearchableLabelKey,
      nextTurn: callback => turns.push(callback),
    })
    if (draw(3) === 0) fleet.churn('Cluster')
    const order = ['id', 'name', 'created_time desc'][draw(3)]
    const fields = FIELDS[draw(FIELDS.length)] ?? []
    const expected = naiveOrder(order, undefined)(fleet.state.living('Cluster'), ({ resource }) => resource)
      .slice(3, 180)
      .map(({ json }) => naiveProjection(json.toString(), fields))
    let between = 0
    const inTurns = searchInTurns(
      index,
      'Cluster',
      () => {
        between++
        for (let writes = draw(4); writes > 0; writes--) fleet.write()
        if (draw(3) === 0) turns.shift()?.()
      },
      1e9,
    )
    const query = prepare({ orderBy: order }, 'Cluster')
    assert(query.kind === 'query')
    const rows = new ProjectedRows(new Projection(fields.map(field => field.split('.'))))
    const page = await inTurns(query, { offset: 3, limit: 177 }, undefined, rows)
    const text = Buffer.concat(rows.buffers()).toString()
    assert.equal(compact(`[${text}]`), `[${expected.join()}]`, `HYPERFLEET_TEST_SEED=${seed}`)
    assert.equal(page.entries.length, expected.length)
    assert.ok(between > 3, `${between} turns`)
  }
})
