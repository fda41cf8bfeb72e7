// Bodies as bytes: size, media type, encoding, JSON, depth, surrogates (contract 4.6).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { BASE, report, type TestAnswer } from '../harness/client.ts'
import { assertFaults } from '../harness/faults.ts'
import { assertProblem } from '../harness/problem.ts'
import { rawRequest, sendRaw } from '../harness/raw.ts'

const MEBIBYTE = 1024 * 1024

const MALFORMED: readonly (string | Buffer)[] = [
  ' ',
  '{',
  '{"kind":"Cluster","name":"cut","spec":{}',
  '{"kind":"Cluster","name":"cut","spec":{}}}',
  '{"kind":"Cluster","name":"two","spec":{}} {}',
  "{'kind':'Cluster'}",
  '{kind:"Cluster"}',
  '{"kind":"Cluster",}',
  '{"spec":[1,]}',
  '{"spec":{"a":01}}',
  '{"spec":{"a":+1}}',
  '{"spec":{"a":.5}}',
  '{"spec":{"a":5.}}',
  '{"spec":{"a":1e}}',
  '{"spec":{"a":0x1}}',
  '{"spec":{"a":NaN}}',
  '{"spec":{"a":Infinity}}',
  '{"spec":{"a":undefined}}',
  '{"spec":{"a":True}}',
  '{"spec":{"a":"\u0001"}}',
  '{"spec":{"a":"\n"}}',
  '{"spec":{"a":"\\x41"}}',
  '{"spec":{"a":"\\u12g4"}}',
  '{"spec":{"a":"open}}',
  '{"spec":{} /* comment */}',
  '{"spec":\u00a0{}}',
  'null',
  'true',
  '0',
  '1e400',
  '"text"',
  '[]',
  '[{"kind":"Cluster","name":"in-array","spec":{}}]',
  '[[[[[[',
  '\u0000',
  '{}\u0000',
  '\ufeff{"kind":"Cluster","name":"with-mark","spec":{}}',
  Buffer.from('{"kind":"Cluster","name":"utf-16","spec":{}}', 'utf16le'),
  Buffer.from([0x7b, 0xff, 0x7d]),
  Buffer.from('{"spec":{"a":"\xe9"}}', 'latin1'),
  Buffer.from('{"spec":{"a":"\xc0\xaf"}}', 'latin1'),
  Buffer.from('{"spec":{"a":"\xed\xa0\x80"}}', 'latin1'),
  Buffer.from('{"spec":{"a":"\xf4\x90\x80\x80"}}', 'latin1'),
  Buffer.from('{"spec":{"a":"\xe2\x82"}}', 'latin1'),
]

/** A spec whose body has this many levels, the body being the first. `pattern` gives the inner levels in turn. */
function deepSpec(levels: number, pattern: string): string {
  const kinds = `{${pattern.repeat(levels)}`.slice(0, levels - 1)
  const opening = kinds.replaceAll('{', '{"a":')
  const closing = [...kinds].reverse().map(kind => (kind === '{' ? '}' : ']'))
  return `"spec":${opening}1${closing.join('')}`
}

