// Reports: from the bytes of one as adapters send them to the fleet's input, beside V8's parser of the same bytes, which checks
// nothing, and the parser that names faults.
import type { Bench } from 'tinybench'
import { ReportReader } from '../../src/api/report-reader.ts'
import { reportParser } from '../../src/api/requests.ts'
import { wellBody } from '../load/fleet.ts'

const LIMITS = { conditionsPerReport: 32, reasonMaxBytes: 1024, messageMaxBytes: 8192 }

export function reportBenchmarks(bench: Bench): void {
  const body = Buffer.from(wellBody(7, 0, '2026-01-01T00:00:00.123Z'))
  const reader = new ReportReader(LIMITS)
  const parse = reportParser(LIMITS)
  if (reader.read(body) === undefined) throw new Error('the reader leaves the body to the parser')
  bench
    .add(`JSON.parse of ${body.length} bytes`, () => JSON.parse(body.toString()))
    .add('ReportReader of the same', () => reader.read(body))
    .add('reportParser of the same', () => parse(body))
}
