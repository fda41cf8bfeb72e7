import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { documentOf, encodeBody, encodeDocument, encodeRecords } from '../../src/state/document.ts'
import { type Body, numberIn } from '../../src/state/layout.ts'
import type { RecordPut } from '../../src/state/put.ts'
import { availableOf, isMarked, readResource } from '../../src/state/reader.ts'
import type { AdapterCondition, AdapterStatus, Resource } from '../../src/state/records.ts'
import { Arena } from '../../src/store/arena.ts'
import { decodeSnapshotValue, encodeSnapshotValue } from '../../src/store/codec.ts'
import { plainPut, plainStatus } from '../harness/state.ts'
import { clusterOf, idOf, nodepoolOf, put, statusOf, time } from '../store/samples.ts'

const ODD_JSON =
  '{ "a": 1e400,\n"b":-0, "c": 12345678901234567890, "d": 1.0, "e":"\\ud800 \\u00e9 😀 \\"\\\\ \\/", "__proto__": null, "":[] }'

/** The record that is read from its bodies in the snapshot. */
function readBack(written: RecordPut, slot = 7): RecordPut {
  const records = encodeRecords(written, slot, 42).records.flatMap(({ key, sequence, body }) =>
    decodeSnapshotValue(key, encodeSnapshotValue(key, sequence, body, new Arena())),
  )
  assert.ok(records.every(({ sequence }) => sequence === 42))
  const [first, second] = records
  assert.ok(first !== undefined)
  assert.equal(numberIn(first.body), slot)
  assert.deepEqual(documentOf({ records }), encodeDocument(written))
  if (first.put.kind === 'status') return first.put
  assert.ok(first.put.kind === 'head' && second?.put.kind === 'conditions')
  const { kind, id } = first.put.record
  return put(readResource(kind, id, first.body, second.body))
}

function throughDisk(written: RecordPut, slot?: number): RecordPut {
  return plainPut(readBack(written, slot))
}

function bytesOf({ bytes, offset, length }: Body): Buffer {
  return bytes.subarray(offset, offset + length)
}

test('a cluster is served with its members in the order of contract 3.1, without unset ones (contract 3.7)', () => {
  const cluster = clusterOf(1, {
    spec: '{"region":"eu"}',
    conditions: [
      {
        type: 'Ready',
        status: 'False',
        reason: 'AwaitingAdapters',
        observedGeneration: 0,
        createdTime: time('2026-01-01T00:00:00Z'),
        lastUpdatedTime: time('2026-01-01T00:00:00.25Z'),
        lastTransitionTime: time('2026-01-01T00:00:00.000001Z'),
      },
    ],
  })
  assert.equal(
    encodeDocument(put(cluster)).toString(),
    `{"kind":"Cluster","id":"${idOf(1)}","href":"/api/hyperfleet/v1/clusters/${idOf(1)}","name":"cluster-1",` +
      '"generation":1,"spec":{"region":"eu"},"created_time":"2026-01-01T00:00:00.001Z",' +
      '"updated_time":"2026-01-01T00:00:00.001Z","created_by":"ada@example.com","updated_by":"ada@example.com",' +
      '"status":{"conditions":[{"type":"Ready","status":"False","reason":"AwaitingAdapters",' +
      '"observed_generation":0,"created_time":"2026-01-01T00:00:00Z",' +
      '"last_updated_time":"2026-01-01T00:00:00.250Z","last_transition_time":"2026-01-01T00:00:00.000001Z"}]}}',
  )
})

test('a label with the name of the mark does not mark a resource (contract 3.1, 11.2)', () => {
  const labels = new Map([
    ['a', '1'],
    ['deleted_time', '2'],
    ['updated_by', '3'],
  ])
  const mark = { deletedTime: time('2026-01-02T00:00:00Z'), deletedBy: 'ada@example.com' }
  assert.equal(isMarked(encodeBody(put(clusterOf(1, { labels })), 0)), false)
  assert.equal(isMarked(encodeBody(put(clusterOf(1, { labels, ...mark })), 0)), true)
})

