// Compares the files of src/ that a request touches with the walks. The files with a called function are the walk.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { measure, type RanFunction } from './measurement.ts'
import { BOUNDS, WALKS, type Walk } from './walks.ts'

/** Files that only watch a request: metrics, the log and the composition that wires them. */
const BYSTANDERS = /^src\/(observe\/|start\/|main\.ts$)/

describe('the files that a request touches', { timeout: TEST_HANGS_AFTER_MS }, () => {
  const measured = new Map<Walk, readonly string[]>()

  before(async () => {
    const ran = await measure(['report', 'search'])
    for (const walk of ['report', 'search'] as const) measured.set(walk, filesOf(ran.get(walk) ?? []))
  })

  for (const walk of ['report', 'search'] as const) {
    test(`a ${walk} touches exactly the files of its walk`, () => {
      assert.deepEqual(measured.get(walk), WALKS[walk])
    })

    test(`a ${walk} touches at most ${BOUNDS[walk]} files`, () => {
      assert.ok(WALKS[walk].length <= BOUNDS[walk], `${WALKS[walk].length} files`)
    })

    test(`docs/ARCHITECTURE.md shows only files of the walk of a ${walk}`, () => {
      const page = readFileSync(new URL('../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8')
      const section = page.split('\n## ').find(text => text.startsWith(`A walk: a ${walk}\n`)) ?? ''
      const shown = [...section.matchAll(/^\| `(src\/[^`]+)`/gm)].map(([, path = '']) => path)
      assert.ok(shown.length > 0)
      assert.deepEqual(
        shown.filter(path => !WALKS[walk].includes(path)),
        [],
      )
    })
  }
})

function filesOf(functions: readonly RanFunction[]): string[] {
  return [...new Set(functions.map(({ file }) => file))].filter(file => !BYSTANDERS.test(file)).sort()
}
