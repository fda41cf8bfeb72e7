import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBody, keyOf, parseKey } from '../../src/state/document.ts'
import { numberIn } from '../../src/state/layout.ts'
import { isRemoval, type Put } from '../../src/state/put.ts'
import { Arena } from '../../src/store/arena.ts'
import { crc32c } from '../../src/store/checksum/crc32c.ts'
import {
  decodeJournalEntry,
  decodeSnapshotValue,
  encodeJournalEntry,
  encodeSnapshotValue,
  FORMAT,
} from '../../src/store/codec.ts'
import { StoreError } from '../../src/store/errors.ts'
import { plainPut } from '../harness/state.ts'
import { clusterOf, put, statusOf } from './samples.ts'

const CLUSTER = put(clusterOf(1, { spec: '{"a":1}' }))
const KEY = keyOf(CLUSTER)

test('every single flipped bit of a value is found, and so is a value under another key', () => {
  const value = encodeSnapshotValue(KEY, 3, encodeBody(CLUSTER, 0), new Arena())
  for (let bit = 0; bit < value.length * 8; bit++) {
    const flipped = Buffer.from(value)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.throws(() => decodeSnapshotValue(KEY, flipped), { kind: 'damaged' })
  }
  assert.throws(() => decodeSnapshotValue(keyOf(put(clusterOf(2))), value), { kind: 'damaged' })
  const entry = encodeJournalEntry(5, undefined, [{ key: KEY, body: encodeBody(CLUSTER, 0) }], new Arena())
  assert.throws(() => decodeJournalEntry(6, entry), { kind: 'damaged' })
})

test('a value cut short at any length is refused', () => {
  const value = encodeSnapshotValue(KEY, 3, encodeBody(CLUSTER, 0), new Arena())
  for (let length = 0; length < value.length; length++) {
    assert.throws(() => decodeSnapshotValue(KEY, value.subarray(0, length)), StoreError)
  }
})

test('a value of a newer format is refused with its own message', () => {
  const value = encodeSnapshotValue(KEY, 3, encodeBody(CLUSTER, 0), new Arena())
  value.writeUInt8(FORMAT + 1, 4)
  value.writeUInt32LE(crc32c().ofBytes(value, crc32c().ofText(KEY), 4), 0)
  assert.throws(() => decodeSnapshotValue(KEY, value), { kind: 'newer-format', message: /newer version/ })
})

test('a journal entry holds several records and the watermark', () => {
  const status = put(statusOf(clusterOf(1), 'dns', { data: '{"x":[1e400]}' }))
  const records = [
    { key: KEY, body: encodeBody(CLUSTER, 4) },
    { key: keyOf(status), body: encodeBody(status, 0) },
  ]
  const entry = decodeJournalEntry(9, encodeJournalEntry(9, -5n, records, new Arena()))
  assert.equal(entry.latestTime, -5n)
  assert.deepEqual(
    entry.records.map(record => (isRemoval(record) ? record.put : plainPut(record.put))),
    [CLUSTER, status],
  )
  assert.deepEqual(
    entry.records.map(({ body }) => numberIn(body)),
    [4, 0],
  )
  assert.equal(decodeJournalEntry(9, encodeJournalEntry(9, undefined, [], new Arena())).latestTime, undefined)
})

test('a journal entry holds removals, and more records than 65,535 (contract 11.11)', () => {
  const removal: Put = { kind: 'removal', resource: { kind: 'NodePool', id: 'x' }, time: undefined }
  const records = Array.from({ length: 70_000 }, () => ({
    key: keyOf(removal),
    body: encodeBody(removal, 0),
  }))
  const decoded = decodeJournalEntry(1, encodeJournalEntry(1, 5n, records, new Arena())).records
  assert.equal(decoded.length, 70_000)
  assert.deepEqual(decoded[69_999]?.put, removal)
})

test('a status cannot be removed alone', () => {
  const records = [
    {
      key: 'Cluster/x/dns',
      body: encodeBody({ kind: 'removal', resource: { kind: 'Cluster', id: 'x' }, time: 1n }, 0),
    },
  ]
  const value = encodeJournalEntry(1, undefined, records, new Arena())
  assert.throws(() => decodeJournalEntry(1, value), { kind: 'damaged', message: /removes "Cluster\/x\/dns"/ })
})

test('only keys of records are parsed as keys', () => {
  for (const key of ['', 'Cluster', 'Cluster/', 'Cluster//dns', 'Cluster/a/', 'Cluster/a/b/c', 'Pod/a']) {
    assert.equal(parseKey(key), undefined, key)
  }
  assert.deepEqual(parseKey(KEY), { kind: 'resource', resourceKind: 'Cluster', id: clusterOf(1).id })
})
