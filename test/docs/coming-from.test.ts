// The guide to coming from the original server against what the program knows of it (contract 1.6).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  DEMANDING_VARIABLES,
  ORIGINAL_GUIDE,
  OTHER_SETTINGS,
  originalKey,
  originalVariable,
  SAME_SETTINGS,
} from '../../src/config/original.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { tableRows } from './tables.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const page = readFileSync(join(ROOT, ORIGINAL_GUIDE), 'utf8')
const leaves = new Map(settingLeaves().map(leaf => [leaf.name, leaf]))

/** The names in each cell of a table, without their backticks. */
function cells(head: string): string[][] {
  return tableRows(page, head).map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim().replaceAll('`', '')),
  )
}

function leafOf(name: string) {
  const leaf = leaves.get(name)
  assert.ok(leaf !== undefined, `there is no setting ${name}`)
  return leaf
}

test('contract 1.6: the guide lists by full name the variables that are ignored, with what takes their place', () => {
  const expected = OTHER_SETTINGS.filter(({ isFileOnly }) => !isFileOnly).map(setting => [
    originalVariable(setting),
    setting.here === undefined ? '' : leafOf(setting.here).variable,
  ])
  assert.deepEqual(cells('| variable | here |'), expected)
})

test('contract 1.6: the guide lists the variables that stop a start', () => {
  const told = cells('| variable | asks, with | is met by |').map(([variable]) => variable)
  assert.deepEqual(told.toSorted(), DEMANDING_VARIABLES.toSorted())
})

test('contract 1.6: no setting of this server is taken for one of the original, and the same ones are the same', () => {
  const variables = new Set([...leaves.values()].map(({ variable }) => variable))
  for (const setting of OTHER_SETTINGS) assert.ok(!variables.has(originalVariable(setting)), setting.key)
  const same = cells('| variable | what differs |').map(([variable]) => variable)
  const expected = ['HYPERFLEET_CONFIG', ...SAME_SETTINGS.map(originalVariable)]
  assert.deepEqual(same.toSorted(), expected.toSorted())
  for (const setting of SAME_SETTINGS)
    assert.equal(leafOf(setting.here ?? '').variable, originalVariable(setting))
})

test('the guide lists the flags of the original that have a counterpart', () => {
  const expected = new Map([['--config', '--config']])
  for (const { flag, here } of [...SAME_SETTINGS, ...OTHER_SETTINGS])
    if (flag !== undefined && here !== undefined) expected.set(`--${flag}`, `--${leafOf(here).flag}`)
  const [flags] = [cells('| original | here |').filter(([original]) => original?.startsWith('--'))]
  assert.deepEqual(new Map(flags.map(([original = '', here = '']) => [original, here])), expected)
})

test('the guide lists keys of the file with what they are called here', () => {
  const section = page.slice(page.indexOf('## The configuration file'))
  const rows = tableRows(section, '| original | here |')
  for (const row of rows) {
    const [key = '', ...here] = [...row.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    assert.deepEqual(originalKey(key.split('.'))?.toSorted(), here.toSorted(), key)
  }
  assert.ok(rows.length > 5)
})

test('the guide names metrics and labels of the original that are those of the program', () => {
  const progress = readFileSync(join(ROOT, 'src/observe/metrics/progress-metrics.ts'), 'utf8')
  const rows = cells('| metric | labels of both | what differs |')
  assert.equal(rows.length, 7)
  for (const [metric = ''] of rows.slice(3)) {
    assert.ok(progress.includes(`'${metric.replace('hyperfleet_api_', '')}'`), metric)
  }
})
