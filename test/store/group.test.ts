import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBody, encodePut, type KeyedBody, keyedBodies, keyOf } from '../../src/state/document.ts'
import { type Body, bytesIn, NO_BODY, numberIn } from '../../src/state/layout.ts'
import type { JournalRecord, Put } from '../../src/state/put.ts'
import { readResource } from '../../src/state/reader.ts'
import { FORMAT } from '../../src/store/codec.ts'
import { StoreError } from '../../src/store/errors.ts'
import { decodeGroup, encodeGroup, GroupReader, GroupWriter } from '../../src/store/journal/group.ts'
import { Random, runSeed } from '../harness/random.ts'
import { newConditions, plainPut } from '../harness/state.ts'
import { plainGroup, recordsIn, sealed } from './journal-values.ts'
import { clusterOf, put, statusOf } from './samples.ts'

const CLUSTER = put(clusterOf(1, { spec: '{"a":1}' }))
const STATUS = put(statusOf(clusterOf(1), 'dns', { data: '{"x":[1e400]}' }))
const REMOVAL: Put = { kind: 'removal', resource: { kind: 'NodePool', id: 'x' }, time: undefined }

function recordsOf(each: Put, number = 0): readonly KeyedBody[] {
  return keyedBodies(encodePut(each, number))
}

/** A body and the bytes that it had when it was written. */
function kept(body: Body): { readonly body: Body; readonly bytes: Buffer } {
  return { body, bytes: Buffer.from(bytesIn(body)) }
}

/** The puts that wrote records: a head and the conditions after it are one. */
function putsOf(records: readonly JournalRecord[]): Put[] {
  const puts: Put[] = []
  for (const [i, { put: part, body }] of records.entries()) {
    if (part.kind === 'removal') puts.push(part)
    if (part.kind === 'status') puts.push(plainPut(part))
    if (part.kind !== 'head') continue
    const { kind, id } = part.record
    puts.push(plainPut(put(readResource(kind, id, body, records[i + 1]?.body ?? NO_BODY))))
  }
  return puts
}

test('a group has its changes under their numbers, each with its records, and the watermark', () => {
  const changes = [[...recordsOf(CLUSTER, 4), ...recordsOf(STATUS)], [], recordsOf(REMOVAL)]
  const group = encodeGroup(9, -5n, changes)
  assert.deepEqual([group.first, group.last], [7, 9])
  const entries = decodeGroup(group)
  assert.deepEqual(
    entries.map(({ sequence, groupEnd, latestTime }) => [sequence, groupEnd, latestTime]),
    [7, 8, 9].map(sequence => [sequence, 9, -5n]),
  )
  assert.deepEqual(
    entries.map(({ records }) => putsOf(records)),
    [[CLUSTER, STATUS], [], [REMOVAL]],
  )
  const [head, conditions, status] = entries[0]?.records ?? []
  assert.deepEqual([numberIn(head?.body ?? NO_BODY), numberIn(status?.body ?? NO_BODY)], [4, 0])
  assert.deepEqual(
    [head?.key, conditions?.key, status?.key],
    [keyOf(CLUSTER), `${keyOf(CLUSTER)}/`, keyOf(STATUS)],
  )
  assert.ok(entries[0]?.records.every(({ sequence }) => sequence === 7))
  assert.equal(decodeGroup(encodeGroup(9, undefined, [[]]))[0]?.latestTime, undefined)
})

