// Keeps the pages about settings and the schema together (contract 1.4).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exampleFile, withSettingTables } from '../../src/config/reference.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { loadConfiguration, loadSettings } from '../../src/config/settings.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const AGAIN = 'npm run docs:configuration writes it anew'

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function load(text: string) {
  return loadConfiguration({
    flags: ['--config', 'example.yaml'],
    environment: {},
    readFile: () => Buffer.from(text),
  })
}

test('the tables of docs/guide/configuration.md are those of the schema (contract 1.4)', () => {
  const page = read('docs/guide/configuration.md')
  assert.equal(page, withSettingTables(page), AGAIN)
  for (const { name, variable } of settingLeaves())
    assert.ok(page.includes(`| \`${name}\` | \`${variable}\` |`), name)
})

test('deploy/config.example.yaml is made from the schema, and loads as what it says', () => {
  const example = read('deploy/config.example.yaml')
  assert.equal(example, exampleFile(), AGAIN)
  assert.deepEqual(load(example).settings, loadSettings([], {}))
  const uncommented = load(example.replace(/^( *)#(?=\w)/gm, '$1'))
  assert.deepEqual(uncommented.settings, loadSettings([], {}))
  for (const { leaf, origin } of uncommented.inForce) assert.equal(origin.kind, 'file', leaf.name)
})
