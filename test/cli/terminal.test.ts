// Output on a terminal: widths, truncation, colours, ages, and no control characters.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { changed, redraw } from '../../src/cli/get/watch.ts'
import type { Screen } from '../../src/cli/terminal/screen.ts'
import {
  ageCell,
  type Column,
  cutTo,
  displayWidth,
  plainLine,
  statusCell,
  tableLines,
} from '../../src/cli/terminal/table.ts'
import { ageText, visible, visibleDocument } from '../../src/cli/terminal/text.ts'
import { report } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { runSeed } from '../harness/random.ts'
import { type Shell, startShell } from './client-process.ts'
import { runOnTerminal, whyNoTerminal } from './on-terminal.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')

function screenOf(columns: number, rows = 24, hasColour = false): Screen & { readonly written: string[] } {
  const written: string[] = []
  return {
    isTerminal: true,
    hasColour,
    size: () => ({ columns, rows }),
    write: text => written.push(text),
    written,
  }
}

test('an age has one unit, rounded down; a time in the future has age 0', () => {
  for (const [time, age] of [
    ['2026-03-01T12:00:00Z', '0s'],
    ['2026-03-01T11:59:59.001Z', '0s'],
    ['2026-03-01T11:59:01Z', '59s'],
    ['2026-03-01T11:57:00Z', '3m'],
    ['2026-03-01T11:00:01Z', '59m'],
    ['2026-03-01T10:00:00Z', '2h'],
    ['2026-02-28T12:00:01Z', '23h'],
    ['2026-02-24T11:00:00Z', '5d'],
    ['2025-03-02T12:00:00Z', '364d'],
    ['2024-02-01T00:00:00Z', '2y'],
    ['0001-01-01T00:00:00Z', '2026y'],
    ['2026-03-01T12:10:00Z', '0s'],
    ['9999-12-31T23:59:59.999999Z', '0s'],
    ['nonsense', '?'],
  ] as const)
    assert.equal(ageText(time, NOW), age, time)
  assert.deepEqual(ageCell('2026-03-01T11:57:00Z', NOW), { text: '3m', exact: '2026-03-01T11:57:00Z' })
})

test('a width is measured in columns of the terminal', () => {
  for (const [text, width] of [
    ['', 0],
    ['abc', 3],
    ['é', 1],
    ['e\u0301', 1],
    ['日本語', 6],
    ['한국', 4],
    ['😀', 2],
    ['👨‍👩‍👧', 2],
    ['❤️', 2],
    ['ｆｕｌｌ', 8],
    ['a\u200db', 2],
  ] as const)
    assert.equal(displayWidth(text), width, text)
})

test('a text is truncated at whole characters, and never exceeds the width', () => {
  assert.equal(cutTo('abcdef', 6), 'abcdef')
  assert.equal(cutTo('abcdef', 4), 'abc…')
  assert.equal(cutTo('日本語', 4), '日…')
  assert.equal(cutTo('👨‍👩‍👧👨‍👩‍👧', 3), '👨‍👩‍👧…')
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
      assert.ok(displayWidth(cutTo(visible(text), columns)) <= columns)
    }),
    { seed },
  )
})

test('no control character survives in any text', () => {
  assert.equal(
    visible('a\x1b[31mb\n\t\x9b\x7f\u202e\u2028\u{e0001}'),
    'a\\u001b[31mb\\u000a\\u0009\\u009b\\u007f\\u202e\\u2028\\udb40\\udc01',
  )
  assert.equal(visible('日本 👨‍👩‍👧'), '日本 👨‍👩‍👧')
  assert.equal(visibleDocument('a\n\tb\x1b'), 'a\n\tb\\u001b')
  const seed = runSeed()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.doesNotMatch(visible(text), /\p{Cc}|\p{Zl}|\p{Zp}|[\u202a-\u202e\u2066-\u2069]/u)
    }),
    { seed },
  )
})

