import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBody, encodeConditions } from '../../src/state/document.ts'
import { isMarked, readResource } from '../../src/state/reader.ts'
import { plainResource, type Resource } from '../../src/state/records.ts'
import { Scan, scanDigest } from '../../src/state/scan.ts'
import { runSeed } from '../harness/random.ts'

import { clusterOf, put, statusOf } from '../store/samples.ts'

const text = fc.oneof(
  fc.constantFrom(
    '',
    'Ready',
    'True',
    'a"b',
    'a\\b',
    '10',
    '2',
    '__proto__',
    'é',
    '\u{1f600}',
    '\ud800',
    '\n',
  ),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
/** Times of all years, with and without fractions. */
const instant = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  fc.integer({ min: 1_700_000_000, max: 1_800_000_000 }).map(second => BigInt(second) * 1_000_000n),
  fc.integer({ min: 0, max: 999 }).map(ms => 1_750_000_000_000_000n + BigInt(ms) * 1000n),
)
const condition = fc
  .record({
    type: text,
    status: fc.constantFrom('True' as const, 'False' as const),
    observedGeneration: fc.nat(),
    createdTime: instant,
    lastUpdatedTime: instant,
    lastTransitionTime: instant,
    said: fc.record({ reason: text, message: text }, { requiredKeys: [] }),
  })
  .map(({ said, ...members }) => ({ ...members, ...said }))
const resource: fc.Arbitrary<Resource> = fc
  .record({
    labels: fc.option(fc.array(fc.tuple(text, text), { maxLength: 5 })),
    createdTime: instant,
    updatedTime: instant,
    createdBy: text,
    updatedBy: text,
    mark: fc.option(fc.record({ deletedTime: instant, deletedBy: text })),
    conditions: fc.array(condition, { maxLength: 5 }),
  })
  .map(({ labels, mark, ...members }) =>
    clusterOf(1, { ...members, ...mark, labels: labels === null ? undefined : new Map(labels) }),
  )

function read(written: Resource): Resource {
  const conditions = encodeConditions(written.conditions)
  return readResource('Cluster', written.id, encodeBody(put(written), 0), conditions)
}

test('a resource reads as it was written, whatever texts and times it has (contract 3.4, 3.8)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const holds = fc.property(resource, written => {
    const present = read(written)
    assert.deepEqual(plainResource(present), written)
    assert.deepEqual([...(present.labels ?? [])], [...(written.labels ?? [])])
    // The conditions are found without the members before them, too.
    assert.deepEqual(read(written).conditions, written.conditions)
  })
  fc.assert(holds, { seed, numRuns: 2000 })
})

test('a head ends where its body ends, whatever an earlier one has left behind it', () => {
  const cluster = clusterOf(1)
  const { bytes, length } = encodeBody(put(cluster), 0)
  const stale = Buffer.from(',"deleted_time":"2026-01-01T00:00:00Z","deleted_by":"ada@example.com"')
  const head = { bytes: Buffer.concat([bytes, stale]), offset: 0, length }
  assert.equal(isMarked(head), false)
  const resource = readResource('Cluster', cluster.id, head, encodeConditions([]))
  assert.deepEqual(plainResource(resource), cluster)
})

const reported = fc.record({
  adapter: fc.constantFrom('dns', 'a.b-c_D', 'x'.repeat(255)),
  observedGeneration: fc.nat(),
  available: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
  place: fc.nat(3),
  others: fc.array(fc.record({ reason: text, message: text, lastTransitionTime: instant }), {
    minLength: 3,
    maxLength: 3,
  }),
  metadata: fc.constantFrom(undefined, '{}', '{"a":[{"type":"Available","status":"False"}]}'),
  data: fc.constantFrom(undefined, '{"b":{"type":"Available","status":"Unknown"}}'),
  createdTime: instant,
  lastReportTime: instant,
})

test('the digest of a status is read from its bytes, whatever client JSON it has (contract 5.4)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const holds = fc.property(reported, ({ place, others, available, ...members }) => {
    const conditions = others.map((other, i) => ({ type: `Other${i}`, status: 'False' as const, ...other }))
    const told = { status: available, lastTransitionTime: members.createdTime }
    const all = [...conditions.slice(0, place), { type: 'Available', ...told }, ...conditions.slice(place)]
    const { observedGeneration, createdTime, lastReportTime } = members
    const body = encodeBody(put(statusOf(clusterOf(1), members.adapter, { ...members, conditions: all })), 0)
    assert.deepEqual(scanDigest(body), { available, observedGeneration, createdTime, lastReportTime })
    const bare = encodeBody(put(statusOf(clusterOf(1), members.adapter, { ...members, conditions })), 0)
    assert.equal(scanDigest(bare), undefined)
  })
  fc.assert(holds, { seed, numRuns: 1000 })
})

test('texts that share a place of the memory of texts are told apart', () => {
  for (let i = 0; i < 5000; i++) {
    const author = `author-${i * 7919}`
    assert.equal(read(clusterOf(1, { createdBy: author, updatedBy: `${author}!` })).createdBy, author)
  }
})

test('a scan fails at whatever it does not expect', () => {
  const scans: readonly ((scan: Scan) => unknown)[] = [
    scan => scan.string(),
    scan => scan.integer(),
    scan => scan.time(),
    scan => scan.strings(),
    scan => scan.pass('x'),
  ]
  for (const json of [
    '',
    '"',
    '"a',
    '"a\\n"',
    '"2026-13-01T00:00:00Z"',
    '{',
    '{"a"',
    '{"a":1}',
    '{"a":"b"',
  ]) {
    const failed = scans.map(use => {
      const scan = new Scan(Buffer.from(json), 0)
      use(scan)
      return scan.hasFailed
    })
    const isString = json === '"2026-13-01T00:00:00Z"'
    assert.deepEqual(failed, [!isString, true, true, true, true], json)
  }
})
