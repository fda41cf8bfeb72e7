// Report of the load harness: medians, bars, tables, the picture.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barsOf, isMet } from '../../bench/load/bars.ts'
import { memoryGrowth } from '../../bench/load/mixed-day.ts'
import { loadPicture } from '../../bench/load/picture.ts'
import type { Results, RowResult } from '../../bench/load/results.ts'
import { type Spread, spreadOf } from '../../bench/load/spread.ts'
import { loadReport } from '../../bench/load/tables.ts'

const SIZES = { small: 10, medium: 20, large: 30 }

function always(value: number): Spread {
  return { median: value, least: value, most: value }
}

function row(name: string, ratio: number): RowResult {
  const target = {
    perSecond: always(1000),
    cpuUs: always(5),
    serverBusy: always(1),
    clientBusy: always(0.5),
    latency: { p50: always(1), p99: always(2), p999: always(3), max: always(4), perSecond: always(500) },
  }
  return {
    name,
    clusters: SIZES.medium,
    connections: 64,
    answerBytes: 2000,
    entryBytes: undefined,
    fixedRate: 500,
    targets: { server: target, bare: target, node: target },
    ratio: always(ratio),
    cpuRatio: always(ratio),
    engineRatio: always(2),
  }
}

function results(rows: readonly RowResult[]): Results {
  const latency = { p50: 1, p99: 2, p999: 3, max: 4, perSecond: 200 }
  return {
    machine: { processor: 'A <fast> one', cores: 2, memoryGiB: 8, system: 'Linux', node: 'v20' },
    measuredAt: '2026-01-01T00:00:00.000Z',
    rounds: 3,
    client: { perSecond: always(1), clientBusy: always(1), serverBusy: always(1) },
    rows,
    memory: [
      {
        clusters: 1000,
        statuses: 2,
        rssBytes: 9_000_000,
        collectedRssBytes: 8_000_000,
        emptyRssBytes: 1_000_000,
        servedBytes: 6_000_000,
        indexBytes: 1_000_000,
      },
    ],
    mixedDay: {
      clusters: 20,
      seconds: 60,
      idlePolls: latency,
      polls: { ...latency, p99: 11, p999: 51 },
      reports: latency,
      hadCheckpoint: true,
      rssBytes: [1, 1, 100, 100, 101, 101],
      pauses: { count: 1, totalMs: 1, maxMs: 1 },
    },
    logCost: [
      {
        name: 'GET by id',
        quiet: { perSecond: always(1000), cpuUs: always(10) },
        logging: { perSecond: always(900), cpuUs: always(11) },
        ratio: always(0.9),
        cpuRatio: always(1.1),
      },
    ],
    fairness: { clusters: 20, alone: latency, beside: [{ query: 'a page', perSecond: 1, polls: latency }] },
  }
}

test('the median of an even number of rounds is between the middle two', () => {
  assert.deepEqual(spreadOf([3, 1, 10, 2]), { median: 2.5, least: 1, most: 10 })
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 })
  assert.throws(() => spreadOf([]), /nothing/)
})

test('a bar is met from its limit on, and open when it was not measured', () => {
  const bars = barsOf(results([row('GET by id', 0.85), row('list of the newest 20', 0.64)]), SIZES)
  const verdict = (words: string) => {
    const found = bars.filter(({ name }) => name.includes(words))
    assert.equal(found.length, 1, words)
    return found.map(isMet)[0]
  }
  assert.equal(verdict('GET by id, 20'), true)
  assert.equal(verdict('newest 20'), false)
  assert.equal(verdict('report, 64'), undefined)
  assert.equal(verdict('node:http'), true)
  assert.equal(verdict('p99 of polls'), false)
  assert.equal(verdict('p99.9 of polls'), false)
  assert.equal(verdict('growth'), true)
  assert.equal(verdict('memory beside'), false)
})

test('growth of memory is that from the second third to the last', () => {
  assert.ok(Math.abs(memoryGrowth([1, 50, 100, 100, 150, 150]) - 0.5) < 1e-9)
})

test('every table has a cell for each title', () => {
  const report = loadReport(results([row('GET by id', 0.9)]), SIZES)
  const tables = report.split('\n\n').filter(part => part.startsWith('|'))
  assert.equal(tables.length, 7)
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
