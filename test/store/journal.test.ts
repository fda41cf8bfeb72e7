import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type EncodedGroup, encodeGroup, GroupReader } from '../../src/store/journal/group.ts'
import { type Journal, openJournal } from '../../src/store/journal/journal.ts'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { plainGroup } from './journal-values.ts'
import { temporaryFolder } from './samples.ts'

const DEADLINE_MS = 30_000

/** A group of changes without records. */
function group(first: number, last: number): EncodedGroup {
  return encodeGroup(last, BigInt(last), Array(last - first + 1).fill([]))
}

/** A group of some length. */
function filled(first: number, last: number, length: number): EncodedGroup {
  const record = { key: '', body: { bytes: Buffer.alloc(length, last), offset: 0, length } }
  const group = encodeGroup(last, 5n, [[record], ...Array(last - first).fill([])])
  // Without the headers of the group, its changes and the record.
  const body = length - (group.value.length - length)
  if (body < 0) return group
  return encodeGroup(last, 5n, [
    [{ ...record, body: { ...record.body, length: body } }],
    ...Array(last - first).fill([]),
  ])
}

/** A value of an earlier format. */
function single(sequence: number): EncodedGroup {
  return plainGroup({ format: 3, last: sequence, latestTime: 5n, changes: [[]] })
}

async function journalWith(t: TestContext, ...groups: readonly EncodedGroup[]): Promise<[Journal, string]> {
  const folder = temporaryFolder(t)
  const journal = openJournal(folder, DEADLINE_MS)
  t.after(() => journal.close())
  for (const each of groups) await journal.commit([each])
  return [journal, folder]
}

function edges({ first, last }: Pick<EncodedGroup, 'first' | 'last'>): readonly [number, number] {
  return [first, last]
}

/** Trims until nothing is pending. Returns the number of commits. */
async function trimAll(journal: Journal): Promise<number> {
  let commits = 0
  for (; journal.trimPending; commits++) await journal.commit([])
  return commits
}

/** Changes the file of a closed journal. */
async function spoil(path: string, changes: Parameters<Environment['commit']>[0]): Promise<void> {
  const environment = new Environment(path, DEADLINE_MS)
  await environment.commit(changes)
  await environment.close()
}

const MIXED = [single(1), single(2), group(3, 3), group(4, 8), group(9, 10)]

test('a journal holds values of one change and groups, and is read from any entry (contract 4.8)', async t => {
  const [journal, folder] = await journalWith(t, ...MIXED)
  const check = (of: Journal) => {
    assert.deepEqual(edges(of), [1, 10])
    for (let after = 0; after <= 10; after++) {
      const expected = MIXED.filter(({ last }) => last > after)
      assert.deepEqual(of.read(after, 100), expected, `after ${after}`)
      assert.deepEqual(of.read(after, 2), expected.slice(0, 2))
    }
  }
  check(journal)
  await journal.close()
  const again = openJournal(folder, DEADLINE_MS)
  check(again)
  await again.close()
})

test('a missing group and one that does not follow are gaps, and a damaged one is none', async t => {
  const cases: [EncodedGroup[], number, RegExp][] = [
    [[group(1, 3), group(5, 6)], 0, /entry 4 is missing/],
    [[group(1, 3), group(5, 6)], 3, /entry 4 is missing/],
    [[group(1, 3), group(3, 6)], 0, /entry 4 is missing/],
    [[single(1), single(3)], 0, /entry 2 is missing/],
    [[single(1), group(3, 4)], 0, /entry 2 is missing/],
    [[group(1, 2), single(4)], 0, /entry 3 is missing/],
  ]
  for (const [groups, after, message] of cases) {
    const [journal] = await journalWith(t, ...groups)
    assert.throws(() => journal.read(after, 100), { kind: 'gap', message })
  }
  const [journal, folder] = await journalWith(t, group(1, 3), group(4, 6), group(7, 9))
  await journal.close()
  for (const count of [0, 1, 2, 4, 6, 200]) {
    const value = Buffer.from(group(4, 6).value)
    value.writeUInt32LE(count, 13)
    await spoil(folder, [{ kind: 'put', key: 6, value }])
    const spoilt = openJournal(folder, DEADLINE_MS)
    for (const after of [0, 3]) {
      const read = spoilt.read(after, 100).slice(after === 0 ? 1 : 0)
      assert.deepEqual(read.map(edges), [
        [4, 6],
        [7, 9],
      ])
      assert.throws(() => new GroupReader(read[0] ?? group(1, 1)), {
        kind: 'damaged',
        message: /the group of entries 4 to 6 of the journal is damaged/,
      })
    }
    await spoilt.close()
  }
})

test('a trim removes whole groups, and never the newest (contract 4.8)', async t => {
  for (const [through, first, left] of [
    [0, 1, 5],
    [1, 2, 4],
    [3, 4, 2],
    [7, 4, 2],
    [8, 9, 1],
    [9, 9, 1],
    [10, 9, 1],
    [1000, 9, 1],
  ] as const) {
    const [journal, folder] = await journalWith(t, ...MIXED)
    journal.trim(through)
    await trimAll(journal)
    assert.deepEqual(edges(journal), [first, 10], `through ${through}`)
    assert.equal(journal.read(first - 1, 100).length, left)
    await journal.commit([group(11, 12)])
    assert.deepEqual(edges(journal), [first, 12])
    await journal.close()
    const again = openJournal(folder, DEADLINE_MS)
    assert.deepEqual(edges(again), [first, 12])
    await again.close()
  }
})

