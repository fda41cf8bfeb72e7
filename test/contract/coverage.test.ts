// Keeps tests and docs/contract.md in agreement: a rule that no test names fails here.
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

const DOCS = join(ROOT, 'docs')
const PAGE = /^contract(-(watch|search|facets|servers))?\.md$/

/** Rules of all pages of the contract in force. */
function contractRules(): string[] {
  return readdirSync(DOCS)
    .filter(name => PAGE.test(name))
    .flatMap(name => [...readFileSync(join(DOCS, name), 'utf8').matchAll(/^(\d+\.\d+) /gm)])
    .map(([, rule = '']) => rule)
}

/** The rules that docs/contract-open.md lists. */
function openRules(): string[] {
  const text = readFileSync(join(DOCS, 'contract-open.md'), 'utf8')
  return [...text.matchAll(/^\| (\d+\.\d+) \| \S.* \|$/gm)].map(([, rule = '']) => rule)
}

test('every rule of the contract is named by a test or open, and no test names an unknown rule', () => {
  const rules = contractRules()
  const open = openRules()
  const named = new Set(sources(join(ROOT, 'test')).flatMap(namedRules))
  assert.ok(rules.length > 50, 'the contract was read')
  assert.deepEqual(
    rules.filter(rule => !named.has(rule) && !open.includes(rule)),
    [],
    'rules that no test names',
  )
  assert.deepEqual(
    [...named, ...open].filter(rule => !rules.includes(rule)),
    [],
    'rules that are not in the contract',
  )
  assert.deepEqual(open, [...new Set(open)], 'open rules listed twice')
})
