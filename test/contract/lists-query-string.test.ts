// Lists: parsing of query strings.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { sendRaw } from '../harness/raw.ts'

let ann = ''
const UNDECODABLE = [
  'search=%',
  'search=%2',
  'search=%zz',
  "search=name='a%'",
  'search=%FF',
  'search=%80',
  'search=%C0%AF',
  'search=%E2%82',
  'search=%ED%A0%80',
  'search=%F5%80%80%80',
  'page=1&search=%E9t%E9',
  'page=%',
  'orderBy=%GG',
  'other=%zz',
  '%zz=1',
  '%FF',
]

benchOnBothEngines('the query string of a list', bench => {
  before(async () => {
    const { client } = bench
    ann = (await client.cluster('ann', { labels: { word: 'a+b' } })).id
    await client.cluster('bob', { labels: { word: '😀' } })
    await client.cluster('eve', { labels: { word: '\ufffd' } })
  })

  const names = async (query: string) => {
    const { status, text, json } = await bench.client.get(`/clusters?${query}`)
    assert.equal(status, 200, `${query}: ${text}`)
    return json.items.map(({ name }: { name: string }) => name).sort()
  }

  test('contract 7.5: the first value of a repeated parameter counts', async () => {
    assert.deepEqual(await names("search=name='ann'&search=name='bob'"), ['ann'])
    assert.deepEqual(await names("search=name='bob'&page=1&search=)(&page=x&pageSize=9&pageSize=-1"), ['bob'])
    assert.deepEqual(await names('pageSize=1&orderBy=name&pageSize=3&orderBy=nope'), ['ann'])
    assert.deepEqual(await names('orderBy=name desc&orderBy=name&size=1&size=2'.replaceAll(' ', '%20')), [
      'eve',
    ])
    assert.deepEqual(await names('search=&search=)('), ['ann', 'bob', 'eve'])
    assertProblem(await bench.client.get('/clusters?page=x&page=1'), 'HYPERFLEET-VAL-004')
  })

  test('contract 7.5: a query string that cannot be decoded to UTF-8 is refused, never treated as no filter', async () => {
    for (const query of UNDECODABLE)
      for (const path of [
        '/clusters',
        '/nodepools',
        `/clusters/${ann}/nodepools`,
        `/clusters/${ann}/statuses`,
      ])
        assertProblem(await bench.client.get(`${path}?${query}`), 'HYPERFLEET-VAL-005')
  })

  test('contract 7.5: raw bytes outside ASCII are never treated as no filter', async () => {
    for (const bytes of ['\xff', '\xe2\x82', '\xed\xa0\x80', '\xef\xbf\xbd\xff']) {
      const target = Buffer.from(`GET ${BASE}/clusters?search=${bytes} HTTP/1.1\r\nHost: a\r\n\r\n`, 'latin1')
      assert.equal((await sendRaw(bench.server.origin, target))?.status, 400)
    }
  })

  test('contract 7.5: the query plan refuses it as well', async () => {
    for (const query of UNDECODABLE)
      assertProblem(await bench.client.get(`/explain/clusters?${query}`), 'HYPERFLEET-VAL-005')
  })

  test('contract 7.5: anything that decodes to UTF-8 is accepted, U+FFFD included', async () => {
    assert.deepEqual(await names("search=labels.word='%EF%BF%BD'"), ['eve'])
    assert.deepEqual(await names('search=labels.word%3D%27%F0%9F%98%80%27'), ['bob'])
    assert.deepEqual(await names("search=labels.word='%f0%9f%98%80'"), ['bob'])
    assert.deepEqual(await names("%73earch=name='%61nn'"), ['ann'])
  })

  test('contract 7.5: + means a space, and %2B a plus', async () => {
    assert.deepEqual(await names("search=name='ann'+or+name='bob'"), ['ann', 'bob'])
    assert.deepEqual(await names("search=labels.word='a%2Bb'"), ['ann'])
    assert.deepEqual(await names("search=labels.word='a+b'"), [])
    assert.deepEqual(await names('orderBy=name+desc&size=1'), ['eve'])
  })

  test('contract 7.5: quotes, brackets and similar characters may arrive unescaped', async () => {
    assert.deepEqual(await names("search=name='ann'"), ['ann'])
    assert.deepEqual(await names("search=(name='ann')or(name='bob')"), ['ann', 'bob'])
    assert.deepEqual(await names("search=name+in+['ann','eve']"), ['ann', 'eve'])
    assert.deepEqual(await names("search=labels.word='{}|\\^`;,:@!$*~?/'"), [])
    assert.deepEqual(await names('search=generation<2&size=9'), ['ann', 'bob', 'eve'])
    assert.deepEqual(await names('search=generation>=2'), [])
    const doubled = await bench.client.get('/clusters?search=name="ann"')
    assertProblem(doubled, 'HYPERFLEET-VAL-005', 'Failed to parse search query: name="ann"')
  })

  test('contract 7.5: only the first = of a parameter separates its name from its value', async () => {
    assert.deepEqual(await names("search=name='ann'&x==&=&&"), ['ann'])
    assert.deepEqual(await names("search=name!='ann'"), ['bob', 'eve'])
  })

  test('contract 7.5: an escaped & is part of the value', async () => {
    assert.deepEqual(await names("search=labels.word='x%26search=1'"), [])
    assert.deepEqual(await names("search=name='ann'%20or%20name='%26'"), ['ann'])
  })
})
