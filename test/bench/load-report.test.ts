// Report of the load harness: medians, quotients, bars, tables, the picture.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barsOf, verdictOf } from '../../bench/load/bars.ts'
import { memoryGrowth } from '../../bench/load/mixed-day.ts'
import { pauseSummary } from '../../bench/load/pauses.ts'
import { loadPicture } from '../../bench/load/report/picture.ts'
import { loadReport } from '../../bench/load/report/report.ts'
import type { MemoryParts, Results, RowResult } from '../../bench/load/results.ts'
import { quotients, type Spread, spreadOf } from '../../bench/load/spread.ts'

const SIZES = { small: 10, medium: 20, large: 30 }

function always(value: number): Spread {
  return { median: value, least: value, most: value }
}

const LATENCY = { p50: always(1), p99: always(2), p999: always(3), max: always(4), perSecond: always(500) }
const PAUSES = { count: always(9), majors: always(2), totalMs: always(20), longestMs: always(1.5) }

/** @param ratio of processor time */
function row(name: string, ratio: number): RowResult {
  const target = {
    perSecond: always(1000),
    cpuUs: always(5),
    userUs: always(3),
    systemUs: always(2),
    serverBusy: always(1),
    clientBusy: always(0.5),
    latency: LATENCY,
  }
  return {
    name,
    clusters: SIZES.medium,
    connections: 64,
    isWrite: false,
    answerBytes: 2000,
    journalBytes: undefined,
    bareEntryBytes: undefined,
    fixedRate: 500,
    targets: { server: target, bare: target, node: target },
    ratio: always(0.5),
    cpuRatio: always(ratio),
    userRatio: always(ratio),
    systemRatio: always(ratio),
    p99Ratio: always(2),
    engineRatio: always(2),
  }
}

function parts(rssBytes: number, heapUsedBytes: number): MemoryParts {
  return {
    rssBytes,
    anonymousBytes: rssBytes,
    heapUsedBytes,
    heapTotalBytes: 2 * heapUsedBytes,
    arrayBufferBytes: 1000,
    indexBytes: 100,
    mappedBytes: 0,
    servedBytes: 6_000_000,
  }
}

function memory(clusters: number, heapUsedBytes: number) {
  const started = parts(7_000_000 + 350 * clusters, heapUsedBytes)
  const rewritten = {
    times: 3,
    parts: { ...parts(1_000_000 + 1.4 * 6_000_000, heapUsedBytes), mappedBytes: 0.1 * 6_000_000 },
  }
  return { clusters, statuses: 2, emptyRssBytes: 1_000_000, started, collected: started, rewritten }
}

function results(rows: readonly RowResult[]): Results {
  const side = { polls: LATENCY, reports: LATENCY, pauses: PAUSES }
  return {
    machine: { processor: 'A <fast> one', cores: 2, memoryGiB: 8, system: 'Linux', node: 'v20' },
    measuredAt: '2026-01-01T00:00:00.000Z',
    rounds: 3,
    client: { perSecond: always(1), clientBusy: always(1), serverBusy: always(1) },
    rows,
    garbage: [
      {
        name: 'GET by id',
        clusters: SIZES.medium,
        server: {
          requests: 1000,
          allocatedBytes: 300,
          promotedBytes: 1,
          scavenges: 2,
          majors: 0,
          longestMs: 1,
        },
        bare: {
          requests: 1000,
          allocatedBytes: 200,
          promotedBytes: 0,
          scavenges: 1,
          majors: 0,
          longestMs: 1,
        },
      },
    ],
    memory: [memory(SIZES.small, 4e6), memory(SIZES.medium, 5e6), memory(SIZES.large, 13e6)],
    mixedDay: {
      clusters: 20,
      seconds: 60,
      rounds: 3,
      server: side,
      bare: side,
      ratios: {
        pollsP50: always(1),
        pollsP99: always(1.4),
        pollsP999: always(5),
        reportsP50: always(1),
        reportsP99: always(2.9),
        longestPause: always(1.2),
      },
      hadCheckpoint: true,
      growth: always(0.01),
      rssBytes: { least: 100, most: 101 },
    },
    pauses: { clusters: 20, pauses: PAUSES },
    logCost: [
      {
        name: 'GET by id',
        quiet: { perSecond: always(1000), cpuUs: always(10) },
        logging: { perSecond: always(900), cpuUs: always(11) },
        ratio: always(0.9),
        cpuRatio: always(1.1),
      },
    ],
    watches: {
      clusters: 20,
      deliveries: [{ watchers: 100, reports: 5, p50: 1, p99: 2.5, max: 3, eventCpuUs: 14 }],
      waiting: 100,
      searches: 10,
      reportCpuRatio: always(1.15),
    },
    fairness: {
      clusters: 20,
      alone: LATENCY,
      beside: [
        {
          query: 'a search that no index answers',
          perSecond: always(1),
          polls: LATENCY,
          p99Ratio: always(6),
        },
      ],
    },
    start: { clusters: 30, startMs: always(1000), readingMs: always(2500), speed: always(2.5) },
  }
}

