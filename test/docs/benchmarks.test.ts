// Checks that pages quote the numbers of the results: a run of the benchmarks writes both.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { withFreshQuotes } from '../../bench/quotes.ts'
import { tableRows } from './tables.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SEARCHES = '| search | 1,000 | 10,000 | 100,000 | 1,000,000 | row by row | faster |'
const MEMORY = '| index | 1,000 | 10,000 | 100,000 | 1,000,000 |'
const UPDATES = '| write | 1,000 | 10,000 | 100,000 | 1,000,000 |'

const SIZES = '| clusters | memory | disk |'
const COUNTS = '| count | milliseconds |'
const SCANS = '| scan for | milliseconds | of names |'
const BARS = '| bar | must | aim | measured | holds |'

const THROUGHPUT =
  '| workload | clusters | bytes | requests/s | bare | node | of bare | busy: server, client | bare: server, client |'

const QUOTED: readonly (readonly [page: string, report: string, heads: readonly string[]])[] = [
  ['README.md', 'sizing.md', [SIZES]],
  ['docs/internals/query.md', 'search.md', [SEARCHES, MEMORY, UPDATES]],
  ['docs/internals/performance.md', 'load.md', [BARS]],
  ['docs/internals/performance.md', 'counts.md', [COUNTS, SCANS]],
]

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

for (const [page, report, heads] of QUOTED)
  test(`the benchmarks that ${page} quotes are those of bench/results/${report}`, () => {
    const results = read(`bench/results/${report}`)
    for (const head of heads) {
      const measured = tableRows(results, head)
      const quoted = tableRows(read(page), head)
      assert.ok(quoted.length > 0, head)
      assert.deepEqual(
        quoted.filter(row => !measured.includes(row)),
        [],
      )
    }
  })

test('the requests a second of the README are those of bench/results/load.md, for 100,000 clusters', () => {
  const measured = tableRows(read('bench/results/load.md'), THROUGHPUT).map(row => row.split(' | '))
  for (const row of tableRows(read('README.md'), '| request | a second |')) {
    const [, request = '', perSecond = ''] = /^\| (.+) \| ([\d,]+) \|$/.exec(row) ?? []
    const found = measured.find(([name, clusters]) => name === `| ${request}` && clusters === '100,000')
    assert.equal(found?.[3]?.split(' ')[0], perSecond, request)
  }
})

test('a run of the benchmarks renews the rows that a page quotes, and nothing else', () => {
  const page = [
    '# A page',
    '',
    '| a | b |',
    '|---|---|',
    '| x | 1 |',
    '',
    '| other | b |',
    '|---|---|',
    '| x | 1 |',
  ]
  const report = [
    '| a | b |',
    '|---|---|',
    '| w | 3 |',
    '| x | 2 |',
    '',
    '| c | d |',
    '|---|---|',
    '| x | 4 |',
  ]
  const fresh = withFreshQuotes(page.join('\n'), report.join('\n')).split('\n')
  assert.deepEqual(fresh, page.with(4, '| x | 2 |'))
})
