// The indexes of values in the spec.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingLeaves } from '../../src/config/schema.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { listSlots } from '../../src/index/posting-list.ts'
import { SpecIndexes } from '../../src/index/spec.ts'
import { MAX_SPEC_INDEXES, SPEC_INDEXES_VARIABLE, SPEC_PATH } from '../../src/index/spec-path.ts'
import { Decimal } from '../../src/wire/decimal.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { spanOf } from '../../src/wire/json-paths.ts'

/** The index of `spec.v` over some specs by slot, and the memory that it works in. */
function indexOf(...specs: readonly string[]) {
  const memory = new LinearMemory()
  const empty = memory.allocatedBytes
  const indexes = new SpecIndexes(loadKernels(memory), KNOWN_SEED, ['spec.v'])
  for (const [slot, spec] of specs.entries()) indexes.replace(slot, undefined, spanOf(spec))
  const index = indexes.get('spec.v')
  assert(index !== undefined)
  const slotsOfNumber = (text: string) =>
    index
      .slotsOfNumber(new Decimal(text))
      .flatMap(slots => [...listSlots(slots)])
      .sort((a, b) => a - b)
  const slotsOf = (text: string) => {
    const slots = index.values.slotsOf(text)
    return slots === undefined ? [] : [...listSlots(slots)]
  }
  return { memory, empty, indexes, index, slotsOf, slotsOfNumber }
}

test('contract 13.3, 13.5: a number is found in every spelling, as a number and as a string', () => {
  const { slotsOfNumber } = indexOf(
    '{"v":5}',
    '{"v":"5"}',
    '{"v":5.0}',
    '{"v":"50e-1"}',
    '{"v":"05"}',
    '{"v":50}',
    '{"v":5e0}',
  )
  assert.deepEqual(slotsOfNumber('5'), [0, 1, 2, 3, 6])
  assert.deepEqual(slotsOfNumber('5.00'), [0, 1, 2, 3, 6])
  assert.deepEqual(slotsOfNumber('50'), [5])
  assert.deepEqual(slotsOfNumber('6'), [])
  const zeros = indexOf('{"v":0}', '{"v":-0}', '{"v":"0.00"}', '{"v":0e5}')
  assert.deepEqual(zeros.slotsOfNumber('-0'), [0, 1, 2, 3])
  const large = indexOf('{"v":1e400}', '{"v":10e399}', `{"v":1${'0'.repeat(400)}}`)
  assert.deepEqual(large.slotsOfNumber('1e400'), [0, 1])
  assert.deepEqual([...large.index.unindexed.slots()], [2])
})

test('contract 13.2, 13.5: texts, what has none, and what is not indexed', () => {
  const { index, slotsOf } = indexOf(
    '{"v":"a"}',
    '{"v":true}',
    '{"v":null}',
    '{}',
    '{"v":{}}',
    '{"v":[1]}',
    `{"v":"${'x'.repeat(255)}"}`,
    `{"v":"${'x'.repeat(256)}"}`,
    `{"v":"${'é'.repeat(128)}"}`,
    '{"v":"\\ud800"}',
    `{"v":"${'\\u0061'.repeat(255)}"}`,
    '{"v":"\\u0061"}',
    '[]',
  )
  assert.deepEqual(slotsOf('a'), [0, 11])
  assert.deepEqual(slotsOf('true'), [1])
  assert.deepEqual(slotsOf('a'.repeat(255)), [10])
  assert.deepEqual([...index.containers.slots()], [4, 5])
  assert.deepEqual([...index.unindexed.slots()], [7, 8, 9])
  assert.deepEqual([...index.presence.slots()], [0, 1, 6, 7, 8, 9, 10, 11])
  assert.deepEqual([...index.numbers.slots()], [])
})

test('contract 4.8, 13.5: a change leaves nothing of the old value, and removals free the memory', () => {
  const specs = [
    '{"v":"a"}',
    '{"v":5.0}',
    '{"v":{}}',
    `{"v":"${'x'.repeat(300)}"}`,
    '{"v":null}',
    '{"v":5}',
    '{"v":"5.0"}',
    '{"w":1}',
  ]
  const { memory, empty, indexes, index } = indexOf()
  let before: string | undefined
  for (const from of specs)
    for (const to of specs) {
      for (const next of [from, to]) {
        indexes.replace(7, before === undefined ? undefined : spanOf(before), spanOf(next))
        before = next
      }
      const { index: fresh } = indexOf(...Array.from({ length: 7 }, () => '{}'), to)
      assert.deepEqual(
        index.values.entries().map(String),
        fresh.values.entries().map(String),
        `${from} ${to}`,
      )
      for (const list of ['presence', 'containers', 'unindexed', 'numbers'] as const)
        assert.deepEqual([...index[list].slots()], [...fresh[list].slots()], `${list} ${from} ${to}`)
      assert.equal(index.bytes, fresh.bytes)
    }
  indexes.replace(7, spanOf(before ?? ''), undefined)
  assert.equal(index.bytes, 0)
  assert.equal(memory.allocatedBytes, empty)
})

test('contract 13.4, 13.5: the form of a path, and the name of the setting', () => {
  const pattern = new RegExp(SPEC_PATH.pattern)
  for (const path of ['spec.a', 'spec.A_0.b', 'spec.__proto__', 'spec.1.2.3.4.5.6.7.8'])
    assert.match(path, pattern)
  for (const path of [
    'spec',
    'spec.',
    'spec.a.',
    'spec.a-b',
    'spec.1.2.3.4.5.6.7.8.9',
    'labels.a',
    'spec.a b',
    'spec.é',
  ])
    assert.doesNotMatch(path, pattern)
  assert.equal(MAX_SPEC_INDEXES, 32)
  assert.ok(
    settingLeaves().some(({ variable, isReloadable }) => variable === SPEC_INDEXES_VARIABLE && !isReloadable),
  )
})
