// Packages that only some settings need are loaded when these are given, and not with the server.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url))
/** The package, and the only file that loads it. */
const OPTIONAL: Readonly<Record<string, string>> = { pg: 'replication/postgres/connection.ts' }

function filesWith(pattern: RegExp): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .filter(path => pattern.test(readFileSync(join(SOURCES, path), 'utf8')))
}

for (const [name, file] of Object.entries(OPTIONAL))
  test(`${name} is loaded by one file, and later than that file`, () => {
    assert.deepEqual(filesWith(new RegExp(`^import (?!type\\b).*from '${name}'|^import '${name}'`, 'm')), [])
    assert.deepEqual(filesWith(new RegExp(`\\bimport\\('${name}'\\)`)), [file])
  })