interface Row {
  readonly name: string
  readonly note: string
}
const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cell: ({ name }) => ({ text: name }), isWhole: true },
  { title: 'OK', cell: () => statusCell('True') },
  { title: 'NOTE', cell: ({ note }) => ({ text: note, exact: `${note}!` }) },
]
const ROWS: readonly Row[] = [
  { name: 'a', note: 'short' },
  { name: 'x'.repeat(20), note: '日本語 and a rather long note\n\x1b[31m' },
]

test('columns are aligned with their titles, whatever the width of a character', () => {
  const lines = tableLines(COLUMNS, ROWS, screenOf(200))
  assert.equal(lines[0], `NAME${' '.repeat(18)}OK    NOTE`)
  assert.equal(lines[1], `a${' '.repeat(21)}True  short`)
  assert.match(lines[2] ?? '', /note\\u000a\\u001b\[31m$/)
})

test('the widest column is truncated to fit the terminal, except columns that are useless in part', () => {
  const [, , line = ''] = tableLines(COLUMNS, ROWS, screenOf(45))
  assert.equal(displayWidth(line), 45)
  assert.ok(line.endsWith('…') && line.startsWith('x'.repeat(20)), line)
  const [, , narrow = ''] = tableLines(COLUMNS, ROWS, screenOf(5))
  assert.ok(narrow.startsWith('x'.repeat(20)), narrow)
})

test('colours surround only the words, and only on a terminal with colours', () => {
  const [, line] = tableLines(COLUMNS, ROWS, screenOf(200, 24, true))
  assert.equal(line, `a${' '.repeat(21)}\x1b[32mTrue\x1b[0m  short`)
  assert.deepEqual(
    [statusCell('False').tone, statusCell('Unknown').tone, statusCell(undefined)],
    ['bad', 'unsure', { text: '-' }],
  )
})

test('a line for a pipe is complete, with tabs only between the cells', () => {
  assert.equal(plainLine(COLUMNS, { name: 'a\tb', note: 'c\n' }), 'a\\u0009b\tTrue\tc\\u000a!')
})

test('a table is redrawn over the previous one, and rows that do not fit are counted', () => {
  const screen = screenOf(80, 6)
  redraw(screen, { head: 'head', table: ['TITLE', 'one'], hidden: 0, isFirst: true })
  redraw(screen, { head: 'head', table: ['TITLE', 'one', 'two', 'three', 'four'], hidden: 3, isFirst: false })
  assert.deepEqual(screen.written, [
    '\x1b[H\x1b[Jhead\x1b[K\n\x1b[K\nTITLE\x1b[K\none\x1b[K\n\x1b[J',
    '\x1b[Hhead\x1b[K\n\x1b[K\nTITLE\x1b[K\none\x1b[K\ntwo\x1b[K\n… 5 more\x1b[K\n\x1b[J',
  ])
})

test('new and different items of the second poll are shown', () => {
  const piece = (state: string) => ({ text: `${state}\n`, state })
  const before = new Map([
    ['a', piece('1')],
    ['b', piece('1')],
    ['c', piece('1')],
  ])
  const now = new Map([
    ['d', piece('1')],
    ['b', piece('2')],
    ['a', piece('1')],
  ])
  assert.deepEqual(changed(before, now), ['1\n', '2\n'])
})

describe('a terminal', { skip: whyNoTerminal, timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  let id = ''
  before(async () => {
    shell = await startShell()
    const label = { env: 'p\u202erod' }
    id = (
      await shell.client.cluster('alpha', { labels: label, spec: { text: '\x1b]0;title\x07 \u009b31m' } })
    ).id
    await shell.client.nodepool(id, 'workers')
    const hostile = report('dns', 'False', 1, '2026-01-01T00:00:00Z')
    const [first, ...others] = hostile.conditions
    const message = `${'long '.repeat(100)}\x1b[2J\nnext`
    const conditions = [{ ...first, message }, ...others]
    await shell.client.post(`/clusters/${id}/statuses`, { ...hostile, conditions })
  })
  after(() => shell.stop())

  const onTerminal = (command: string, environment: Record<string, string> = {}, columns = 80) =>
    runOnTerminal(shell, command, environment, columns)

  test('shows an aligned table with titles and ages, True and False in colour', async () => {
    const text = await onTerminal('get clusters')
    assert.match(text, /^NAME {3}READY {2}AVAILABLE {2}GENERATION {2}AGE\nalpha {2}/)
    assert.ok(text.includes('\x1b[31mFalse\x1b[0m  '), text)
    assert.match(text, / \d+s\n$/)
  })

  test('NO_COLOR disables colours, unless it is empty', async () => {
    assert.ok(!(await onTerminal('get clusters', { NO_COLOR: '1' })).includes('\x1b'))
    assert.ok((await onTerminal('get clusters', { NO_COLOR: '' })).includes('\x1b[31m'))
  })

  test('gets no control character from the server, in any format', async () => {
    for (const command of [
      'get clusters -o wide',
      'get statuses --cluster alpha -o wide',
      'describe cluster alpha',
      'get cluster alpha -o json',
      'get cluster alpha -o yaml',
      'get statuses --cluster alpha -o yaml',
      'get clusters --search "name = \'$(printf "\\033[31m")"',
      'get cluster "$(printf "\\033[31m")"',
    ]) {
      const text = await onTerminal(command, { NO_COLOR: '1' })
      assert.doesNotMatch(text, /(?!\n)\p{Cc}|\p{Cf}/u, command)
    }
  })

  test('truncates long cells to its width; a pipe gets them complete', async () => {
    const columns = 100
    const text = await onTerminal('get statuses --cluster alpha -o wide', { NO_COLOR: '1' }, columns)
    const lines = text.split('\n')
    assert.deepEqual(
      lines.map(line => displayWidth(line) <= columns),
      [true, true, true],
    )
    assert.match(lines[1] ?? '', /…$/)
    const piped = (await shell.run('get', 'statuses', '--cluster', 'alpha', '-o', 'wide')).stdout
    assert.match(piped, /long \\u001b\[2J\\u000anext\n$/)
  })

  test('describe shows a cluster with its statuses and nodepools', async () => {
    const text = await onTerminal('describe cluster alpha', { NO_COLOR: '1' })
    const heads = text
      .split('\n')
      .filter(line => /^\S/.test(line))
      .map(line => line.split(':')[0])
    assert.deepEqual(heads, [
      'Name',
      'Kind',
      'ID',
      'Generation',
      'Labels',
      'Created',
      'Updated',
      'Spec',
      'Conditions',
      'Adapters',
      'Nodepools',
    ])
    for (const words of [
      /^ID: +2\w{26}$/m,
      /env=p\\u202erod/,
      /^ {2}DnsSuccessful +False +1 /m,
      /^ {2}dns +False +True +True +1 /m,
      /^ {2}workers +False /m,
    ])
      assert.match(text, words)
    const pool = (await shell.run('describe', 'np/alpha/workers', 'np/workers')).stdout
    assert.equal(pool.match(/^Cluster: +alpha \(2\w{26}\)$/gm)?.length, 2, pool)
    assert.match(pool, /^ {2}no adapter has reported$/m)
    assert.equal((await shell.run('describe', 'cluster')).code, 2)
    assert.equal((await shell.run('describe', 'cluster', 'nope')).code, 3)
  })

  test('--watch redraws the table', async () => {
    const text = await onTerminal(
      'get clusters --watch & sleep 2.5; kill -INT $!; wait $!; echo ended with $?',
    )
    const [head = ''] = text.split('\x1b[K\n\x1b[K\nNAME')
    assert.ok(head.startsWith('\x1b[H\x1b[J1 clusters, '), head)
    assert.match(text, /ended with 130\n$/)
  })
})
