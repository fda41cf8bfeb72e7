// spec, data and metadata are returned as they were written (contract 3.8).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'

const NUMBERS = [
  '0',
  '-0',
  '-0.0',
  '1',
  '1.0',
  '1.50',
  '1e0',
  '1E+2',
  '1e-7',
  '0.1',
  '0.1000000000000000055511151231257827',
  '9007199254740993',
  '12345678901234567890',
  '-12345678901234567890.000',
  '1e400',
  '-1E400',
  '1e-400',
  '1e1000000000',
  `1${'0'.repeat(400)}`,
]

/** Strings as JSON text. */
const STRINGS = [
  '""',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\\u0000 and \\u001f"',
  '"\\u2028\\u2029\\ufeff\\uffff"',
  '"\\ud83d\\ude00 and 😀"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"a\\udc00b"',
  '"é e\\u0301 \\u007f"',
  '"</script><!--"',
  '"null"',
]

const OTHERS = [
  'null',
  'true',
  'false',
  '{}',
  '[]',
  '[[],[[]],{}]',
  '{"":{"":""}}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null,"hasOwnProperty":0}',
  '{"2":1,"1":2,"-1":3}',
  '{"a b":1,"a.b":2,"a/b":3,"a~b":4,"\\u0000":5}',
]

const MEMBERS = [...NUMBERS, ...STRINGS, ...OTHERS].map((text, index) => `"m${index}":${text}`)
const WRITTEN = `{${MEMBERS.join(',')}}`

/** Asserts that a text contains all of WRITTEN under a name: numbers by character, everything by content. */
function assertKept(text: string, name: string, read: unknown): void {
  assert.deepEqual(read, JSON.parse(WRITTEN))
  assert.ok(text.includes(`"${name}":`), name)
  NUMBERS.forEach((number, index) => {
    assert.match(text, new RegExp(`"m${index}":\\s*${number.replace(/[.+]/g, '\\$&')}\\s*,`), number)
  })
  assert.match(text, /"2":\s*1,\s*"1":\s*2/, 'keys keep their order')
}

benchOnBothEngines('members kept as written', bench => {
  test('contract 3.8: the spec of a cluster and of a nodepool, in every answer and after a restart', async () => {
    const created = await bench.client.post('/clusters', `{"kind":"Cluster","name":"kept","spec":${WRITTEN}}`)
    assert.equal(created.status, 201)
    const path = `/clusters/${created.json.id}`
    const body = `{"kind":"NodePool","name":"kept","spec":${WRITTEN}}`
    const pool = await bench.client.post(`${path}/nodepools`, body)
    for (const { text, json } of [created, pool]) assertKept(text, 'spec', json.spec)
    const reads = ['', '/nodepools'].map(rest => `${path}${rest}`).concat('/clusters', '/nodepools')
    const texts: string[] = []
    for (let round = 0; round < 2; round++) {
      for (const read of reads) {
        const { text, json } = await bench.client.get(read)
        assertKept(text, 'spec', (json.items?.[0] ?? json).spec)
        texts.push(text)
      }
      await bench.restart()
    }
    assert.deepEqual(texts.slice(0, reads.length), texts.slice(reads.length))
  })

  test('contract 3.8, 4.5: a spec replaced by a PATCH, and one left by a PATCH of labels', async () => {
    const { href } = await bench.client.cluster('patched')
    const patched = await bench.client.patch(href, `{"spec":${WRITTEN}}`)
    assertKept(patched.text, 'spec', patched.json.spec)
    const labelled = await bench.client.patch(href, { labels: { a: 'b' } })
    assertKept(labelled.text, 'spec', labelled.json.spec)
  })

  test('contract 3.8: data and metadata of a report, in the answer, in lists and after a restart', async () => {
    const { href } = await bench.client.cluster('reported')
    const head = JSON.stringify(report('dns', 'True', 1, at(0))).slice(0, -1)
    const path = `${href}/statuses`
    const posted = await bench.client.post(path, `${head},"metadata":${WRITTEN},"data":${WRITTEN}}`)
    assert.equal(posted.status, 201)
    await bench.restart()
    const { text, json } = await bench.client.get(path)
    for (const name of ['metadata', 'data']) {
      assertKept(posted.text, name, posted.json[name])
      assertKept(text, name, json.items[0][name])
    }
  })

  test('contract 3.8, 4.1: only the last of two members of the same name is kept', async () => {
    const body = `{"kind":"Cluster","name":"twice","spec":{"first":1},"spec":${WRITTEN}}`
    const { status, text, json } = await bench.client.post('/clusters', body)
    assert.equal(status, 201)
    assertKept(text, 'spec', json.spec)
    assert.ok(!text.includes('first'))
  })
})