test('a nodepool has owner_references after its name, and labels after its spec (contract 3.1, 3.3)', () => {
  const text = encodeDocument(put(nodepoolOf(2, 1, { labels: new Map([['env', 'prod']]) }))).toString()
  assert.deepEqual(Object.keys(JSON.parse(text)), [
    ...['kind', 'id', 'href', 'name', 'owner_references', 'generation', 'spec', 'labels'],
    ...['created_time', 'updated_time', 'created_by', 'updated_by', 'status'],
  ])
  assert.ok(text.includes(`"href":"/api/hyperfleet/v1/nodepools/${idOf(2)}","name":"pool-2"`))
  assert.ok(
    text.includes(
      `"owner_references":{"kind":"Cluster","id":"${idOf(1)}","href":"/api/hyperfleet/v1/clusters/${idOf(1)}"}`,
    ),
  )
})

test('an adapter status is served with its members in the order of contract 5.4, without unset ones (contract 3.7)', () => {
  const bare = statusOf(clusterOf(1), 'dns')
  assert.equal(
    encodeDocument(put(bare)).toString(),
    '{"adapter":"dns","observed_generation":1,"conditions":[{"type":"Available","status":"True",' +
      '"last_transition_time":"2026-01-01T00:00:00.001Z"}],"created_time":"2026-01-01T00:00:00.001Z",' +
      '"last_report_time":"2026-01-01T00:00:00.001Z"}',
  )
  const full = encodeDocument(put({ ...bare, metadata: '{"m":1}', data: '{"d":2}' })).toString()
  assert.ok(full.includes('}],"metadata":{"m":1},"data":{"d":2},"created_time"'))
})

test('JSON of clients comes back from disk in the same characters (contract 3.8)', () => {
  const cluster = clusterOf(1, { spec: ODD_JSON })
  assert.deepEqual(throughDisk(put(cluster)), put(cluster))
  assert.ok(encodeDocument(put(cluster)).includes(ODD_JSON))
  for (const [metadata, data] of [
    [ODD_JSON, undefined],
    [undefined, ODD_JSON],
    [ODD_JSON, '{}'],
    [undefined, undefined],
  ]) {
    const status = statusOf(cluster, 'dns', { metadata, data })
    assert.deepEqual(throughDisk(put(status)), put(status))
  }
})

test('labels keep their order and characters on disk, even with numbers as keys (contract 3.1)', () => {
  const labels = new Map([
    ...Object.entries({ b: '1', '2': 'x', '10': '"\\,}{:', '': '😀\u2028' }),
    ['a', ''],
    ['__proto__', 'kept'],
  ])
  const ordered = new Map([...labels].reverse())
  for (const each of [labels, ordered, new Map<string, string>()]) {
    const back = throughDisk(put(clusterOf(1, { labels: each })))
    assert.ok(back.kind === 'resource' && back.record.labels !== undefined)
    assert.deepEqual([...back.record.labels], [...each])
  }
})

test('labels come back the same when later members have escapes, and when there are no labels', () => {
  for (const labels of [undefined, new Map<string, string>(), new Map([['a', '1']])]) {
    const cluster = clusterOf(1, { labels, createdBy: '"}', updatedBy: '\\' })
    assert.deepEqual(throughDisk(put(cluster)), put(cluster))
  }
})

const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const instant = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const json = fc.object({ maxDepth: 2 }).map(value => JSON.stringify(value))
const reasons = fc.record({ reason: text, message: text }, { requiredKeys: [] })
const resourceCondition = fc
  .record({
    type: text,
    status: fc.constantFrom('True', 'False'),
    observedGeneration: fc.nat(),
    createdTime: instant,
    lastUpdatedTime: instant,
    lastTransitionTime: instant,
  })
  .chain(condition => reasons.map(more => ({ ...condition, ...more })))
const id = fc.stringMatching(/^2[0-9a-z]{26}$/)
/** A kind with or without an owner. */
const kinds = fc.oneof(
  fc.record({ kind: fc.constant('Cluster' as const), ownerId: fc.constant(undefined) }),
  fc.record({ kind: fc.constant('NodePool' as const), ownerId: id }),
)
const members = fc.record({
  id,
  name: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/),
  generation: fc.nat(),
  spec: json,
  labels: fc.option(
    fc.array(fc.tuple(text, text)).map(entries => new Map(entries)),
    { nil: undefined },
  ),
  createdTime: instant,
  updatedTime: instant,
  createdBy: text,
  updatedBy: text,
  deletedTime: fc.constant(undefined),
  deletedBy: fc.constant(undefined),
  conditions: fc.array(resourceCondition, { maxLength: 3 }),
  specChangedTime: instant,
})
const resource: fc.Arbitrary<Resource> = fc
  .tuple(kinds, members)
  .map(([kind, others]) => ({ ...kind, ...others }))
