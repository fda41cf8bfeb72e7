// The reader of ordinary reports, compared with the parser of all reports (contract 5.1, 5.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReportReader } from '../../src/api/report-reader.ts'
import { createRequestParser, reportParser } from '../../src/api/requests.ts'
import { Random, runSeed } from '../harness/random.ts'
import { BodyWriter, changeBytes, LIMITS } from './report-bodies.ts'

const reader = new ReportReader(LIMITS)
const parse = reportParser(LIMITS)

/** True if the reader has read a body; it must then have read what the parser does. */
function isRead(body: Buffer): boolean {
  const report = reader.read(body)
  if (report === undefined) return false
  assert.deepStrictEqual({ kind: 'parsed', value: report }, parse(body), JSON.stringify(body.toString()))
  return true
}

test('an ordinary report is read in one scan, to the same report as from the parser (contract 5.1, 5.2)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const writer = new BodyWriter(new Random(seed), 0)
  for (let i = 0; i < 30_000; i++) {
    const body = writer.body()
    assert.ok(isRead(Buffer.from(body)), JSON.stringify(body))
  }
})

test('no other report is read from a body than by the parser, whatever is odd in it (contract 4.1, 4.6, 4.7, 5.1)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  const writers = [0, 0.01, 0.03, 0.1].map(oddity => new BodyWriter(random, oddity))
  let read = 0
  for (let i = 0; i < 300_000; i++) {
    const body = Buffer.from(random.of(writers).body())
    if (isRead(random.chance(0.5) ? changeBytes(random, body) : body)) read++
  }
  assert.ok(read > 75_000, `only ${read} were read`)
})

const CONDITIONS = ['Available', 'Applied', 'Health'].map(type => `{"type":"${type}","status":"True"}`)

function bodyWith(conditions: readonly string[], more = ''): Buffer {
  const head = '"adapter":"dns","observed_generation":1,"observed_time":"2026-01-01T00:00:00Z"'
  return Buffer.from(`{${head},"conditions":[${conditions.join(',')}]${more}}`)
}

test('limits are those of the settings, and a long list of conditions is left to the parser (contract 5.1)', () => {
  const limits = { conditionsPerReport: 200, reasonMaxBytes: 3, messageMaxBytes: 2000 }
  const reports = new ReportReader(limits)
  const types = (count: number) =>
    Array.from(
      { length: count },
      (_, i) => `{"type":"T${i}","status":"True","message":"${'é'.repeat(1000)}"}`,
    )
  const short = bodyWith([...CONDITIONS, ...types(61)])
  assert.deepStrictEqual({ kind: 'parsed', value: reports.read(short) }, reportParser(limits)(short))
  assert.equal(reports.read(bodyWith([...CONDITIONS, ...types(62)])), undefined)
  const reason = (text: string) =>
    bodyWith([...CONDITIONS, `{"type":"T","status":"True","reason":"${text}"}`])
  assert.ok(reports.read(reason('\\u00e9x')))
  assert.equal(reports.read(reason('éé')), undefined)
  assert.equal(reports.read(reason('\\u00e9é')), undefined)
})

test('what is read does not depend on bodies before, and keeps none of their bytes (contract 5.5)', () => {
  const withAll = bodyWith(
    CONDITIONS.map(text => text.replace('}', ',"reason":"R","message":"a message of some length"}')),
    ',"metadata":{"a":1},"data":{"text":"some data"}',
  )
  const bare = bodyWith(CONDITIONS)
  const parsed = parse(withAll)
  const read = reader.read(withAll)
  assert.ok(isRead(bare))
  withAll.fill(0x20)
  assert.deepStrictEqual({ kind: 'parsed', value: read }, parsed)
})

test('names that share a place in the cache of names are told apart (contract 5.1)', () => {
  for (let i = 0; i < 3000; i++) {
    const name = `adapter-${i % 1500}`
    const body = Buffer.from(bodyWith(CONDITIONS).toString().replace('dns', name))
    assert.equal(reader.read(body)?.adapter, name)
  }
})

test('a member that is sent twice counts as its last value (contract 4.1)', () => {
  const report = reader.read(
    bodyWith(CONDITIONS, ',"data":{"a":1},"adapter":"dns-2","metadata":{},"data":{"a":2},"metadata":null'),
  )
  assert.equal(report?.adapter, 'dns-2')
  assert.equal(report?.data, '{"a":2}')
  assert.equal(report?.metadata, undefined)
})

test('a body of a megabyte with many other members is read, too (contract 4.11, 5.1)', () => {
  const others = ',"x":0'.repeat(170_000)
  assert.ok(reader.read(bodyWith(CONDITIONS, others)))
  assert.equal(reader.read(bodyWith(CONDITIONS, `${others},"y":"\\n"`)), undefined)
})

test("the parser of requests gives the reader's report, and names the faults of the others (contract 4.7)", () => {
  const parser = createRequestParser(LIMITS, undefined)
  const body = bodyWith(CONDITIONS)
  assert.deepStrictEqual(parser.report(body), parse(body))
  const faulty = bodyWith(CONDITIONS.slice(1))
  assert.deepStrictEqual(parser.report(faulty), parse(faulty))
  assert.equal(parser.report(faulty).kind, 'faults')
})