test('a writer gives the bytes of the plain encoding, group after group, and a body keeps its bytes while the memory grows', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  const writer = new GroupWriter()
  for (let round = 0; round < 40; round++) {
    writer.begin()
    const changes: KeyedBody[][] = []
    const bodies: ReturnType<typeof kept>[] = []
    for (let change = 1 + random.below(40); change > 0; change--) {
      const records: KeyedBody[] = []
      writer.beginChange()
      for (let record = random.below(4); record > 0; record--) {
        const spec = JSON.stringify({ filling: 'é'.repeat(random.below(random.chance(0.1) ? 50_000 : 500)) })
        const cluster = clusterOf(random.below(1000), { spec, conditions: newConditions('Cluster', 5n) })
        const { conditions } = cluster
        const each: Put = random.of([
          REMOVAL,
          { kind: 'conditions', resource: cluster, conditions },
          ...[put(cluster), put(statusOf(cluster, 'dns', { data: spec }))],
        ])
        const number = random.below(2 ** 32)
        const placed = writer.add(each, number)
        bodies.push(kept(placed.body), kept(placed.conditions))
        records.push(...recordsOf(each, number))
      }
      writer.endChange()
      changes.push(records)
    }
    const last = changes.length + random.below(2 ** 40)
    const latestTime = BigInt(random.below(2 ** 50))
    const written = writer.seal(last, latestTime)
    assert.deepEqual(written, plainGroup({ format: FORMAT, last, latestTime, changes }))
    assert.equal(written.value.length, writer.bytes)
    for (const { body, bytes } of bodies) assert.ok(bytesIn(body).equals(bytes))
  }
})

test('a writer uses its memory again, but keeps little of it', () => {
  const writer = new GroupWriter()
  const memoryFor = (length: number): ArrayBufferLike => {
    writer.begin()
    writer.beginChange()
    writer.addEncoded(keyOf(CLUSTER), { bytes: Buffer.alloc(length, 1), offset: 0, length })
    writer.endChange()
    return writer.seal(1, undefined).value.buffer
  }
  const memory = memoryFor(400_000)
  assert.equal(memoryFor(300_000), memory)
  assert.ok(memoryFor(5 << 20).byteLength < 11 << 20)
  assert.ok(memoryFor(1000).byteLength < 1 << 20)
})

test('every single flipped bit of a group is found, and so is a group under another number', () => {
  const { value, first, last } = encodeGroup(9, 5n, [recordsOf(STATUS), recordsOf(REMOVAL)])
  for (let bit = 0; bit < value.length * 8; bit++) {
    const flipped = Buffer.from(value)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.throws(() => new GroupReader({ first, last, value: flipped }), {
      kind: 'damaged',
      message: /^the group of entries 8 to 9 of the journal is damaged: its checksum is wrong/,
    })
  }
  assert.throws(() => new GroupReader({ first: 9, last: 10, value }), { kind: 'damaged' })
})

test('a group cut short at any length is refused, and so is one with bytes or changes that it does not have', () => {
  const { value } = encodeGroup(9, 5n, [recordsOf(STATUS), recordsOf(REMOVAL)])
  const read = (bytes: Buffer) => decodeGroup(sealed(9, Buffer.from(bytes)))
  assert.equal(read(value).length, 2)
  for (let length = 0; length < value.length; length++) {
    const cut = value.subarray(0, length)
    assert.throws(() => decodeGroup({ first: 8, last: 9, value: cut }), StoreError)
    // The checksum of such a value is right, as after a fault of a program.
    if (length > 4) assert.throws(() => read(cut), StoreError)
  }
  assert.throws(() => read(Buffer.concat([value, Buffer.alloc(1)])), { message: /too long/ })
  for (const [changes, message] of [
    [0, /has 0 changes/],
    [1, /entry 9 of the journal is damaged: it is too long/],
    [3, /group of entries 7 to 9 of the journal is damaged: it is cut short/],
    [10, /has 10 changes/],
    [0xffff_ffff, /has 4294967295 changes/],
  ] as const) {
    const miscounted = Buffer.from(value)
    miscounted.writeUInt32LE(changes, 13)
    assert.throws(() => read(miscounted), { kind: 'damaged', message })
  }
  const endless = Buffer.from(value)
  endless.writeUInt32LE(0xffff_ffff, 17)
  assert.throws(() => read(endless), { kind: 'damaged', message: /cut short/ })
})

