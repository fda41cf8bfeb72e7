// The benchmark of counts: its fleets are what its rows say, and its report has each row.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barsOf } from '../../bench/counts/bars.ts'
import {
  countedCluster,
  FEW_LABELS,
  FEW_VALUES,
  MANY_VALUES,
  searchOver,
  specifiedCluster,
} from '../../bench/counts/fleets.ts'
import { COUNTS, measureCounts, SCANS } from '../../bench/counts/measure.ts'
import { reportOf } from '../../bench/counts/report.ts'

test('labels have the number of values that their rows name, and a spec has a kilobyte', () => {
  const clusters = Array.from({ length: 40_000 }, (_, slot) => countedCluster(slot))
  const valuesOf = (key: string) => new Set(clusters.map(({ labels }) => labels?.get(key))).size
  for (const key of FEW_LABELS) assert.equal(valuesOf(key), FEW_VALUES, key)
  assert.ok(valuesOf('many') > MANY_VALUES * 0.9 && valuesOf('many') <= MANY_VALUES)
  assert.equal(valuesOf('single'), clusters.length)
  assert.deepEqual(new Set(clusters.map(({ labels }) => labels?.get('half'))), new Set(['yes', 'no']))
  for (let slot = 0; slot < 100; slot++) {
    const { length } = specifiedCluster(slot).spec
    assert.ok(length > 1000 && length < 1100, `${length} bytes`)
  }
})

test('every scan finds some clusters and not all, without an index', async () => {
  const search = searchOver(400, specifiedCluster)
  for (const { search: text } of SCANS) {
    const query = search.prepare({ search: text })
    assert(query.kind === 'query', text)
    const positions = { offset: 0, limit: 20 }
    const { total } = await search.find({ query, positions, ownerId: undefined, reader: { aborted: false } })
    assert.ok(total > 0 && total < 400, `${text} finds ${total}`)
  }
})

test('contract 15.1, 13.2: the report has a bar for each count and each scan', async () => {
  const run = await measureCounts({ counted: 300, scanned: 100, times: 1, progress: () => {} })
  const bars = barsOf(run)
  assert.equal(bars.length, COUNTS.length + SCANS.length - 1)
  assert.equal(new Set(bars.map(({ name }) => name)).size, bars.length)
  const report = reportOf(run, 'a machine')
  for (const { name } of [...COUNTS, ...SCANS]) assert.ok(report.includes(`| ${name} |`), name)
  assert.match(report, /^\| ten labels of 50 values, half of the fleet matches \| at most 10 ms \|/m)
})
