// Search: maximum length and depth of a query, and of a request head.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'
import { expectFinds, findNames, refusal } from '../harness/find.ts'
import { sendRaw } from '../harness/raw.ts'

const MAX_BYTES = 4096
const MAX_DEPTH = 64
const MAX_HEAD_BYTES = 16_384

/** A query of exactly this many bytes that finds `ann`; `filler` is one character. */
function queryOf(bytes: number, filler: string): string {
  const [start, end] = ["name = 'ann' or name = '", "'"]
  const room = bytes - start.length - end.length
  const size = Buffer.byteLength(filler)
  return `${start}${filler.repeat(Math.floor(room / size))}${'x'.repeat(room % size)}${end}`
}

/** A request head of this many bytes. */
function filledHead(bytes: number): string {
  const start = `GET ${BASE}/clusters HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Filler: `
  return `${start}${'f'.repeat(bytes - start.length - 4)}\r\n\r\n`
}

benchOnBothEngines('the limits of a search', bench => {
  before(async () => {
    const { client } = bench
    await client.cluster('ann')
    await client.cluster('bob')
  })

  test('contract 8.1: a search is trimmed, and an empty one is no filter', async () => {
    await expectFinds(bench.client, [
      ['', 'ann bob'],
      ['   ', 'ann bob'],
      [' \t\r\n ', 'ann bob'],
      ["  name='ann'  ", 'ann'],
      ["\r\n\tname='ann'\n", 'ann'],
    ])
  })

  test('contract 8.1: a search of 4096 bytes of UTF-8 is accepted, and a longer one refused', async () => {
    for (const filler of ['x', 'é', '€', '😀']) {
      const longest = queryOf(MAX_BYTES, filler)
      assert.equal(Buffer.byteLength(longest), MAX_BYTES)
      assert.equal(await findNames(bench.client, longest), 'ann')
      assert.equal(await findNames(bench.client, `  ${longest}\n`), 'ann')
      await refusal(bench.client, queryOf(MAX_BYTES + 1, filler))
    }
    await refusal(bench.client, queryOf(3 * MAX_BYTES, 'x'))
  })

  test('contract 8.1: parentheses may be nested 64 deep, and no deeper', async () => {
    const nested = (depth: number) => `${'('.repeat(depth)}name='ann'${')'.repeat(depth)}`
    assert.equal(await findNames(bench.client, nested(MAX_DEPTH)), 'ann')
    await refusal(bench.client, nested(MAX_DEPTH + 1))
    await refusal(bench.client, nested(2000))
  })

  test('contract 8.1: not counts as a level, alone and with parentheses', async () => {
    const negated = (depth: number) => `${'not '.repeat(depth)}name='ann'`
    assert.equal(await findNames(bench.client, negated(MAX_DEPTH)), 'ann')
    assert.equal(await findNames(bench.client, negated(MAX_DEPTH - 1)), 'bob')
    await refusal(bench.client, negated(MAX_DEPTH + 1))
    await refusal(bench.client, negated(1000))
    const both = (depth: number) => `${'not ('.repeat(depth)}name='ann'${')'.repeat(depth)}`
    assert.equal(await findNames(bench.client, both(MAX_DEPTH / 2)), 'ann')
    await refusal(bench.client, both(MAX_DEPTH / 2 + 1))
  })

  test('contract 8.1: a chain of and or or of any length is flat, and so are closed parentheses', async () => {
    const chain = (operand: string, operator: string) => {
      const step = ` ${operator} ${operand}`
      return operand + step.repeat(Math.floor((MAX_BYTES - operand.length) / step.length))
    }
    const inside = Array.from({ length: 250 }, () => "name='bob'").join(' or ')
    await expectFinds(bench.client, [
      [chain("name='ann'", 'or'), 'ann'],
      [chain("name='ann'", 'and'), 'ann'],
      [chain("(name='ann')", 'or'), 'ann'],
      [chain("not name='ann'", 'and'), 'bob'],
      [chain("id=''", 'or'), ''],
      [`${'('.repeat(MAX_DEPTH)}${inside}${')'.repeat(MAX_DEPTH)}`, 'bob'],
    ])
  })

  test('contract 8.1: unclosed parentheses and a wall of not are refused, without a server error', async () => {
    for (const search of ['('.repeat(MAX_BYTES), 'not '.repeat(1024), '[('.repeat(1000), ')'.repeat(100)])
      await refusal(bench.client, search)
  })

  test('contract 8.1: a request head up to 16 KiB is accepted, with the longest search escaped', async () => {
    const search = encodeURIComponent(queryOf(MAX_BYTES, '€'))
    assert.ok(search.length > 12_000)
    const { status } = await bench.client.get(`/clusters?search=${search}`, {
      'x-filler': 'f'.repeat(3500),
    })
    assert.equal(status, 200)
    const head = filledHead(MAX_HEAD_BYTES)
    assert.equal(head.length, MAX_HEAD_BYTES)
    assert.equal((await sendRaw(bench.server.origin, head))?.status, 200)
  })

  test('contract 8.1: a longer request head gets 431 or a closed connection', async () => {
    const target = `GET ${BASE}/clusters?search=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`
    for (const head of [filledHead(20_000), filledHead(100_000), target])
      assert.equal((await sendRaw(bench.server.origin, head))?.status ?? 431, 431)
    assert.equal((await bench.client.get('/clusters')).status, 200)
  })
})
