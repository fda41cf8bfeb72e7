import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashTable } from '../../src/state/hash-table.ts'
import { NO_ROW } from '../../src/state/rows.ts'
import { hashOf } from '../../src/wire/hash.ts'
import { Random, runSeed } from '../harness/random.ts'

const SEED = runSeed()
const OPERATIONS = 200_000

/** From a real hash to one under which most texts meet in one place. */
const HASHES: Readonly<Record<string, (text: string, scope: number) => number>> = {
  'a real hash': (text, scope) => hashOf(text, SEED ^ scope, 7),
  'a hash with few values': (text, scope) => hashOf(text, SEED ^ scope, 7) % 50,
  'the same hash for all': () => 0xffff_ffff,
}

for (const [name, hash] of Object.entries(HASHES)) {
  test(`a table finds what a Map finds, in the scope of its owner (contract 4.3), with ${name}, seed ${SEED}`, () => {
    const random = new Random(SEED)
    const texts: { readonly text: string; readonly scope: number }[] = []
    const rowOf = new Map<string, number>()
    const key = (text: string, scope: number) => `${scope} ${text}`
    const table = new HashTable(hash, (row, text, scope) => {
      const own = texts[row]
      return own?.text === text && own.scope === scope
    })
    const size = name === 'a real hash' ? 30_000 : 300
    texts.push({ text: '', scope: 0 })
    const operations = name === 'a real hash' ? OPERATIONS : OPERATIONS / 20
    for (let operation = 0; operation < operations; operation++) {
      const text = `name-${random.below(size)}`
      const scope = random.below(3)
      const present = rowOf.get(key(text, scope))
      assert.equal(table.find(text, scope), present ?? NO_ROW)
      if (present === undefined) {
        const row = texts.push({ text, scope }) - 1
        table.add(text, scope, row)
        rowOf.set(key(text, scope), row)
      } else if (random.below(2) === 0) {
        assert.equal(table.delete(text, scope, texts.length), false, 'another row stays')
        assert.equal(table.delete(text, scope, present), true)
        rowOf.delete(key(text, scope))
      }
      assert.equal(table.size, rowOf.size)
    }
    for (const [, row] of rowOf) {
      const { text, scope } = texts[row] ?? assert.fail()
      assert.equal(table.find(text, scope), row)
    }
  })
}
