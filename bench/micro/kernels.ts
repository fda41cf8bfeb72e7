// The kernels in WebAssembly and in plain TypeScript over a million slots, and the cost of one write to the structures that use
// them.
import type { Bench } from 'tinybench'
import { Bitmap } from '../../src/index/bitmap.ts'
import { Int64Column } from '../../src/index/column.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { PostingList } from '../../src/index/posting-list.ts'

const SLOTS = 1_000_000
const WORDS = SLOTS / 32
const FRESH = 1_800_000_000_000_000n
/** Coprime to the number of slots: steps of it visit every slot, far from the one before. */
const STRIDE = 7919

export function kernelBenchmarks(bench: Bench): void {
  for (const kernels of [
    loadKernels(new LinearMemory()),
    plainKernels(new LinearMemory(), 'for comparison'),
  ]) {
    addSetTasks(bench, kernels)
    addScanTasks(bench, kernels)
    addColumnTasks(bench, kernels)
  }
  addWriteTasks(bench, loadKernels(new LinearMemory()))
}

function everyNth(kernels: Kernels, step: number): Bitmap {
  const bitmap = new Bitmap(kernels, SLOTS)
  for (let slot = 0; slot < SLOTS; slot += step) bitmap.add(slot)
  return bitmap
}

function addSetTasks(bench: Bench, kernels: Kernels): void {
  const { kind, memory } = kernels
  const left = everyNth(kernels, 2)
  const right = everyNth(kernels, 3)
  const list = memory.allocate((SLOTS / 100) * 4)
  const out = memory.allocate((SLOTS / 100) * 4)
  for (let i = 0; i < SLOTS / 100; i++) memory.u32[(list >>> 2) + i] = i * 100
  for (const name of ['and', 'or', 'andNot'] as const)
    bench.add(`${name}, ${kind}`, () => kernels[name](left.offset, right.offset, WORDS))
  bench.add(`not, ${kind}`, () => kernels.not(left.offset, SLOTS))
  bench.add(`count, ${kind}`, () => kernels.count(right.offset, WORDS))
  bench.add(`count of both, ${kind}`, () => kernels.countAnd(left.offset, right.offset, WORDS))
  bench.add(`page of 20 at the far end, ${kind}`, () => right.page(SLOTS / 3 - 20, 20, 'ascending'))
  bench.add(`or a list of 10000, ${kind}`, () => kernels.orList(left.offset, list, SLOTS / 100))
  bench.add(`and a list of 10000, ${kind}`, () =>
    kernels.andList(list, SLOTS / 100, right.offset, WORDS, out),
  )
}

function addScanTasks(bench: Bench, kernels: Kernels): void {
  const { kind, memory } = kernels
  const mask = new Bitmap(kernels)
  mask.addRange(0, SLOTS)
  const out = new Bitmap(kernels, SLOTS)
  const times = memory.allocate(SLOTS * 8)
  const generations = memory.allocate(SLOTS * 4)
  for (let i = 0; i < SLOTS; i++) {
    memory.i64[(times >>> 3) + i] = FRESH + BigInt((i * STRIDE) % SLOTS)
    memory.i32[(generations >>> 2) + i] = (i * STRIDE) % SLOTS
  }
  const half = FRESH + BigInt(SLOTS / 2)
  const [from, to] = [mask.offset, out.offset]
  bench.add(`scan 64 bits, <, ${kind}`, () => kernels.scanI64(times, SLOTS, -(2n ** 63n), half, from, to))
  bench.add(`scan 64 bits, between, ${kind}`, () => kernels.scanI64(times, SLOTS, FRESH, half, from, to))
  bench.add(`scan 32 bits, between, ${kind}`, () => kernels.scanI32(generations, SLOTS, 9, 99_999, from, to))
  bench.add(`extremes 64 bits, ${kind}`, () => kernels.extremesI64(times, SLOTS, from, to))
}

/** Fresh times, except for every `step`th slot. */
function timesWithStale(kernels: Kernels, slots: number, step: number): Int64Column {
  const column = new Int64Column(kernels)
  for (let slot = 0; slot < slots; slot++)
    column.set(slot, slot % step === step / 2 ? FRESH - 1_000_000_000n : FRESH + BigInt(slot % 1000))
  return column
}

function addColumnTasks(bench: Bench, kernels: Kernels): void {
  const stale = { kind: 'compare', operator: '<', value: FRESH - 1_000_000n } as const
  const cases = [
    ['100 of 1 M', SLOTS, SLOTS / 100],
    ['100 of 10 k', 10_000, 100],
    ['half of 1 M', SLOTS, 2],
  ] as const
  for (const [name, slots, step] of cases) {
    const column = timesWithStale(kernels, slots, step)
    const into = new Bitmap(kernels, slots)
    bench.add(`${name} stale in a column, ${kernels.kind}`, () => column.scan(stale, into))
  }
}

function addWriteTasks(bench: Bench, kernels: Kernels): void {
  const column = timesWithStale(kernels, SLOTS, SLOTS)
  const status = new PostingList(kernels)
  const label = new PostingList(kernels)
  for (let slot = 0; slot < SLOTS; slot++) {
    status.add(slot)
    if (slot % 100 === 0) label.add(slot)
  }
  let slot = 0
  let time = FRESH
  const next = () => {
    slot = (slot + STRIDE) % SLOTS
    return slot
  }
  bench.add('write a time', () => column.set(next(), ++time))
  bench.add(`leave and enter a ${status.form} list of 1 M`, () => status.delete(next()) && status.add(slot))
  bench.add(`enter and leave a ${label.form} list of 10000`, () => {
    const taken = next()
    if (label.add(taken)) label.delete(taken)
  })
}