test('the median of an even number of rounds is between the middle two', () => {
  assert.deepEqual(spreadOf([3, 1, 10, 2]), { median: 2.5, least: 1, most: 10 })
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 })
  assert.throws(() => spreadOf([]), /nothing/)
})

test('quotients are taken round by round', () => {
  assert.deepEqual(quotients([{ a: 6 }, { a: 1 }], [{ a: 3 }, { a: 4 }], 'a'), [2, 0.25])
  assert.deepEqual(quotients([{ a: 6 }], undefined, 'a'), [Number.NaN])
})

test('a bar has a verdict for each limit, and none when it was not measured', () => {
  const report64 = { ...row('report, 64 connections', 0.28), journalBytes: 1200 }
  const bars = barsOf(results([row('GET by id', 0.75), row('list of the newest 20', 0.47), report64]), SIZES)
  const verdict = (words: string) => {
    const found = bars.filter(({ name }) => name.includes(words))
    assert.equal(found.length, 1, words)
    return found.map(verdictOf)[0]
  }
  assert.equal(verdict('processor time, bare ÷ ours: GET by id, 20'), 'aim')
  assert.equal(verdict('processor time, bare ÷ ours: list of the newest 20'), 'missed')
  assert.equal(verdict('processor time, bare ÷ ours: report, 64'), 'must')
  assert.equal(verdict('report, 1 connection,'), undefined)
  assert.equal(verdict('p99 of polls, ours'), 'aim')
  assert.equal(verdict('p99.9 of polls'), 'missed')
  assert.equal(verdict('p99 of reports'), 'must')
  assert.equal(verdict('garbage without HTTP'), 'must')
  assert.equal(verdict('garbage, ours'), 'must')
  assert.equal(verdict('p99 at half the possible rate, ours ÷ bare: GET by id'), 'must')
  assert.equal(verdict('heap after start: 30 clusters less 10'), 'missed')
  assert.equal(verdict('at rest'), 'must')
  const rewritten = bars.filter(({ name }) => name.includes('rewritten: two each, 20 clusters'))
  assert.deepEqual(rewritten.map(verdictOf), ['must', 'aim'])
  assert.equal(verdict('last third'), 'must')
  assert.equal(verdict('journal for a report'), 'must')
  assert.equal(verdict('speed of a start'), 'must')
  assert.equal(verdict('beside a search that no index answers'), 'missed')
  assert.ok(bars.every(({ bound, must, aim }) => (bound === 'at least' ? aim > must : aim < must)))
})

test('pauses are counted, and no pause is none', () => {
  const pauses = [
    { ms: 1, isMajor: false },
    { ms: 5, isMajor: true },
    { ms: 2, isMajor: false },
  ]
  assert.deepEqual(pauseSummary(pauses), { count: 3, majors: 1, totalMs: 8, longestMs: 5 })
  assert.deepEqual(pauseSummary([]), { count: 0, majors: 0, totalMs: 0, longestMs: 0 })
})

test('growth of memory is that from the second third to the last', () => {
  assert.ok(Math.abs(memoryGrowth([1, 50, 100, 100, 150, 150]) - 0.5) < 1e-9)
})

test('every table has a cell for each title', () => {
  const report = loadReport(results([row('GET by id', 0.9)]), SIZES)
  const tables = report.split('\n\n').filter(part => part.startsWith('|'))
  assert.equal(tables.length, 15)
  for (const table of tables)
    assert.equal(
      new Set(
        table
          .trim()
          .split('\n')
          .map(line => line.split('|').length),
      ).size,
      1,
      table,
    )
})

test('the picture has a bar for each workload, and shows what was missed', () => {
  const picture = loadPicture(results([row('GET by id', 0.9), row('list of the newest 20', 0.1)]), SIZES)
  assert.match(picture, /^<svg .*<\/svg>\n$/s)
  assert.match(picture, /prefers-color-scheme: dark/)
  assert.match(picture, /A &lt;fast&gt; one/)
  assert.equal(picture.match(/<rect class="ceiling"/g)?.length, 2)
  assert.equal(picture.match(/<rect class="met"/g)?.length, 1)
  assert.equal(picture.match(/<rect class="missed"/g)?.length, 1)
})
