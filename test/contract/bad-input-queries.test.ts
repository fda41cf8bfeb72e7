// Refused or meaningless paths and queries: each gets its answer, and none a 5xx (contract 2.2, 7.2, 7.5, 8.1, 9.1).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { BASE, report } from '../harness/client.ts'
import { fleetText } from '../harness/fleet-text.ts'
import { assertProblem } from '../harness/problem.ts'
import { rawRequest, sendRaw } from '../harness/raw.ts'

const NOT_DECODABLE = [
  '%',
  '%a',
  '%zz',
  '%ff',
  '%c0%af',
  '%ed%a0%80',
  'a%',
  '%f4%90%80%80',
  '%e2%82',
  '%u0041',
]

const SEARCHES_REFUSED: readonly string[] = [
  '('.repeat(2000),
  ')'.repeat(2000),
  `${'('.repeat(65)}name='a'${')'.repeat(65)}`,
  `${'not '.repeat(65)}name='a'`,
  'not '.repeat(1000),
  '\u0000',
  "name\u0000='a'",
  "name='a",
  'name="a"',
  "name='a';drop table clusters",
  "name='a' or",
  "unknown='a'",
  "__proto__='a'",
  "constructor='a'",
  "status.conditions.__proto__='True'",
  "labels.='a'",
  "labels='a'",
  "name like 'a\\'",
  "generation='1e400'",
  'generation=1e400',
  'generation=1.5',
  "created_time='yesterday'",
  "created_time='2026-01-01T00:00:60Z'",
  '*',
  '１=１',
]

/** Searches that look invalid but are valid. No such resource has these values. */
const SEARCHES_EMPTY: readonly string[] = [
  "name='\u0000'",
  "name='''; drop table clusters; --'",
  "labels.__proto__='a'",
  "labels.constructor='a'",
  'labels.tostring is not null',
  "name='😀'",
  `name='${'%'.repeat(4000)}'`,
  `name like '${'%a'.repeat(2000)}b'`,
  'generation = 99999999999999999999999999999999999999',
  'id in ()',
]

const PARAMETERS_REFUSED: readonly (readonly [
  query: string,
  code: 'HYPERFLEET-VAL-004' | 'HYPERFLEET-VAL-005',
])[] = [
  ['page=0', 'HYPERFLEET-VAL-004'],
  ['page=-1', 'HYPERFLEET-VAL-004'],
  ['page=1.0', 'HYPERFLEET-VAL-004'],
  ['page=1e3', 'HYPERFLEET-VAL-004'],
  ['page=%00', 'HYPERFLEET-VAL-004'],
  ['page=2147483648', 'HYPERFLEET-VAL-004'],
  ['page=99999999999999999999', 'HYPERFLEET-VAL-004'],
  ['page=%D9%A1', 'HYPERFLEET-VAL-004'],
  ['pageSize=-1', 'HYPERFLEET-VAL-004'],
  ['pageSize=NaN', 'HYPERFLEET-VAL-004'],
  ['size=many', 'HYPERFLEET-VAL-004'],
  ['orderBy=__proto__', 'HYPERFLEET-VAL-005'],
  ['orderBy=name%00', 'HYPERFLEET-VAL-005'],
  ['orderBy=name+sideways', 'HYPERFLEET-VAL-005'],
  ['order=up', 'HYPERFLEET-VAL-005'],
]

const LISTS = ['/clusters', '/nodepools']

