// The order of changes under random changes, removals and walks, compared with a list that is sorted each time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangeOrder } from '../../src/state/change-order.ts'
import { NO_ROW, RowList, Rows } from '../../src/state/rows.ts'
import { drawFrom } from '../search/random-state.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

class Chained extends Rows {
  constructor() {
    super(2)
  }
  olderOf(row: number): number {
    return this.get(row, 0)
  }
  newerOf(row: number): number {
    return this.get(row, 1)
  }
  setOlder(row: number, older: number): void {
    this.set(row, 0, older)
  }
  setNewer(row: number, newer: number): void {
    this.set(row, 1, newer)
  }
}

function walked(rows: Chained, order: ChangeOrder): number[] {
  const found: number[] = []
  for (let row = order.newest; row !== NO_ROW; row = rows.olderOf(row)) found.push(row)
  return found
}

test(`a walk finds what was not changed meanwhile, each once and in the order of changes (seed ${SEED})`, () => {
  for (let number = 0; number < 200; number++) {
    const draw = drawFrom(SEED + number)
    const rows = new Chained()
    const order = new ChangeOrder(rows)
    /** The newest last. */
    const expected: number[] = []
    const cursor = order.open()
    order.close(cursor)
    const change = (row: number) => {
      const at = expected.indexOf(row)
      if (at !== -1) expected.splice(at, 1)
      expected.push(row)
      order.touch(row)
    }
    for (let i = 0; i < 10; i++) change(rows.allocate())
    for (let walk = 0; walk < 20; walk++) {
      const begun = [...expected].reverse()
      const changed = new Set<number>()
      const found: number[] = []
      const open = order.open()
      while (open.row !== NO_ROW) {
        if (draw(2) === 0) {
          found.push(open.row)
          order.advance(open)
          continue
        }
        const row = expected[draw(expected.length)] ?? change(rows.allocate()) ?? NO_ROW
        if (row === NO_ROW) continue
        changed.add(row)
        if (draw(5) === 0) {
          expected.splice(expected.indexOf(row), 1)
          order.remove(row)
          rows.free(row)
        } else change(row)
        if (draw(5) === 0) change(rows.allocate())
      }
      order.close(open)
      assert.deepEqual(
        found.filter(row => !changed.has(row)),
        begun.filter(row => !changed.has(row)),
      )
      assert.deepEqual(walked(rows, order), [...expected].reverse())
    }
    assert.equal(order.cursors, 0)
  }
})

for (const [name, spread] of [
  ['near', 3],
  ['too far from each other for one array of numbers', 2 ** 52],
] as const)
  test(`a load chains its rows by the numbers of their changes, which are ${name}`, () => {
    const draw = drawFrom(SEED)
    const rows = new Chained()
    const list = new RowList()
    const sequences = new Map<number, number>()
    for (let i = 0; i < 500; i++) {
      const row = rows.allocate()
      list.push(row)
      sequences.set(row, Math.floor((draw(1000) / 1000) * spread))
    }
    const order = new ChangeOrder(rows)
    for (const step of order.restore(list, row => sequences.get(row) ?? 0)) assert.equal(step, undefined)
    const found = walked(rows, order).map(row => sequences.get(row))
    assert.equal(found.length, 500)
    assert.deepEqual(
      found,
      found.toSorted((a = 0, b = 0) => b - a),
    )
  })
