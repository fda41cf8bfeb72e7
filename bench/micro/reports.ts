// Reports: from the bytes of one as adapters send them to the fleet's input, beside V8's parser of the same bytes, which checks
// nothing, and the parser that names faults; and the journal entry of one, in a group of 64.
import type { Bench } from 'tinybench'
import { ReportReader } from '../../src/api/report-reader.ts'
import { reportParser } from '../../src/api/requests.ts'
import type { Put } from '../../src/state/put.ts'
import type { AdapterStatus, Resource } from '../../src/state/records.ts'
import { GroupWriter } from '../../src/store/journal/group.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { wellBody } from '../load/fleet.ts'
import { sampleCluster } from './sample-fleet.ts'

const REPORTS = 64

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
  const encode = encoder()
  bench.add(`a journal entry of ${encode()} bytes: a status and four conditions`, encode)
}

/** Encodes the puts of reports in turn. Two of the four conditions have times of their own in each. */
function encoder(): () => number {
  const cluster = sampleCluster(0, 1)
  const reports = Array.from({ length: REPORTS }, (_, i) => putsOf(cluster, BigInt(i) * 1000n))
  const group = new GroupWriter()
  let round = 0
  return () => {
    const puts = reports[round++ % REPORTS] ?? []
    const start = group.bytes
    group.beginChange()
    for (const put of puts) group.add(put, 0)
    group.endChange()
    const length = group.bytes - start
    if (round % REPORTS === 0) {
      group.seal(round, undefined)
      group.begin()
    }
    return length
  }
}

function putsOf(cluster: Resource, elapsed: Instant): readonly Put[] {
  const { kind, id, createdTime } = cluster
  const words = { status: 'True', reason: 'AllGood', message: 'All of it is available' } as const
  const times = { createdTime, lastTransitionTime: createdTime }
  const record: AdapterStatus = {
    ...{ resourceKind: kind, resourceId: id, adapter: 'dns', observedGeneration: 1 },
    conditions: ['Applied', 'Available', 'Health'].map(type => ({
      type,
      ...words,
      lastTransitionTime: createdTime,
    })),
    metadata: undefined,
    data: JSON.stringify({ filling: 'x'.repeat(320) }),
    createdTime,
    lastReportTime: createdTime + elapsed,
  }
  const conditions = ['Available', 'Ready', 'DnsSuccessful', 'ValidatorSuccessful'].map((type, i) => ({
    type,
    ...words,
    observedGeneration: 1,
    ...times,
    lastUpdatedTime: i === 1 || i === 2 ? createdTime + elapsed : createdTime,
  }))
  return [
    { kind: 'status', record },
    { kind: 'conditions', resource: cluster, conditions },
  ]
}
