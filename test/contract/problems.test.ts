// Problems on the wire: each provoked problem, and the request ids (contract, section 9).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'
import { documentedProblems } from '../harness/errors-document.ts'
import { assertProblem } from '../harness/problem.ts'
import { sendRaw } from '../harness/raw.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'
import { PROVOCATIONS, type Provocation, REQUEST_ID, type ServerKind, TAKEN_NAME } from './provocations.ts'

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
const documented = documentedProblems()

const ENVIRONMENTS: Readonly<Record<ServerKind, Record<string, string>>> = {
  plain: {},
  authenticated: keySet.environment,
  bounded: { HYPERFLEET_LIMITS_MEMORY_BYTES: '1' },
}

async function headersOf({ token, headers }: Provocation): Promise<Record<string, string>> {
  const common = { ...headers, 'x-request-id': REQUEST_ID }
  if (token === undefined) return common
  const options = token === 'expired' ? { expiresAt: -3600 } : { claims: { email: undefined } }
  return { ...common, authorization: await signer.bearer(options) }
}

for (const kind of ['plain', 'authenticated', 'bounded'] as const)
  benchOnBothEngines(
    `problems of a server: ${kind}`,
    bench => {
      before(async () => {
        if (kind === 'plain') await bench.client.cluster(TAKEN_NAME)
      })

      // contract, section 9
      for (const provocation of PROVOCATIONS.filter(({ server }) => server === kind))
        test(`${provocation.code} is answered as shown in docs/errors.md (contract 9.1)`, async context => {
          const { code, path, engine } = provocation
          if (engine !== undefined && engine !== bench.engine) return context.skip(`only on ${engine}`)
          const answer = await bench.client.send(path, {
            ...provocation,
            headers: await headersOf(provocation),
          })
          assertProblem(answer, code)
          assert.deepEqual(answer.json, documented.get(code)?.example ?? {})
          const members = ['type', 'title', 'status', 'detail', 'instance', 'code', 'timestamp', 'trace_id']
          assert.deepEqual(
            Object.keys(answer.json).filter(name => name !== 'errors'),
            members,
          )
        })
    },
    ENVIRONMENTS[kind],
  )

after(() => keySet.remove())

/** Ids that an answer may repeat unchanged. */
const SANE = [
  'a',
  'abc-123',
  REQUEST_ID,
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  'req_1.2:3',
]

const INSANE = [
  ' ',
  'a b',
  'a"b',
  'a\\b',
  '<script>',
  'a;b',
  'é',
  '\x80',
  'x'.repeat(1000),
  '{}',
  'a\tb',
  "'",
]

