// The comparison with the original: its command line, its generations, its table, and answers in chunks.
import assert from 'node:assert/strict'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { Connection } from '../../bench/load/traffic/connection.ts'
import { dialectOf } from '../../bench/original/dialect.ts'
import { readOriginalOptions } from '../../bench/original/options.ts'
import { comparisonReport } from '../../bench/original/report.ts'

const CHUNKED =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
  '5\r\n{"a":\r\na;x=y\r\n"\r\n\r\n12345\r\n1\r\n}\r\n0\r\nTrailer: 1\r\n\r\n'
const WITH_LENGTH = 'HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}'

test('an answer in chunks is counted once, in whatever pieces it comes', () => {
  const stream = Buffer.from(CHUNKED)
  for (let first = 1; first < stream.length; first++) {
    for (let second = first + 1; second <= stream.length; second += 5) {
      const connection = new Connection(new Socket())
      const seen: number[] = []
      connection.onAnswer = status => seen.push(status)
      const pieces = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      for (const piece of pieces) {
        assert.deepEqual(seen, [])
        if (piece.length > 0) connection.take(piece)
        if (piece === pieces[1] && second === stream.length) break
      }
      connection.take(Buffer.from(WITH_LENGTH))
      assert.deepEqual(seen, [200, 201], `cut at ${first} and ${second}`)
    }
  }
})

test('chunks without a size are refused, and so are bytes after the last one', () => {
  const take = (text: string) => () => new Connection(new Socket()).take(Buffer.from(text))
  assert.throws(take(CHUNKED.replace('\r\n\r\n5', '\r\n\r\nx')), /no size/)
  assert.throws(take(`${CHUNKED}x`), /more bytes came/)
})

test('a server speaks the generation that its conditions show', () => {
  assert.equal(dialectOf(['Available', 'Ready']).reportMethod, 'POST')
  assert.equal(
    dialectOf(['Available', 'Ready', 'Reconciled', 'LastKnownReconciled']).compatibility,
    'documents',
  )
  const current = dialectOf(['Reconciled', 'LastKnownReconciled'])
  assert.deepEqual([current.reportMethod, current.compatibility], ['PUT', 'current'])
  assert.equal(current.notReady, "status.conditions.Reconciled='False'")
  assert.match(
    current.stale('2026'),
    /^status.conditions.Reconciled='True' and .*last_updated_time < '2026'$/,
  )
  assert.throws(() => dialectOf([]), /does the server require adapters/)
})

test('an address is needed unless the short form is asked for', () => {
  assert.throws(() => readOriginalOptions([]), /--address/)
  assert.equal(readOriginalOptions(['--short']).address, undefined)
  const { address, clusters } = readOriginalOptions(['--address', 'http://[::1]:8000'])
  assert.deepEqual(address, { host: '::1', port: 8000 })
  assert.equal(clusters, 10_000)
  for (const wrong of ['localhost:8000', 'https://a:1', 'http://a:1/api'])
    assert.throws(() => readOriginalOptions(['--address', wrong]), /must have the form/)
})

test('a list that finds other clusters on the original stands out in the table', () => {
  const always = (value: number) => ({ median: value, least: value, most: value })
  const rates = { ours: always(41_000), original: always(1000), times: always(41) }
  const report = comparisonReport(
    {
      clusters: 10_000,
      rounds: 3,
      comparisons: [
        { ...rates, name: 'stale', found: { ours: 100, original: 99 } },
        { ...rates, name: 'newest 20', found: { ours: 10_000, original: 10_000 } },
        { ...rates, name: 'report', found: undefined },
      ],
    },
    'a machine',
  )
  assert.match(report, /\| stale \| 41,000 .* \| ×41\.00 .* \| \*\*100, there 99\*\* \|/)
  assert.match(report, /\| newest 20 \| .* \| 10,000 \|/)
  assert.match(report, /\| report \| .* \| {2}\|/)
})
