// The questions of docs/guide/search.md, each asked of a fleet with one cluster that answers it (contract 8.3, 13.1, 13.2).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import { naiveMatches } from '../search/naive.ts'
import { condition, finds, instant, NOW, resource } from '../search/sample.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const HOUR = 3_600_000_000n

function questions(): (readonly [question: string, search: string])[] {
  const page = readFileSync(join(ROOT, 'docs/guide/search.md'), 'utf8')
  const section = page.split('\n## ').find(text => text.startsWith('Ten questions of operators')) ?? ''
  return [...section.matchAll(/^\| ([^|]+\?) \| `(.+)` \|$/gm)].map(([, question = '', search = '']) => [
    question,
    search,
  ])
}

/** A cluster that no question is about. */
const WELL = {
  createdTime: NOW - 100n * HOUR,
  labels: { environment: 'production', owner: 'payments' },
  spec: '{"region":"us-east1","nodes":{"compute":3},"version":"4.15.1"}',
  conditions: [
    condition({ type: 'Ready', lastUpdatedTime: NOW, lastTransitionTime: NOW }),
    condition({ type: 'DnsSuccessful', lastUpdatedTime: NOW }),
  ],
}
const notReady = (since: bigint) => ({
  conditions: [
    condition({ type: 'Ready', status: 'False', lastUpdatedTime: NOW, lastTransitionTime: NOW - since }),
  ],
})

/** The parts that the answer to each question has and a well cluster lacks, with the first words of the question. */
const ANSWERS: readonly (readonly [question: string, parts: Parameters<typeof resource>[0]])[] = [
  ['what is not ready', { ...notReady(0n), spec: '{}' }],
  ['what has not been ready', { ...notReady(2n * HOUR), spec: '{}' }],
  [
    'what has an adapter not',
    { conditions: [condition({ type: 'DnsSuccessful', lastUpdatedTime: NOW - HOUR })] },
  ],
  [
    'where has one adapter',
    { conditions: [condition({ type: 'DnsSuccessful', status: 'False', lastUpdatedTime: NOW })] },
  ],
  ['what is in production', notReady(0n)],
  ['what is being deleted', { deletedTime: NOW - 30n * HOUR, deletedBy: 'ada@example.com' }],
  ['who made something', { createdTime: NOW - HOUR, createdBy: 'ada@example.com' }],
  ['what is large', { spec: '{"nodes":{"compute":1e2}}' }],
  ['what still runs', { spec: '{"version":"4.14.9"}' }],
  ['what has no owner', { labels: {} }],
]

test('contract 8.3, 13.1, 13.2: each of the ten questions finds its answer, and no well cluster', () => {
  const asked = questions()
  assert.equal(asked.length, 10)
  for (const [i, [question, search]] of asked.entries()) {
    const [words = '', parts] = ANSWERS[i] ?? []
    assert.ok(question.startsWith(words), question)
    assert.equal(finds(search, resource(WELL)), false, search)
    assert.equal(finds(search, resource({ ...WELL, ...parts })), true, search)
    const parsed = parseSearch(search)
    assert(parsed.kind === 'syntax')
    assert.equal(naiveMatches(parsed.syntax, resource({ ...WELL, ...parts }), NOW), true)
  }
  assert.ok(NOW > instant('2020-01-01T00:00:00Z'))
})
