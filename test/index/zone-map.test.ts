import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import { Int64Column } from '../../src/index/column.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { BLOCK_SLOTS } from '../../src/index/value-blocks.ts'
import { ZoneMap } from '../../src/index/zone-map.ts'

const BLOCKS = 100
const FRESH = 1_800_000_000_000_000n
const LONG_AGO = FRESH - 1_000_000_000n
const STALE = { kind: 'compare', operator: '<', value: FRESH - 1_000_000n } as const

/** Kernels that count the scanned blocks and the blocks whose extremes are computed. */
function counted(): { kernels: Kernels; counts: { scans: number; extremes: number } } {
  const loaded = loadKernels(new LinearMemory())
  const counts = { scans: 0, extremes: 0 }
  const kernels: Kernels = {
    ...loaded,
    scanI64(...scan) {
      counts.scans++
      loaded.scanI64(...scan)
    },
    extremesI64(...values) {
      counts.extremes++
      return loaded.extremesI64(...values)
    },
  }
  return { kernels, counts }
}

/** A column of fresh times, and a search for stale ones that returns its cost. */
function freshColumn() {
  const { kernels, counts } = counted()
  const column = new Int64Column(kernels)
  for (let slot = 0; slot < BLOCKS * BLOCK_SLOTS; slot++) column.set(slot, FRESH + BigInt(slot))
  const into = new Bitmap(kernels)
  const ask = (question: Parameters<typeof column.scan>[0]) => {
    counts.scans = 0
    counts.extremes = 0
    column.scan(question, into)
    return { found: into.count(), ...counts }
  }
  return { column, ask }
}

test('a scan reads no block that matches entirely or not at all', () => {
  const { ask } = freshColumn()
  assert.deepEqual(ask(STALE), { found: 0, scans: 0, extremes: 0 })
  const all = BLOCKS * BLOCK_SLOTS
  assert.deepEqual(ask({ ...STALE, operator: '>=' }), { found: all, scans: 0, extremes: 0 })
  assert.deepEqual(ask({ ...STALE, operator: '!=' }), { found: all, scans: 0, extremes: 0 })
  const half = { ...STALE, value: FRESH + BigInt(all / 2 + 7) } as const
  assert.deepEqual(ask(half), { found: all / 2 + 7, scans: 1, extremes: 0 })
})

test('a scan for a few stale slots reads only their blocks', () => {
  const { column, ask } = freshColumn()
  for (const slot of [5, 20_000, 20_001, 40_000]) column.set(slot, LONG_AGO)
  assert.deepEqual(ask(STALE), { found: 4, scans: 3, extremes: 0 })
})

test('once the stale slots are fresh again, their blocks are read once more and never again', () => {
  const { column, ask } = freshColumn()
  for (const slot of [5, 20_000]) column.set(slot, LONG_AGO)
  assert.equal(ask(STALE).scans, 2)
  column.set(5, FRESH)
  column.delete(20_000)
  assert.deepEqual(ask(STALE), { found: 0, scans: 0, extremes: 2 })
  assert.deepEqual(ask(STALE), { found: 0, scans: 0, extremes: 0 })
})

test('a block is wide only after the loss of an extreme', () => {
  const zones = new ZoneMap()
  zones.grow(1)
  for (const value of [10, 20, 30]) zones.add(0, value)
  zones.change(0, 20, 25)
  assert.equal(zones.isWide(0), false)
  zones.change(0, 30, 12)
  assert.equal(zones.isWide(0), true)
  assert.equal(zones.verdict(0, 26, 40), 'some')
  zones.tighten(0, 10, 25)
  assert.equal(zones.verdict(0, 26, 40), 'none')
  assert.equal(zones.verdict(0, 10, 25), 'all')
  for (const value of [10, 12, 25]) zones.remove(0, value)
  assert.equal(zones.verdict(0, 0, 100), 'none')
  assert.equal(zones.isWide(0), false)
})