benchOnBothEngines('the request id', bench => {
  const idOf = async (sent: string | undefined, path = '/clusters') => {
    const { headers, json, status } = await bench.client.get(
      path,
      sent === undefined ? {} : { 'x-request-id': sent },
    )
    const id = String(headers['x-request-id'])
    if (status >= 400) assert.equal(json.trace_id, id)
    return id
  }

  test('an acceptable request id is used, for answers and for problems (contract 9.1)', async () => {
    for (const id of SANE)
      for (const path of ['/clusters', '/clusters?page=0', '/nope']) assert.equal(await idOf(id, path), id)
  })

  test('without an acceptable one every request gets an id of its own (contract 9.1)', async () => {
    const ids = new Set<string>()
    for (const sent of [undefined, '', ...INSANE])
      for (const path of ['/clusters', '/nope']) {
        const id = await idOf(sent, path)
        assert.match(id, /^[\w.:-]{8,64}$/)
        assert.notEqual(id, sent)
        ids.add(id)
      }
    assert.equal(ids.size, 2 * (INSANE.length + 2))
  })

  test('trace_id is the trace id of the request if it has one, and the request id is unaffected (contract 9.1)', async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const parent = 'b7ad6b7169203331'
    const answered = async (...traceparents: string[]) => {
      const lines = [`GET ${BASE}/nope HTTP/1.1`, 'Host: a', 'Connection: close', 'X-Request-Id: mine']
      lines.push(...traceparents.map(text => `traceparent: ${text}`))
      const answer = await sendRaw(bench.server.origin, `${lines.join('\r\n')}\r\n\r\n`)
      assert.equal(answer?.headers.get('x-request-id'), 'mine')
      return JSON.parse(answer?.body ?? '').trace_id
    }
    for (const valid of [
      `00-${trace}-${parent}-01`,
      `00-${trace}-${parent}-00`,
      `cc-${trace}-${parent}-01-more`,
    ])
      assert.equal(await answered(valid), trace, valid)
    for (const invalid of [
      '',
      'mine',
      `ff-${trace}-${parent}-01`,
      `00-${'0'.repeat(32)}-${parent}-01`,
      `00-${trace}-${'0'.repeat(16)}-01`,
      `00-${trace.toUpperCase()}-${parent}-01`,
      `00-${trace}-${parent}-01-more`,
      `00-${trace}-${parent}`,
      `00-${trace.slice(1)}-${parent}-01`,
    ])
      assert.equal(await answered(invalid), 'mine', invalid)
    const valid = `00-${trace}-${parent}-01`
    assert.equal(await answered(valid, valid), 'mine', 'several fields count as none')
    const creation = { kind: 'Cluster', name: '-' }
    const refused = await bench.client.send('/clusters', {
      method: 'POST',
      body: creation,
      headers: { traceparent: valid, 'x-request-id': 'mine' },
    })
    assert.deepEqual([refused.json.trace_id, refused.headers['x-request-id']], [trace, 'mine'])
  })

  test('no request id can inject a header into the answer (contract 9.1)', async () => {
    for (const id of ['a\r\n injected: 1', 'a\ninjected: 1', 'a\0b', 'a%0d%0ainjected: 1', 'a\u0085b']) {
      const head = `GET ${BASE}/nope HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: ${id}\r\n\r\n`
      const answer = await sendRaw(bench.server.origin, Buffer.from(head, 'latin1'))
      if (answer === undefined) continue
      assert.equal(answer.headers.get('injected'), undefined)
      assert.ok(answer.status === 404 || answer.status === 400, `${JSON.stringify(id)}: ${answer.status}`)
      const answered = answer.headers.get('x-request-id') ?? ''
      assert.match(answered, /^[\w.:-]*$/)
      assert.notEqual(answered, id)
    }
  })
})

benchOnBothEngines('the members of a problem', bench => {
  test('instance is the path of the request, without its query (contract 9.1)', async () => {
    for (const [path, instance] of [
      ['/clusters?page=0', `${BASE}/clusters`],
      ['/nope', `${BASE}/nope`],
      ['/nope/%20%22?x=1', `${BASE}/nope/%20%22`],
      ['/api/elsewhere', '/api/elsewhere'],
      ['/clusters/%E2%82%AC', `${BASE}/clusters/%E2%82%AC`],
    ] as const)
      assert.equal((await bench.client.get(path)).json.instance, instance)
  })

  test("timestamp is the server's time (contract 3.4, 9.1)", async () => {
    assert.equal((await bench.client.get('/nope')).json.timestamp, at(0))
    bench.clockAt(61.5)
    assert.equal((await bench.client.get('/nope')).json.timestamp, at(61.5))
  })

  test('a problem for a HEAD request has its status and headers, and no body (contract 2.2, 9.1)', async () => {
    for (const [path, status] of [
      ['/clusters?page=0', 400],
      ['/nope', 404],
      ['/clusters/x', 404],
    ] as const) {
      const answer = await bench.client.send(path, { method: 'HEAD' })
      assert.deepEqual([answer.status, answer.text], [status, ''])
      assert.equal(answer.headers['content-type'], 'application/problem+json')
    }
  })
})