benchOnBothEngines('bodies', bench => {
  let cluster = ''
  before(async () => {
    cluster = `/clusters/${(await bench.client.cluster('target')).id}`
  })
  const create = (rest: string | Buffer) => {
    const head = `{"kind":"Cluster","name":"${bench.name()}",`
    return bench.client.post(
      '/clusters',
      Buffer.concat([Buffer.from(head), Buffer.from(rest), Buffer.from('}')]),
    )
  }
  /** Sends a body to every type of write. */
  const toEveryWrite = async (
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<TestAnswer[]> => [
    await bench.client.send('/clusters', { method: 'POST', body, headers }),
    await bench.client.send(`${cluster}/nodepools`, { method: 'POST', body, headers }),
    await bench.client.send(cluster, { method: 'PATCH', body, headers }),
    await bench.client.send(`${cluster}/statuses`, { method: 'POST', body, headers }),
    await bench.client.send(`${cluster}/statuses`, { method: 'PUT', body, headers }),
  ]

  test('contract 4.6: anything but a JSON object in UTF-8 without byte order mark is malformed', async () => {
    for (const body of MALFORMED)
      for (const answer of await toEveryWrite(body)) {
        assert.equal(answer.status, 400, `${JSON.stringify(body.toString('latin1'))}: ${answer.text}`)
        assertProblem(answer, 'HYPERFLEET-VAL-006')
      }
  })

  test('contract 4.6: a missing body is malformed', async () => {
    for (const answer of await toEveryWrite('')) assertProblem(answer, 'HYPERFLEET-VAL-006')
    for (const method of ['POST', 'PATCH'] as const) {
      const path = method === 'POST' ? '/clusters' : cluster
      assertProblem(await bench.client.send(path, { method }), 'HYPERFLEET-VAL-006')
    }
  })

  test('contract 4.6: 64 levels of nesting are accepted and 65 refused, of objects and arrays', async () => {
    for (const pattern of ['{', '[', '[{']) {
      const taken = await create(deepSpec(64, pattern))
      assert.equal(taken.status, 201, taken.text)
      assertProblem(await create(deepSpec(65, pattern)), 'HYPERFLEET-VAL-006')
      assertProblem(await create(deepSpec(100_000, pattern)), 'HYPERFLEET-VAL-006')
    }
  })

  test('contract 4.6: nesting counts in ignored members, brackets in strings do not', async () => {
    assertProblem(await create(`"spec":{},"x":${'['.repeat(64)}${']'.repeat(64)}`), 'HYPERFLEET-VAL-006')
    assert.equal((await create(`"spec":{},"x":${'['.repeat(63)}${']'.repeat(63)}`)).status, 201)
    assert.equal((await create(`"spec":{"x":"${'[{'.repeat(1000)}"}`)).status, 201)
    assert.equal((await create(`"spec":{"x":[${'[],'.repeat(1000)}[]]}`)).status, 201)
  })

  test('contract 4.6: a body at the limit is accepted, one byte more is too large', async () => {
    const sized = (size: number) => {
      const head = `{"kind":"Cluster","name":"${bench.name()}","spec":{"x":"`
      return `${head}${'x'.repeat(size - head.length - 3)}"}}`
    }
    const taken = await bench.client.post('/clusters', sized(MEBIBYTE))
    assert.equal(taken.status, 201, taken.text.slice(0, 300))
    for (const answer of await toEveryWrite(sized(MEBIBYTE + 1))) assertProblem(answer, 'HYPERFLEET-VAL-009')
    assertProblem(await bench.client.post('/clusters', ' '.repeat(4 * MEBIBYTE)), 'HYPERFLEET-VAL-009')
  })

  test('contract 4.6: a chunked body counts by its total', async () => {
    const chunk = `${(65_536).toString(16)}\r\n${' '.repeat(65_536)}\r\n`
    const chunked = (chunks: number) => {
      const object = `{"kind":"Cluster","name":"${bench.name()}","spec":{}}`
      const body = `${chunk.repeat(chunks)}${object.length.toString(16)}\r\n${object}\r\n0\r\n\r\n`
      const head = [
        'POST',
        `${BASE}/clusters`,
        'HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
      ]
      return sendRaw(bench.server.origin, head.join(' ') + body)
    }
    // The native engine does not accept them (contract 4.10).
    assert.equal((await chunked(15))?.status, bench.engine === 'uws' ? 411 : 201)
    assert.equal((await chunked(16))?.status, bench.engine === 'uws' ? 411 : 413)
  })

  test('contract 4.6: a media type, if present, must be JSON', async () => {
    const body = '{}'
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'text/html',
      'application/jsonx',
      'json',
      'x',
    ])
      for (const answer of await toEveryWrite(body, { 'content-type': type })) {
        assertProblem(answer, 'HYPERFLEET-VAL-010')
      }
  })

  test('contract 4.6: every usual JSON media type is accepted, and none at all', async () => {
    const types = [
      'application/json',
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset=UTF-8',
      'application/merge-patch+json',
    ]
    for (const type of types) {
      const body = { kind: 'Cluster', name: bench.name(), spec: {} }
      const answer = await bench.client.send('/clusters', {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      })
      assert.equal(answer.status, 201, type)
    }
    const body = `{"kind":"Cluster","name":"${bench.name()}","spec":{}}`
    assert.equal(
      (await sendRaw(bench.server.origin, rawRequest('POST', `${BASE}/clusters`, body, [])))?.status,
      201,
    )
  })

  test('contract 4.6: white space around and inside is ignored', async () => {
    const body = `\r\n\t { "kind" : "Cluster" ,\n"name":"${bench.name()}"\t,"spec" : { } } \n`
    assert.equal((await bench.client.post('/clusters', body)).status, 201)
  })

  test('contract 4.6: a lone surrogate is refused outside spec, data and metadata', async () => {
    assertFaults(await create('"spec":{},"labels":{"k":"\\ud800"}'), 'labels.k')
    assertFaults(await create('"spec":{},"name":"abc\\ud800"'), 'name')
    assertFaults(await create('"spec":{},"ignored":"\\udc00"'), 'ignored')
    const surrogate = 'x\\ud800'
    const faulty = [
      ['"reason":"Tested"', `"reason":"${surrogate}"`, 'conditions[0].reason'],
      ['"message":"As', `"message":"${surrogate}As`, 'conditions[0].message'],
      ['"adapter":"dns', `"adapter":"${surrogate}`, 'adapter'],
      ['"type":"Applied', `"type":"${surrogate}Applied","type":"Applied${surrogate}`, undefined],
    ] as const
    for (const [from, to, field] of faulty) {
      const body = JSON.stringify(report('dns', 'True', 1, at(0))).replace(from, to)
      const answer = await bench.client.post(`${cluster}/statuses`, body)
      assertProblem(answer, 'HYPERFLEET-VAL-000')
      if (field !== undefined) assertFaults(answer, field)
    }
    assert.equal((await bench.client.get(`${cluster}/statuses`)).json.total, 0)
  })

  test('contract 3.8, 4.6: a lone surrogate inside spec, data and metadata is kept, in keys and strings', async () => {
    const kept = '{"\\ud800":"a\\udc00b","deep":[{"\\udfff":"\\ud83d"}]}'
    const created = await create(`"spec":${kept}`)
    assert.equal(created.status, 201)
    assert.deepEqual((await bench.client.get(created.json.href)).json.spec, JSON.parse(kept))
    const head = JSON.stringify(report('kept', 'True', 1, at(0))).slice(0, -1)
    const answer = await bench.client.post(
      `${cluster}/statuses`,
      `${head},"data":${kept},"metadata":${kept}}`,
    )
    assert.equal(answer.status, 201)
    assert.deepEqual([answer.json.data, answer.json.metadata], [JSON.parse(kept), JSON.parse(kept)])
  })
})

benchOnBothEngines(
  'bodies with a limit of their own',
  bench => {
    test('contract 4.6: the limit is configurable', async () => {
      const padded = (size: number) => `{"kind":"Cluster","name":"${bench.name()}","spec":{}}`.padEnd(size)
      assert.equal((await bench.client.post('/clusters', padded(1000))).status, 201)
      assertProblem(await bench.client.post('/clusters', padded(1001)), 'HYPERFLEET-VAL-009')
    })
  },
  { HYPERFLEET_SERVER_BODY_LIMIT_BYTES: '1000' },
)
