// Keeps the tests and docs/contract.md together: a rule that no test names fails here.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.ts') ? [readFileSync(path, 'utf8')] : []
  })
}

/** `contract 5.3a, 6.2` names 5.3 and 6.2. */
function namedRules(text: string): string[] {
  return [...text.matchAll(/contract ((?:\d+\.\d+[a-z]?)(?:, ?\d+\.\d+[a-z]?)*)/g)].flatMap(([, list = '']) =>
    list.split(/, ?/).map(rule => rule.replace(/[a-z]$/, '')),
  )
}

test('every rule of the contract is named by a test, and no test names a rule that is not there', () => {
  const contract = readFileSync(join(ROOT, 'docs/contract.md'), 'utf8')
  const rules = [...contract.matchAll(/^(\d+\.\d+) /gm)].map(([, rule = '']) => rule)
  const named = new Set(sources(join(ROOT, 'test')).flatMap(namedRules))
  assert.ok(rules.length > 50, 'the contract was read')
  assert.deepEqual(
    rules.filter(rule => !named.has(rule)),
    [],
    'rules that no test names',
  )
  assert.deepEqual(
    [...named].filter(rule => !rules.includes(rule)),
    [],
    'rules that are not in the contract',
  )
})
