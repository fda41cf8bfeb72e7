// The tables of `hyperfleet count` on terminals of any width (contract 15.2, 15.3).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Facets } from '../../src/api/facets.ts'
import { tables } from '../../src/cli/count.ts'
import { displayWidth } from '../../src/cli/terminal/table.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'
import { runOnTerminal, whyNoTerminal } from './on-terminal.ts'

const WIDE = '東京'.repeat(8)
const LONG = 'x'.repeat(60)

/** Facets with the values of one field. */
function facetsOf(total: number, values: readonly (readonly [string, number])[], missing = 0): Facets {
  return {
    kind: 'ClusterFacets',
    total,
    facets: [
      {
        field: 'labels.region',
        values: values.map(([value, count]) => ({ value, count })),
        others: 0,
        missing,
      },
    ],
  }
}

function linesOf(facets: Facets, columns: number): string[] {
  return tables(facets, 'clusters', { size: () => ({ columns, rows: 24 }) }).split('\n')
}

test('bars have the length of their share, and columns are aligned whatever the width of a character', () => {
  const facets = facetsOf(1000, [
    ['eu', 500],
    ['東京', 250],
    ['', 249],
    ['ap', 1],
  ])
  assert.deepEqual(linesOf(facets, 40), [
    '1,000 clusters',
    '',
    'labels.region',
    `  eu    500   50 %  ${'█'.repeat(10)}`,
    `  東京  250   25 %  ${'█'.repeat(5)}`,
    `  ''    249   25 %  ${'█'.repeat(5)}`,
    '  ap      1   <1 %',
    '',
  ])
  const most = linesOf(facetsOf(1000, [['eu', 999]], 1), 200)
  assert.equal(most[3], `  eu         999  >99 %  ${'█'.repeat(40)}`)
  assert.equal(most[4], '  (missing)    1   <1 %')
})

test('no line is longer than the terminal is wide: bars go first, then percentages, then the ends of values', () => {
  const facets = facetsOf(12_345_678, [
    [LONG, 9_345_678],
    [WIDE, 2_000_000],
    ['e\u0301\u200d👩‍👩‍👧', 1_000_000],
  ])
  for (let columns = 17; columns <= 120; columns++) {
    const lines = linesOf(facets, columns)
    for (const line of lines) assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
    const rows = lines.slice(3, -1)
    assert.equal(rows.length, 3)
    for (const [i, count] of ['9,345,678', '2,000,000', '1,000,000'].entries())
      assert.ok(rows[i]?.includes(count), `${columns}: ${rows[i]}`)
    const has = (text: string) => rows.every(row => row.includes(text))
    // A value has at most 40 columns.
    assert.equal(has('%'), columns >= 40 + 20, String(columns))
    assert.equal(
      rows.some(row => row.includes('█')),
      columns >= 40 + 20 + 2 + 4,
      String(columns),
    )
  }
  assert.ok(
    linesOf(facets, 1).some(line => line.includes('xxx…')),
    'the numbers are shown on any terminal',
  )
})

test('an empty fleet and a field without values have no rows', () => {
  assert.deepEqual(linesOf(facetsOf(0, []), 80), ['0 clusters', '', 'labels.region', ''])
  const nothing = facetsOf(0, [['eu', 0]])
  assert.equal(linesOf(nothing, 80)[3], '  eu  0    0 %')
})

describe('hyperfleet count on a terminal', { skip: whyNoTerminal, timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell

  before(async () => {
    shell = await startShell()
    for (const [name, region] of [
      ['a', 'eu'],
      ['b', 'eu'],
      ['c', '東京\u001b[31m'],
      ['d', LONG],
    ] as const)
      await shell.client.cluster(name.repeat(3), { labels: { region } })
  })
  after(() => shell.stop())

  const BY = 'count clusters --by labels.region,created_time'

  test('shows a table for each field, as wide as the terminal', async () => {
    const lines = (await runOnTerminal(shell, BY, {}, 100)).split('\n')
    assert.deepEqual(lines.slice(0, 3), ['4 clusters', '', 'labels.region'])
    assert.equal(lines[3]?.trimEnd(), `  eu${' '.repeat(40)}2   50 %  ${'█'.repeat(20)}`)
    assert.ok(lines[4]?.startsWith(`  ${'x'.repeat(39)}…  1   25 %  █`), lines[4])
    assert.ok(lines[5]?.startsWith('  東京\\u001b[31m'), lines[5])
    assert.equal(lines[7], 'created_time')
    assert.match(lines[8] ?? '', /^ {2}\d{4}-.+Z\.\.\d{4}-.+ +4 +100 % /)
    for (const line of lines) assert.ok(displayWidth(line) <= 100, line)
  })

  test('has no colour and no control character on any terminal, and fits a narrow one', async () => {
    for (const [environment, columns] of [
      [{}, 80],
      [{ NO_COLOR: '1' }, 40],
      [{ TERM: 'dumb' }, 24],
    ] as const) {
      const text = await runOnTerminal(shell, BY, environment, columns)
      assert.doesNotMatch(text, /(?!\n)\p{Cc}/u)
      for (const line of text.split('\n')) assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
      assert.match(text, /^ {2}eu +2/m)
    }
  })
})