test('a change with a wrong record is named by its number, and those after it are read', () => {
  const wrong = { key: 'Cluster/x/dns', body: NO_BODY }
  const foreign = { key: keyOf(put(clusterOf(2))), body: encodeBody(CLUSTER, 0) }
  const reader = new GroupReader(
    encodeGroup(8, 5n, [[wrong, ...recordsOf(STATUS)], [foreign], recordsOf(STATUS)]),
  )
  assert.throws(() => reader.next(), {
    kind: 'damaged',
    message: /^entry 6 of the journal is damaged: it removes "Cluster\/x\/dns"/,
  })
  assert.equal(reader.passed, 6)
  assert.throws(() => reader.next(), {
    kind: 'damaged',
    message: /^entry 7 of the journal is damaged: its key is that of another record/,
  })
  assert.deepEqual(putsOf(reader.next()?.records ?? []), [STATUS])
  assert.equal(reader.next(), undefined)
  assert.deepEqual([reader.passed, reader.isAtEnd, reader.bytesLeft], [8, true, 0])
})

test('a reader passes the changes that are known already', () => {
  const changes = [1, 2, 3, 4].map(number => recordsOf(put(clusterOf(number))))
  for (let known = 0; known <= 15; known++) {
    const reader = new GroupReader(encodeGroup(13, undefined, changes))
    reader.skip(known)
    const read = [reader.next(), reader.next(), reader.next(), reader.next(), reader.next()]
    assert.deepEqual(
      read.flatMap(entry => entry?.sequence ?? []),
      [10, 11, 12, 13].filter(sequence => sequence > known),
    )
  }
})

test('values of earlier formats are groups of one change', () => {
  for (const format of [1, 2, 3]) {
    const records = [...recordsIn(format, CLUSTER, 3), ...recordsIn(format, STATUS, 1)]
    const group = plainGroup({ format, last: 7, latestTime: 5n, changes: [records] })
    assert.equal(group.first, 7)
    const [entry, ...others] = decodeGroup(group)
    assert.deepEqual(others, [])
    assert.deepEqual([entry?.sequence, entry?.groupEnd, entry?.latestTime], [7, 7, 5n])
    assert.deepEqual(putsOf(entry?.records ?? []), [CLUSTER, STATUS])
    assert.throws(() => decodeGroup({ ...group, first: 8, last: 8 }), {
      kind: 'damaged',
      message: /^entry 8 of the journal is damaged: its checksum is wrong/,
    })
  }
})

test('a group of a newer format is refused with its own message', () => {
  const value = Buffer.from(encodeGroup(9, 5n, [[]]).value)
  value.writeUInt8(FORMAT + 1, 4)
  assert.throws(() => decodeGroup(sealed(9, value)), { kind: 'newer-format', message: /newer version/ })
})

test('a change holds removals, and more records than 65,535 (contract 11.11)', () => {
  const group = encodeGroup(2, 5n, [Array.from({ length: 70_000 }, () => recordsOf(REMOVAL)).flat(), []])
  const [large, empty] = decodeGroup(group)
  assert.equal(large?.records.length, 70_000)
  assert.deepEqual(large?.records[69_999]?.put, REMOVAL)
  assert.deepEqual(empty?.records, [])
})

test('conditions with a broken form are damage, and cannot be removed alone', () => {
  const [, conditions] = recordsOf(CLUSTER)
  assert.ok(conditions !== undefined)
  const cut = { ...conditions.body, length: conditions.body.length - 1 }
  for (const [body, message] of [
    [cut, /^entry 5 of the journal is damaged: its conditions are cut short/],
    [NO_BODY, /^entry 5 of the journal is damaged: it removes "Cluster\/[0-9a-z]+\/"/],
  ] as const) {
    const group = encodeGroup(5, undefined, [[{ key: conditions.key, body }]])
    assert.throws(() => decodeGroup(group), { kind: 'damaged', message })
  }
})