const adapterCondition = fc
  .record({ type: text, status: fc.constantFrom('True', 'False', 'Unknown'), lastTransitionTime: instant })
  .chain(condition => reasons.map(more => ({ ...condition, ...more })))
const status: fc.Arbitrary<AdapterStatus> = fc.record({
  resourceKind: fc.constantFrom('Cluster', 'NodePool'),
  resourceId: fc.stringMatching(/^2[0-9a-z]{26}$/),
  adapter: fc.stringMatching(/^[a-z]([-a-z0-9]{0,9}[a-z0-9])?$/),
  observedGeneration: fc.nat(),
  conditions: fc.array(adapterCondition, { maxLength: 3 }),
  metadata: fc.option(json, { nil: undefined }),
  data: fc.option(json, { nil: undefined }),
  createdTime: instant,
  lastReportTime: instant,
})

const seed = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

test(`every record comes back unchanged from its bytes, and is written again with the same bytes (contract 6.11), seed ${seed}`, () => {
  fc.assert(
    fc.property(fc.oneof(resource, status), fc.nat(), (drawn, slot) => {
      const record = { ...drawn } // records of fast-check have no prototype
      const back = throughDisk(put(record), slot)
      assert.deepEqual(back, put(record))
      assert.deepEqual(bytesOf(encodeBody(back, slot)), bytesOf(encodeBody(put(record), slot)))
    }),
    { seed, numRuns: 300 },
  )
})

test('a status without Available has none, whatever its data contains (contract 5.2)', () => {
  const available = { type: 'Available', status: 'True', last_transition_time: '2026-01-01T00:00:00Z' }
  const status = { ...statusOf(clusterOf(1), 'dns'), conditions: [], data: JSON.stringify(available) }
  const { record } = readBack(put(status), 0)
  assert.ok('adapter' in record)
  for (const each of [record, status])
    assert.throws(() => availableOf(each), { message: 'the status of dns has no Available condition' })
})

test(`the condition Available is found at any place in a status (contract 5.2), seed ${seed}`, () => {
  const odd: fc.Arbitrary<string> = fc.constantFrom(
    '{"type":"Available",',
    ',"last_transition_time":"',
    '"}',
    '\\"}',
    '',
  )
  fc.assert(
    fc.property(status, fc.nat(3), odd, fc.boolean(), (drawn, place, message, hasReason) => {
      const available: AdapterCondition = {
        ...{ type: 'Available', status: 'False' as const, lastTransitionTime: drawn.createdTime },
        ...(hasReason ? { reason: message, message } : {}),
      }
      const others: AdapterCondition[] = drawn.conditions.map(condition => ({ ...condition, message }))
      const conditions = others.toSpliced(place, 0, available)
      const { record } = readBack(put({ ...drawn, conditions, data: JSON.stringify({ message }) }), 0)
      assert.ok('adapter' in record)
      assert.deepEqual(availableOf(record), available)
      assert.deepEqual(availableOf(plainStatus(record)), available)
    }),
    { seed, numRuns: 300 },
  )
})

/** Any text: escapes, control characters, halves of pairs, and none. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        '"',
        '\\',
        '\0',
        '\n',
        '\x1f',
        ' ',
        '\x7f',
        'é',
        '\ud7ff',
        '\ud800',
        '\udfff',
        '\ue000',
      ),
    )
    .map(units => units.join('')),
  fc.string({ maxLength: 300 }),
)
/** Any time, of which some are whole seconds or milliseconds, and some are between 1970 and 2200. */
const anyInstant = fc
  .tuple(
    fc.oneof(instant, fc.bigInt({ min: -(10n ** 15n), max: 8n * 10n ** 15n })),
    fc.constantFrom(1n, 1000n, 1_000_000n),
  )
  .map(([micros, unit]) => micros - (micros % unit))
const words = fc.record({ reason: anyText, message: anyText }, { requiredKeys: [] })

function shownTime(instant: bigint): string {
  const fraction = ((instant % 1_000_000n) + 1_000_000n) % 1_000_000n
  const digits = String(fraction).padStart(6, '0')
  const seconds = new Date(Number((instant - fraction) / 1000n)).toISOString().slice(0, 19)
  return `${seconds}${fraction === 0n ? '' : `.${digits.replace(/000$/, '')}`}Z`
}

