// Answers that depend only on the head do not wait for the body: a client that sends one byte of it and then nothing
// occupies no memory, and gets its answer long before the body deadline.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { BASE_PATH } from '../../src/wire/paths.ts'
import { benchOnBothEngines } from '../harness/bench.ts'
import { type RawAnswer, sendRaw } from '../harness/raw.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
after(() => keySet.remove())

const JSON_TYPE = 'Content-Type: application/json'
/** Empty: no `Expect` header. Its value is not case-sensitive (RFC 9110, section 10.1.1). */
const EXPECTATIONS = ['', 'Expect: 100-continue', 'Expect: 100-Continue', 'EXPECT:  100-CONTINUE ']

/** The answer to a request after its head and one byte of the body. */
function unfinished(
  origin: string,
  requestLine: string,
  headers: readonly string[],
): Promise<RawAnswer | undefined> {
  const lines = [`${requestLine} HTTP/1.1`, 'Host: localhost', ...headers.filter(header => header !== '')]
  return sendRaw(origin, `${lines.join('\r\n')}\r\n\r\n{`)
}

async function assertAnswered(
  origin: string,
  [requestLine, headers, status, code]: readonly [string, readonly string[], number, string],
): Promise<void> {
  for (const expectation of EXPECTATIONS) {
    const answer = await unfinished(origin, requestLine, [...headers, expectation])
    assert.equal(answer?.status, status, `${requestLine} ${expectation}`)
    assert.equal(JSON.parse(answer?.body ?? '').code, code)
  }
}

const LENGTH = 'Content-Length: 100000'
const CLUSTERS = `${BASE_PATH}/clusters`

benchOnBothEngines('answers by the head', bench => {
  test('contract 4.11: 404 for a path, 405, 413 and 415 do not wait for the body', async () => {
    for (const known of [
      [`POST ${BASE_PATH}/nothing`, [JSON_TYPE, LENGTH], 404, 'HYPERFLEET-NTF-000'],
      ['POST /nothing', [JSON_TYPE, LENGTH], 404, 'HYPERFLEET-NTF-000'],
      ['POST /', [JSON_TYPE, LENGTH], 405, 'HYPERFLEET-VAL-008'],
      [`PUT ${CLUSTERS}`, [JSON_TYPE, LENGTH], 405, 'HYPERFLEET-VAL-008'],
      [`POST ${CLUSTERS}`, [JSON_TYPE, 'Content-Length: 1048577'], 413, 'HYPERFLEET-VAL-009'],
      [`POST ${CLUSTERS}`, [JSON_TYPE, 'Content-Length: 999999999999'], 413, 'HYPERFLEET-VAL-009'],
      [`POST ${CLUSTERS}`, ['Content-Type: text/plain', LENGTH], 415, 'HYPERFLEET-VAL-010'],
    ] as const)
      await assertAnswered(bench.server.origin, known)
  })

  test('contract 4.11: a read with a body is answered without waiting for it', async () => {
    const answer = await unfinished(bench.server.origin, `GET ${CLUSTERS}?pageSize=0`, [LENGTH])
    assert.equal(answer?.status, 200)
  })
})

benchOnBothEngines(
  'answers by the head, with authentication',
  bench => {
    test('contract 4.11: 401 and 403 do not wait for the body', async () => {
      const anonymous = await signer.bearer({ claims: { email: undefined } })
      for (const known of [
        [`POST ${CLUSTERS}`, [LENGTH], 401, 'HYPERFLEET-AUT-001'],
        [`POST ${CLUSTERS}`, [LENGTH, 'Authorization: Basic eA=='], 401, 'HYPERFLEET-AUT-002'],
        [`POST ${CLUSTERS}`, [LENGTH, `Authorization: ${anonymous}`], 403, 'HYPERFLEET-AUZ-001'],
      ] as const)
        await assertAnswered(bench.server.origin, known)
    })
  },
  keySet.environment,
)

benchOnBothEngines(
  'answers by the head, with a rate',
  bench => {
    test('contract 4.11: 429 does not wait for the body', async () => {
      let status: number | undefined
      for (let i = 0; i < 100 && status !== 429; i++)
        status = (await unfinished(bench.server.origin, `PUT ${CLUSTERS}`, [LENGTH]))?.status
      assert.equal(status, 429)
    })
  },
  { HYPERFLEET_LIMITS_RATE_PER_SECOND: '1', HYPERFLEET_LIMITS_RATE_BURST: '2' },
)