test('a hold on an entry keeps its group and all later ones until its release', async t => {
  for (const [from, first] of [
    [1, 1],
    [3, 3],
    [4, 4],
    [6, 4],
    [8, 4],
    [9, 9],
    [11, 9],
  ] as const) {
    const [journal] = await journalWith(t, ...MIXED)
    const [early, hold] = [journal.hold(1), journal.hold(from)]
    journal.trim(10)
    assert.equal(journal.trimPending, false)
    early.release()
    await trimAll(journal)
    assert.deepEqual(edges(journal), [first, 10], `from ${from}`)
    hold.release()
    await trimAll(journal)
    assert.deepEqual(edges(journal), [9, 10])
  }
})

test('groups of any size are read whole, wherever a read begins', async t => {
  const sizes = [1, 4000, 4072, 4073, 8144, 8145, 100_000, 1_042_432, 1_042_433, 5_000_000, 17]
  const groups = sizes.map((bytes, i) => filled(2 * i + 1, 2 * i + 2, bytes))
  const [journal, folder] = await journalWith(t, ...groups)
  const check = (of: Journal) => {
    for (let after = 0; after <= 2 * groups.length; after++) {
      const expected = groups.filter(({ last }) => last > after)
      for (const limit of [1, 3, 100]) {
        const read = of.read(after, limit)
        assert.deepEqual(read.map(edges), expected.slice(0, read.length).map(edges))
        for (const [i, { value }] of read.entries()) assert.ok(expected[i]?.value.equals(value))
        assert.ok(read.length <= limit && (read.length > 0 || expected.length === 0))
      }
    }
  }
  check(journal)
  await journal.close()
  const again = openJournal(folder, DEADLINE_MS)
  check(again)
  again.trim(6)
  await trimAll(again)
  assert.deepEqual(edges(again), [7, 2 * groups.length])
  await again.close()
  const environment = new Environment(folder, DEADLINE_MS)
  const keys = environment.keysAfter(0, 10_000).map(Number)
  await environment.close()
  assert.ok(keys.every(key => Number.isInteger(key * 256)))
  const piecesOf = (last: number) => keys.filter(key => key > last - 1 && key <= last).length
  assert.deepEqual([8, 10, 12].map(piecesOf), [2, 2, 3])
  assert.equal(piecesOf(20), 256, 'a large group has larger pieces')
})

test('a group without one of its pieces is damaged, and without the last one it is missing', async t => {
  const groups = [filled(1, 2, 9000), filled(3, 5, 9000), filled(6, 7, 9000)]
  for (const missing of [3, 6, 8].flatMap(at => [0, 1, 2].map(piece => [at, piece] as const))) {
    const [at, piece] = missing
    const [journal, folder] = await journalWith(t, ...groups)
    await journal.close()
    const last = { 3: 2, 6: 5, 8: 7 }[at] ?? 0
    await spoil(folder, [{ kind: 'remove', key: last - (2 - piece) / 256 }])
    const read = () => {
      const spoilt = openJournal(folder, DEADLINE_MS)
      try {
        for (const each of spoilt.read(0, 10)) new GroupReader(each)
      } finally {
        void spoilt.close()
      }
    }
    assert.throws(read, piece === 2 ? { name: 'StoreError' } : { kind: 'damaged', message: /is damaged/ })
  }
})

test('one commit trims a bounded number of pieces, and more than it appends', async t => {
  for (const [bytes, groups, commits] of [
    [1, 1000, 4],
    [400_000, 12, 4],
    [5_000_000, 4, 3],
  ] as const) {
    const [journal] = await journalWith(t)
    await journal.commit(Array.from({ length: groups }, (_, i) => filled(i + 1, i + 1, bytes)))
    journal.trim(journal.last)
    assert.equal(await trimAll(journal), commits, `${groups} groups of ${bytes} bytes`)
    assert.deepEqual(edges(journal), [groups, groups])
  }
  const [journal] = await journalWith(t)
  for (let i = 1; i <= 40; i++) {
    await journal.commit([filled(i, i, 900_000)])
    journal.trim(i <= 20 ? 0 : journal.last)
  }
  assert.deepEqual(edges(journal), [39, 40])
})

test('a damaged first group is trimmed, and read as damaged', async t => {
  const [journal, folder] = await journalWith(t, group(4, 6), group(7, 9), group(10, 12))
  await journal.close()
  const value = Buffer.from(group(4, 6).value)
  value.writeUInt32LE(1, 13)
  await spoil(folder, [{ kind: 'put', key: 6, value }])
  const spoilt = openJournal(folder, DEADLINE_MS)
  t.after(() => spoilt.close())
  assert.throws(() => new GroupReader(spoilt.read(4, 1)[0] ?? group(1, 1)), {
    message: /the group of entries 5 to 6 of the journal is damaged/,
  })
  spoilt.trim(9)
  await trimAll(spoilt)
  assert.deepEqual(edges(spoilt), [10, 12])
})

test('an empty journal takes its first group under any numbers', async t => {
  const [journal] = await journalWith(t, group(41, 45))
  assert.deepEqual(edges(journal), [41, 45])
  await journal.commit([])
  assert.deepEqual(edges(journal), [41, 45])
  assert.equal(journal.trimPending, false)
})