/** The obvious encoder: JSON.stringify of the members in the order of the contract. It leaves out the undefined ones. */
function slowStatus(status: AdapterStatus): string {
  return JSON.stringify({
    adapter: status.adapter,
    observed_generation: status.observedGeneration,
    conditions: status.conditions.map(({ type, status, reason, message, lastTransitionTime }) => ({
      ...{ type, status, reason, message },
      last_transition_time: shownTime(lastTransitionTime),
    })),
    metadata: status.metadata && JSON.parse(status.metadata),
    data: status.data && JSON.parse(status.data),
    created_time: shownTime(status.createdTime),
    last_report_time: shownTime(status.lastReportTime),
  })
}

function slowResource(resource: Resource): string {
  const { kind, id, ownerId, deletedTime } = resource
  const href = (of: string, id: string) => `/api/hyperfleet/v1/${of}/${id}`
  return JSON.stringify({
    ...{ kind, id, href: href(kind === 'Cluster' ? 'clusters' : 'nodepools', id), name: resource.name },
    owner_references: ownerId && { kind: 'Cluster', id: ownerId, href: href('clusters', ownerId) },
    generation: resource.generation,
    spec: JSON.parse(resource.spec),
    labels: resource.labels && Object.fromEntries(resource.labels),
    created_time: shownTime(resource.createdTime),
    updated_time: shownTime(resource.updatedTime),
    created_by: resource.createdBy,
    updated_by: resource.updatedBy,
    deleted_time: deletedTime === undefined ? undefined : shownTime(deletedTime),
    deleted_by: resource.deletedBy,
    status: {
      conditions: resource.conditions.map(({ type, status, reason, message, ...more }) => ({
        ...{ type, status, reason, message, observed_generation: more.observedGeneration },
        created_time: shownTime(more.createdTime),
        last_updated_time: shownTime(more.lastUpdatedTime),
        last_transition_time: shownTime(more.lastTransitionTime),
      })),
    },
  })
}

test(`the document of a status has the bytes of JSON.stringify, whatever its texts and times (contract 3.4, 3.7, 5.4), seed ${seed}`, () => {
  const conditions = fc.array(
    fc
      .record({
        type: anyText,
        status: fc.constantFrom('True', 'False', 'Unknown'),
        lastTransitionTime: anyInstant,
      })
      .chain(condition => words.map(more => ({ ...condition, ...more }))),
    { maxLength: 4 },
  )
  const odd = { adapter: anyText, conditions, createdTime: anyInstant, lastReportTime: anyInstant }
  fc.assert(
    fc.property(status, fc.record(odd), (drawn, more) => {
      const record = { ...drawn, ...more }
      assert.equal(encodeDocument(put(record)).toString(), slowStatus(record))
    }),
    { seed, numRuns: 1000 },
  )
})

test(`the document of a resource has the bytes of JSON.stringify, whatever its texts and times (contract 3.1, 3.4, 3.7), seed ${seed}`, () => {
  const conditions = fc.array(
    fc
      .record({
        type: anyText,
        status: fc.constantFrom('True', 'False'),
        observedGeneration: fc.maxSafeNat(),
        createdTime: anyInstant,
        lastUpdatedTime: anyInstant,
        lastTransitionTime: anyInstant,
      })
      .chain(condition => words.map(more => ({ ...condition, ...more }))),
    { maxLength: 4 },
  )
  const labels = fc.option(
    fc
      .array(fc.tuple(anyText, anyText), { maxLength: 4 })
      .map(entries => new Map(entries.map(([key, value]) => [`-${key}`, value]))), // no number, which an object would move
    { nil: undefined },
  )
  const mark = fc.oneof(
    fc.record({ deletedTime: fc.constant(undefined), deletedBy: fc.constant(undefined) }),
    fc.record({ deletedTime: anyInstant, deletedBy: anyText }),
  )
  const odd = { conditions, labels, createdTime: anyInstant, updatedTime: anyInstant }
  fc.assert(
    fc.property(
      resource,
      fc.record({ ...odd, createdBy: anyText, updatedBy: anyText }),
      mark,
      (drawn, more, marked) => {
        const record = { ...drawn, ...more, ...marked }
        assert.equal(encodeDocument(put(record)).toString(), slowResource(record))
      },
    ),
    { seed, numRuns: 1000 },
  )
})
