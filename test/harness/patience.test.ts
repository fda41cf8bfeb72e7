// Every bound of a test or a suite is the one that only a hang reaches.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../test/', import.meta.url))

test('no test has a bound of its own, which a busy machine would reach', () => {
  const sources = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith('.test.ts'),
  )
  assert.ok(sources.length > 200, 'the tests were found')
  const bounds = sources.flatMap(path =>
    [...readFileSync(join(FOLDER, path), 'utf8').matchAll(/\btimeout: (.+?)[,\s}]/g)].map(
      ([, bound]) => `${path}: ${bound}`,
    ),
  )
  assert.ok(bounds.length > 20, 'bounds were found')
  assert.deepEqual(
    bounds.filter(bound => !bound.endsWith(': TEST_HANGS_AFTER_MS')),
    [],
  )
})
