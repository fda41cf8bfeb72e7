// Lists: text is ordered by Unicode code point, not by UTF-16 unit, locale or case.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'

/** In code point order. In UTF-16 units, U+E000 to U+FFFF would come after the astral characters. */
const IN_ORDER = [
  '',
  ' ',
  '10',
  '2',
  'A',
  'Z',
  'a',
  'aa',
  'a\u{10ffff}',
  'b',
  'z',
  '\u007f',
  'e\u0301',
  'é',
  'ÿ',
  'ß',
  '\ud7ff',
  '\ue000',
  '\ufb01',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{10000}a',
  '\u{1f600}',
  '\u{1f601}',
  '\u{10ffff}',
].sort((a, b) => compareCodePoints(a, b))

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (const [index, character] of left.entries()) {
    const difference = (character.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? -1)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

benchOnBothEngines('text in order', bench => {
  before(async () => {
    const { client } = bench
    const shuffled = IN_ORDER.map((word, index) => ({ word, rank: (index * 7) % IN_ORDER.length }))
    shuffled.sort((a, b) => a.rank - b.rank)
    for (const [index, { word }] of shuffled.entries())
      await client.cluster(`word-${index}`, { labels: { word } })
    await client.cluster('no-word', { labels: { other: 'x' } })
  })

  const values = async (orderBy: string) => {
    const { json } = await bench.client.list('/clusters', { orderBy })
    return json.items.map(({ labels }: { labels?: { word?: string } }) => labels?.word)
  }

  test('contract 7.4: labels are ordered by code point, astral characters after U+E000 to U+FFFF', async () => {
    assert.deepEqual(await values('labels.word'), [...IN_ORDER, undefined])
    assert.deepEqual(await values('labels.word desc'), [...IN_ORDER.toReversed(), undefined])
  })

  test('contract 8.4: text is compared by code point, astral characters after U+E000 to U+FFFF', async () => {
    for (const [index, value] of IN_ORDER.entries()) {
      const literal = `'${value}'`
      for (const [operator, wanted] of [
        ['<', index],
        ['<=', index + 1],
        ['=', 1],
        ['>=', IN_ORDER.length - index],
        ['>', IN_ORDER.length - index - 1],
      ] as const) {
        const { json } = await bench.client.list('/clusters', {
          search: `labels.word ${operator} ${literal}`,
        })
        assert.equal(json.total, wanted, `${operator} ${JSON.stringify(value)}`)
      }
    }
  })

  test('contract 8.4, 8.5: between includes the code points of both ends', async () => {
    const search = "labels.word between '\ue000' and '\u{10000}'"
    const { json } = await bench.client.list('/clusters', { search, orderBy: 'labels.word' })
    assert.deepEqual(
      json.items.map(({ labels }: { labels: { word: string } }) => labels.word),
      ['\ue000', '\ufb01', '\ufffd', '\uffff', '\u{10000}'],
    )
  })
})
