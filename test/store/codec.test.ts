import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBody, keyOf, parseKey } from '../../src/state/document.ts'
import { Arena } from '../../src/store/arena.ts'
import { crc32c } from '../../src/store/checksum/crc32c.ts'
import { decodeSnapshotValue, encodeSnapshotValue, FORMAT } from '../../src/store/codec.ts'
import { StoreError } from '../../src/store/errors.ts'
import { clusterOf, put } from './samples.ts'

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

test('only keys of records are parsed as keys', () => {
  for (const key of ['', 'Cluster', 'Cluster/', 'Cluster//', 'Cluster//dns', 'Cluster/a/b/c', 'Pod/a']) {
    assert.equal(parseKey(key), undefined, key)
  }
  const { id } = clusterOf(1)
  assert.deepEqual(parseKey(KEY), { kind: 'head', resourceKind: 'Cluster', id })
  assert.deepEqual(parseKey(`${KEY}/`), { kind: 'conditions', resourceKind: 'Cluster', id })
})
