import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { checkPages } from '../../src/store/lmdb/page-check.ts'
import { temporaryFolder } from './samples.ts'

const PAGE = 4096
/** Offsets in a meta page. */
const MAP_SIZE = 40
const FREE_TREE = 48
const FREE_ROOT = FREE_TREE + 40
const MAIN_ROOT = 136
const LAST_PAGE = 144
const TRANSACTION = 152
const BOOT_ID = 160
const META_END = 168

interface Sample {
  readonly path: string
  readonly content: Buffer
  readonly newest: 0 | 1
  /** Reports whether the file passes with this content in place of its own. */
  readonly passes: (content: Buffer) => Promise<boolean>
}

/** An LMDB file with leaves, branches, a large value and lists of free pages. Its 14 transactions differ from 12 by one bit. */
async function sample(t: TestContext): Promise<Sample> {
  const folder = temporaryFolder(t)
  const environment = new Environment(folder, 30_000)
  for (let round = 1; round <= 7; round++) {
    const keys = Array.from({ length: 80 }, (_, i) => i)
    await environment.commit(
      keys.map(key => ({ kind: 'put', key, value: Buffer.alloc(key === 7 ? 9000 : 300, round) })),
    )
    await environment.commit([{ kind: 'remove', key: round }])
  }
  await environment.close()
  const path = join(folder, 'data.mdb')
  const content = readFileSync(path)
  const newest = content.readBigUInt64LE(TRANSACTION) > content.readBigUInt64LE(PAGE + TRANSACTION) ? 0 : 1
  const passes = async (changed: Buffer) => {
    writeFileSync(path, changed)
    return checkPages(path, false).then(
      () => true,
      error => {
        assert.equal(error.kind, 'damaged', error)
        return false
      },
    )
  }
  return { path, content, newest, passes }
}

function flipped(content: Buffer, bit: number): Buffer {
  const changed = Buffer.from(content)
  changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return changed
}

/** A copy of the file with one 64-bit number replaced. */
function withNumber(content: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(content)
  changed.writeBigUInt64LE(BigInt(value), at)
  return changed
}

test('a flipped bit in a meta page passes only where LMDB ignores it', async t => {
  const { content, newest, passes } = await sample(t)
  for (const page of [0, 1]) {
    for (let bit = 0; bit < META_END * 8; bit++) {
      if (!(await passes(flipped(content, page * PAGE * 8 + bit)))) continue
      const byte = bit >> 3
      const isUnused = byte >= BOOT_ID || (byte >= MAP_SIZE && byte < FREE_TREE) || (byte >= 16 && byte < 24)
      // In the older meta page only the transaction number matters, not the trees.
      const isOlder = page !== newest && byte >= FREE_TREE && byte < TRANSACTION
      assert.ok(isUnused || isOlder, `bit ${bit} of meta page ${page}`)
    }
  }
  assert.ok(await passes(content))
})

test('meta pages of non-consecutive transactions are refused, because one of them is outdated', async t => {
  const { content, newest, passes } = await sample(t)
  // The older meta page and its root, as of two transactions earlier.
  const older = newest === 0 ? PAGE : 0
  const transaction = Number(content.readBigUInt64LE(older + TRANSACTION)) - 2
  const root = Number(content.readBigUInt64LE(older + MAIN_ROOT))
  const earlier = withNumber(
    withNumber(content, older + TRANSACTION, transaction),
    root * PAGE + 8,
    transaction,
  )
  assert.equal(await passes(earlier), false)
})

test('after a transaction whose meta page could not be written, the previous one is used', async t => {
  const { content, newest, passes } = await sample(t)
  const [latest, older] = newest === 0 ? [0, PAGE] : [PAGE, 0]
  const number = (at: number) => Number(content.readBigUInt64LE(at))
  // LMDB restores two numbers, and the meta page then belongs to the previous transaction.
  const rolledBack = (lastPage: number) =>
    withNumber(
      withNumber(content, latest + TRANSACTION, number(latest + TRANSACTION) - 2),
      latest + LAST_PAGE,
      lastPage,
    )
  assert.equal(await passes(rolledBack(number(older + LAST_PAGE) - 1)), true)
  assert.equal(await passes(rolledBack(number(latest + LAST_PAGE))), false)
})

test('a used page that is listed as free is refused, and so is a free page that is listed twice', async t => {
  const { content, newest, passes } = await sample(t)
  const meta = newest * PAGE
  const freeRoot = Number(content.readBigUInt64LE(meta + FREE_ROOT))
  const mainRoot = Number(content.readBigUInt64LE(meta + MAIN_ROOT))
  const page = content.subarray(freeRoot * PAGE, (freeRoot + 1) * PAGE)
  // The list of the newest transaction: its length, then page numbers.
  const count = page.readUInt16LE(20) >> 1
  const node = 24 + page.readUInt16LE(24 + 2 * (count - 1))
  const list = freeRoot * PAGE + node + 16
  assert.ok(content.readBigUInt64LE(list) >= 2n)
  assert.equal(await passes(withNumber(content, list + 8, mainRoot)), false)
  assert.equal(await passes(withNumber(content, list + 8, Number(content.readBigUInt64LE(list + 16)))), false)
  assert.equal(await passes(withNumber(content, list + 8, 1)), false)
  assert.equal(await passes(withNumber(content, list, 10_000)), false)
  assert.equal(await passes(withNumber(content, list + 8, 1 << 30)), false)
})

test('a file with fewer pages than its count is refused, and so is a file that ends within a page', async t => {
  const { content, newest, passes } = await sample(t)
  assert.equal(await passes(withNumber(content, newest * PAGE + LAST_PAGE, content.length / PAGE)), false)
  assert.equal(await passes(withNumber(content, newest * PAGE + LAST_PAGE, 2 ** 40)), false)
  for (const bytes of [10, 100, PAGE, PAGE + 100])
    assert.equal(await passes(content.subarray(0, bytes)), false)
})

test('a check yields to other work and reports its progress', async t => {
  const folder = temporaryFolder(t)
  const environment = new Environment(folder, 30_000)
  const keys = Array.from({ length: 3000 }, (_, i) => i)
  await environment.commit(keys.map(key => ({ kind: 'put', key, value: Buffer.alloc(900) })))
  await environment.close()
  const told: number[] = []
  let turns = 0
  const count = setInterval(() => turns++, 0)
  await checkPages(join(folder, 'data.mdb'), false, done => told.push(done))
  clearInterval(count)
  assert.deepEqual(told.slice(0, 2), [256, 512])
  assert.ok(turns > 0)
})