benchOnBothEngines('bad paths and queries', bench => {
  let stored = ''
  before(async () => {
    const { id } = await bench.client.cluster('kept', { labels: { a: 'b' } })
    await bench.client.nodepool(id, 'kept')
    await bench.client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(1)))
    stored = await fleetText(bench.client)
  })

  test('contract 2.2, 9.1: a path that cannot be percent-decoded is not found', async () => {
    for (const text of NOT_DECODABLE) {
      assertProblem(await bench.client.get(`/clusters/${text}`), 'HYPERFLEET-NTF-002')
      assertProblem(await bench.client.get(`/nodepools/${text}`), 'HYPERFLEET-NTF-003')
      assertProblem(await bench.client.get(`/${text}`), 'HYPERFLEET-NTF-000')
    }
  })

  test('contract 2.2: ids with odd characters, long ones and dots are not found', async () => {
    const ids = [
      '%00',
      '%0d%0aX-Injected:%20yes',
      '%2f',
      '%2e%2e',
      '..',
      '%F0%9F%98%80',
      '__proto__',
      'a'.repeat(8000),
    ]
    for (const id of ids) {
      const answer = await bench.client.get(`/clusters/${id}`)
      assertProblem(answer, 'HYPERFLEET-NTF-002')
      assert.equal(answer.headers['x-injected'], undefined)
    }
  })

  test('contract 7.5: a query that cannot be decoded is refused, never treated as no filter', async () => {
    for (const text of NOT_DECODABLE)
      for (const path of [...LISTS, '/explain/clusters'])
        assertProblem(await bench.client.get(`${path}?search=${text}`), 'HYPERFLEET-VAL-005')
  })

  test('contract 8.1, 8.10: invalid searches are refused', async () => {
    for (const search of SEARCHES_REFUSED)
      for (const path of LISTS) assertProblem(await bench.client.list(path, { search }), 'HYPERFLEET-VAL-005')
  })

  test('contract 8.4, 8.5: searches for absent values find nothing', async () => {
    for (const search of SEARCHES_EMPTY) {
      const answer = await bench.client.list('/clusters', { search })
      assert.deepEqual([answer.status, answer.json.total], [200, 0], `${search.slice(0, 60)}: ${answer.text}`)
    }
  })

  test('contract 8.1: a search of 4096 bytes is accepted and one byte more refused, in bytes of UTF-8', async () => {
    const sized = (length: number, filler: string) => {
      const size = (length - "name=''".length) / Buffer.byteLength(filler)
      return `name='${filler.repeat(size)}'`
    }
    for (const filler of ['x', '😀']) {
      const longest = sized(filler === 'x' ? 4096 : 4095, filler)
      assert.equal((await bench.client.list('/clusters', { search: longest })).status, 200)
      assert.equal((await bench.client.list('/clusters', { search: ` \n${longest}  ` })).status, 200)
      const longer = `${longest} or name='a'`
      assertProblem(await bench.client.list('/clusters', { search: longer }), 'HYPERFLEET-VAL-005')
    }
    assertProblem(await bench.client.list('/clusters', { search: sized(4097, 'x') }), 'HYPERFLEET-VAL-005')
  })

  test('contract 7.2, 7.4: parameters out of range or with an invalid order are refused', async () => {
    for (const [query, code] of PARAMETERS_REFUSED)
      for (const path of LISTS) assertProblem(await bench.client.get(`${path}?${query}`), code)
  })

  test('contract 9.1: raw bytes in path and query get an answer or a closed connection, never a 5xx', async () => {
    const targets = [
      `${BASE}/clusters/\u0000`,
      `${BASE}/clusters?search=\u0000`,
      `${BASE}/clusters?\u0000`,
      `${BASE}/clusters?search=name='\u0000'`,
      `${BASE}/clusters/\xff\xfe`,
      `${BASE}/clusters?search=\xff`,
      `${BASE}/clusters?search=name='\xc3\xa9'`,
      `${BASE}/clusters?search=name = 'a'`,
      `${BASE}/clusters\t`,
      `${BASE}/clusters\u007f`,
      `${BASE}/clusters#fragment`,
      `${BASE}/clusters\\..\\clusters`,
      `${BASE}//clusters`,
      `${BASE}/../v1/clusters`,
      '',
      '*',
      '?',
      'clusters',
      '//',
      '///etc/passwd',
      `http://localhost${BASE}/clusters`,
      `http://[${BASE}/clusters`,
      `/${'a/'.repeat(5000)}`,
      `${BASE}/clusters?${'&'.repeat(10_000)}`,
      `${BASE}/clusters?${'a=&'.repeat(3000)}`,
      `${BASE}/clusters?search=${'%28'.repeat(4096)}`,
    ]
    for (const target of targets) {
      const request = rawRequest('GET', '', '', ['Connection: close']).toString('latin1')
      const bytes = Buffer.from(request.replace('GET ', `GET ${target}`), 'latin1')
      const answer = await sendRaw(bench.server.origin, bytes)
      const { status } = answer ?? { status: 400 }
      assert.ok(status < 500, `${JSON.stringify(target.slice(0, 80))}: ${status}`)
    }
  })

  test('contract 9.1: none of this has changed stored data', async () => {
    assert.equal(await fleetText(bench.client), stored)
  })
})
