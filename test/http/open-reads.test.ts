// The limits on open reads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OpenRead, OpenReads, type OpenSearch } from '../../src/http/admission/open-reads.ts'
import { Random, runSeed } from '../harness/random.ts'

const SEED = runSeed()
const LIMITS = { openReads: 6, openReadsPerClient: 3, openSearches: 3, openRelativeSearches: 2 }

const search = (key: string, isRelative = false): OpenSearch => ({ key, isRelative })

/** The outcome of an attempt: `open`, or the code and the detail of its refusal. */
function outcome(entered: ReturnType<OpenReads['enter']>): string {
  if (entered.kind === 'open-read') return 'open'
  assert.ok((entered.headers ?? []).includes('Retry-After'))
  return `${entered.code} ${entered.detail}`
}

test('contract 12.8: beyond its share a client is refused with 429, and beyond the total everybody with 503', () => {
  const open = new OpenReads(LIMITS)
  for (const client of ['a', 'a', 'a', 'b', 'b']) assert.equal(outcome(open.enter(client, undefined)), 'open')
  assert.match(outcome(open.enter('a', undefined)), /^HYPERFLEET-LMT-001 .*3 open reads/)
  assert.equal(outcome(open.enter('b', undefined)), 'open')
  assert.match(outcome(open.enter('c', undefined)), /^HYPERFLEET-SVC-001 Too many reads/)
  assert.deepEqual(open.use, { reads: 6, searches: 0, relativeSearches: 0 })
})

test('contract 12.8: different searches have a bound, and those with relative times a lower one', () => {
  const open = new OpenReads(LIMITS)
  assert.equal(outcome(open.enter('a', search('r1', true))), 'open')
  assert.equal(outcome(open.enter('a', search('r2', true))), 'open')
  assert.match(outcome(open.enter('a', search('r3', true))), /^HYPERFLEET-SVC-001 .*relative times/)
  assert.equal(outcome(open.enter('b', search('r1', true))), 'open')
  assert.equal(outcome(open.enter('b', search('x'))), 'open')
  assert.match(outcome(open.enter('b', search('y'))), /^HYPERFLEET-SVC-001 .*different searches have/)
  assert.equal(outcome(open.enter('b', search('x'))), 'open')
  assert.deepEqual(open.use, { reads: 5, searches: 3, relativeSearches: 2 })
})

test(`contract 12.8: a place is free once its read has left, however often it says so, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const open = new OpenReads(LIMITS)
  const present: { client: string; key: string | undefined; isRelative: boolean; read: OpenRead }[] = []
  const gone: OpenRead[] = []
  const keys = (isRelative?: boolean) =>
    new Set(
      present
        .filter(
          each => each.key !== undefined && (isRelative === undefined || each.isRelative === isRelative),
        )
        .map(({ key }) => key),
    )
  for (let step = 0; step < 5000; step++) {
    if (random.chance(0.1) && gone.length > 0) random.of(gone).leave()
    if (random.chance(0.5) && present.length > 0) {
      const [left] = present.splice(random.below(present.length), 1)
      left?.read.leave()
      if (left !== undefined) gone.push(left.read)
    } else {
      const client = random.of(['a', 'b', 'c'])
      const isRelative = random.chance(0.5)
      const key = random.chance(0.2) ? undefined : random.of(['x', 'y', 'z', 'w'])
      const isNew = key !== undefined && !keys(isRelative).has(key)
      const isRefused =
        present.length >= LIMITS.openReads ||
        present.filter(each => each.client === client).length >= LIMITS.openReadsPerClient ||
        (isNew && keys(true).size + keys(false).size >= LIMITS.openSearches) ||
        (isNew && isRelative && keys(true).size >= LIMITS.openRelativeSearches)
      const read = open.enter(client, key === undefined ? undefined : { key, isRelative })
      assert.equal(read.kind !== 'open-read', isRefused)
      if (read.kind === 'open-read') present.push({ client, key, isRelative, read })
    }
    const searches = keys(true).size + keys(false).size
    assert.deepEqual(open.use, { reads: present.length, searches, relativeSearches: keys(true).size })
  }
})
