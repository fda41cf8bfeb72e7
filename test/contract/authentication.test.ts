// Authentication: accepted requests, and the refusals of others.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, test } from 'node:test'
import type { ProblemCode } from '../../src/api/problems.ts'
import { benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { AUDIENCE, ISSUER, Signer, type Token, writeKeySet } from '../harness/tokens.ts'

const signer = await Signer.create('one')
const elliptic = await Signer.create('two', 'ES256')
const stranger = await Signer.create('one')
const keySet = writeKeySet([signer, elliptic])

const NO_SUCH_ID = `2${'0'.repeat(26)}`
const base64url = (text: string) => Buffer.from(text).toString('base64url')

/** All routes below the base path, and unknown paths there. */
const PROTECTED: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/clusters'],
  ['HEAD', '/clusters'],
  ['POST', '/clusters'],
  ['GET', `/clusters/${NO_SUCH_ID}`],
  ['PATCH', `/clusters/${NO_SUCH_ID}`],
  ['GET', `/clusters/${NO_SUCH_ID}/statuses`],
  ['POST', `/clusters/${NO_SUCH_ID}/statuses`],
  ['PUT', `/clusters/${NO_SUCH_ID}/statuses`],
  ['GET', '/nodepools'],
  ['GET', `/nodepools/${NO_SUCH_ID}`],
  ['GET', `/clusters/${NO_SUCH_ID}/nodepools`],
  ['POST', `/clusters/${NO_SUCH_ID}/nodepools`],
  ['GET', `/clusters/${NO_SUCH_ID}/nodepools/${NO_SUCH_ID}`],
  ['PATCH', `/clusters/${NO_SUCH_ID}/nodepools/${NO_SUCH_ID}`],
  ['GET', `/clusters/${NO_SUCH_ID}/nodepools/${NO_SUCH_ID}/statuses`],
  ['POST', `/clusters/${NO_SUCH_ID}/nodepools/${NO_SUCH_ID}/statuses`],
  ['PUT', `/clusters/${NO_SUCH_ID}/nodepools/${NO_SUCH_ID}/statuses`],
  ['GET', '/explain/clusters'],
  ['GET', '/explain/nodepools'],
  ['GET', '/facets/clusters?by=labels'],
  ['GET', `/clusters/${NO_SUCH_ID}/facets/nodepools`],
  ['GET', '/history/clusters'],
  ['GET', '/history/nodepools'],
  ['GET', '/metrics'],
  ['HEAD', '/metrics'],
  ['GET', '/no/such/path'],
  ['GET', '/openapi/more'],
  ['GET', '/openapi.html//'],
  ['DELETE', '/clusters'],
  ['PATCH', '/explain/clusters'],
]

benchOnBothEngines(
  'authentication',
  bench => {
    const get = (authorization: string, path = '/clusters') =>
      bench.client.send(path, { headers: { authorization } })

    test('contract 10.1: without a token every path under the base path is 401', async () => {
      for (const [method, path] of PROTECTED) {
        const answer = await bench.client.send(path, { method })
        assert.equal(answer.status, 401, `${method} ${path}`)
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer\b/)
        if (method !== 'HEAD') assertProblem(answer, 'HYPERFLEET-AUT-001')
      }
    })

    test('contract 10.1: with a valid token each of them answers as without authentication', async () => {
      const authorization = await signer.bearer()
      for (const [method, path] of PROTECTED) {
        const { status, headers } = await bench.client.send(path, { method, headers: { authorization } })
        assert.ok([200, 400, 404, 405].includes(status), `${method} ${path}: ${status}`)
        assert.equal(headers['www-authenticate'], undefined)
      }
    })

    test('contract 10.1: the two openapi paths, and everything outside the base path, need no token', async () => {
      for (const path of [
        '/openapi',
        '/openapi.html',
        '/openapi?x=1',
        '/openapi/',
        '/openapi.html/',
        '/api/hyperfleet',
      ])
        assert.equal((await bench.client.get(path)).status, 200, path)
      for (const method of ['GET', 'HEAD'])
        assert.equal((await bench.client.send('/openapi', { method })).status, 200)
      const page = await bench.client.get('/openapi.html')
      for (const [, file = ''] of page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g))
        assert.equal((await bench.client.get(file)).status, 200, file)
      assert.equal((await bench.client.get('/api/elsewhere')).status, 404)
    })

    test('contract 10.1: no spelling of a path bypasses the token', async () => {
      for (const path of [
        `${BASE}/openapi/../clusters`,
        `${BASE}//clusters`,
        '/api/hyperfleet//v1/clusters',
        '/api/hyperfleet/./v1/clusters',
        '/api/hyperfleet/v1%2Fclusters',
        '/api/hyperfleet/%76%31/clusters',
        '/api//hyperfleet/v1/clusters',
        `${BASE}/clusters/`,
        `${BASE}/clusters;x=1`,
      ]) {
        const { status } = await bench.client.get(path)
        assert.ok(status === 401 || status === 404, `${path}: ${status}`)
      }
    })

    test('contract 10.1: another scheme, or anything that is not a JWT, is AUT-002', async () => {
      const token = await signer.sign()
      for (const authorization of [
        'Basic dXNlcjpwYXNz',
        `Token ${token}`,
        `Basic ${token}`,
        token,
        'Bearer',
        'Bearer ',
        'Bearer token',
        'Bearer a.b',
        'Bearer a.b.c',
        'Bearer ..',
        `Bearer ${token}.x`,
        `Bearer ${token.split('.').slice(0, 2).join('.')}`,
        `Bearer ${base64url('[]')}.${base64url('{}')}.x`,
        `Bearer ${base64url('{"alg":')}.${base64url('{}')}.x`,
        `Bearer ${token} ${token}`,
        `Bearer,${token}`,
        `Bearer "${token}"`,
      ]) {
        const answer = await get(authorization)
        assertProblem(answer, 'HYPERFLEET-AUT-002')
        assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer\b/)
      }
    })

    const INVALID: readonly (readonly [fault: string, token: Token])[] = [
      ['another issuer', { claims: { iss: 'https://other.example.com' } }],
      ['an issuer with the same prefix', { claims: { iss: `${ISSUER}/` } }],
      ['another audience', { claims: { aud: 'other' } }],
      ['other audiences', { claims: { aud: ['other', `${AUDIENCE}2`] } }],
      ['an unknown key', { keyId: 'three' }],
      ['another issuer, and expired', { claims: { iss: 'x' }, expiresAt: -3600 }],
      ['another audience, and not valid yet', { claims: { aud: 'x' }, validFrom: 3600 }],
      ['no expiry', { expiresAt: null }],
    ]

    const refuse = async (fault: string, authorization: string, code: ProblemCode = 'HYPERFLEET-AUT-002') => {
      const answer = await get(authorization)
      assert.equal(answer.status, 401, fault)
      assertProblem(answer, code)
      assert.match(answer.headers['www-authenticate'] ?? '', /^Bearer\b/)
    }

    test('contract 10.1: a wrong issuer, audience or key is AUT-002, whatever its time', async () => {
      for (const [fault, token] of INVALID) await refuse(fault, await signer.bearer(token))
    })

    test('contract 10.1: a token that is valid except for its time is AUT-003', async () => {
      for (const token of [{ expiresAt: -3600 }, { validFrom: 3600 }, { expiresAt: -31 }, { validFrom: 31 }])
        await refuse(JSON.stringify(token), await signer.bearer(token), 'HYPERFLEET-AUT-003')
    })

    test('contract 10.1: the signature is checked before the time', async () => {
      for (const token of [{ expiresAt: -3600 }, { validFrom: 3600 }])
        await refuse(JSON.stringify(token), await stranger.bearer(token))
    })

    test('contract 10.1: a token without issuer or audience is AUT-002', async () => {
      for (const name of ['iss', 'aud'])
        for (const value of [undefined, null, '', []])
          await refuse(`${name} is ${value}`, await signer.bearer({ claims: { [name]: value } }))
    })

    test('contract 10.1: a bad signature is AUT-002', async () => {
      const [header = '', payload = '', signature = ''] = (await signer.sign()).split('.')
      const forged = base64url(JSON.stringify({ iss: ISSUER, aud: AUDIENCE, email: 'root@example.com' }))
      await refuse('another key of the same name', await stranger.bearer())
      await refuse('a changed payload', `Bearer ${header}.${forged}.${signature}`)
      await refuse('a changed signature', `Bearer ${header}.${payload}.${signature.slice(0, -4)}AAAA`)
      await refuse('no signature', `Bearer ${header}.${payload}.`)
      const [otherHeader = '', otherPayload = ''] = (await elliptic.sign()).split('.')
      await refuse("another token's signature", `Bearer ${otherHeader}.${otherPayload}.${signature}`)
    })

    test('contract 10.1: an unsigned token, or one signed with the public key, is AUT-002', async () => {
      const payload = base64url(
        JSON.stringify({ iss: ISSUER, aud: AUDIENCE, email: 'root@example.com', exp: 4_000_000_000 }),
      )
      for (const alg of ['none', 'None', 'NONE']) {
        const header = base64url(JSON.stringify({ alg, kid: 'one' }))
        for (const signature of ['', 'x']) await refuse(alg, `Bearer ${header}.${payload}.${signature}`)
      }
      for (const secret of [signer.publicPem, JSON.stringify(signer.jwk), signer.jwk.n ?? '', '']) {
        const signed = `${base64url(JSON.stringify({ alg: 'HS256', kid: 'one' }))}.${payload}`
        const signature = createHmac('sha256', secret).update(signed).digest('base64url')
        await refuse('HS256 with the public key', `Bearer ${signed}.${signature}`)
      }
    })

    test('contract 10.1: any key of the set is accepted, with or without its id in the token', async () => {
      for (const key of [signer, elliptic]) {
        assert.equal((await get(await key.bearer())).status, 200)
        assert.equal((await get(await key.bearer({ keyId: null }))).status, 200)
      }
      assert.equal((await get(await signer.bearer({ claims: { aud: ['x', AUDIENCE] } }))).status, 200)
    })

    test('contract 15.7: the metrics below the base path need a token, and are complete with one', async () => {
      const { text } = await bench.client.get('/metrics')
      assert.doesNotMatch(text, /hyperfleet_api_/)
      const denied = await get(await stranger.bearer(), '/metrics')
      assertProblem(denied, 'HYPERFLEET-AUT-002')
      assert.doesNotMatch(denied.text, /hyperfleet_api_/)
      const answer = await get(await signer.bearer(), '/metrics')
      assert.equal(answer.status, 200)
      assert.match(answer.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
      assert.match(answer.text, /^hyperfleet_api_ready 1$/m)
      for (const name of ['resources', 'indexed_label_keys', 'indexed_label_keys_max', 'open_reads'])
        assert.match(answer.text, new RegExp(`^# TYPE hyperfleet_api_${name} gauge$`, 'm'))
      assert.match(answer.text, /^hyperfleet_api_indexed_label_keys_max\{kind="Cluster"\} 1024$/m)
    })

    test("contract 10.1: time is measured by the server's clock", async () => {
      const authorization = await signer.bearer({ expiresAt: 3600, validFrom: -10 })
      assert.equal((await get(authorization)).status, 200)
      bench.clockAt(2 * 3600)
      await refuse('expired since', authorization, 'HYPERFLEET-AUT-003')
      bench.clockAt(0)
    })

    test('contract 10.1: a refused client does not learn which resources exist', async () => {
      const body = { kind: 'Cluster', name: 'X' }
      assertProblem(await bench.client.post('/clusters', body), 'HYPERFLEET-AUT-001')
      assertProblem(await bench.client.get('/clusters?page=0'), 'HYPERFLEET-AUT-001')
      assertProblem(await get(await stranger.bearer(), `/clusters/${NO_SUCH_ID}`), 'HYPERFLEET-AUT-002')
      const { json, text } = await get(await signer.bearer({ expiresAt: -3600 }))
      assert.equal(json.errors, undefined)
      assert.doesNotMatch(text, /jose|JWT[A-Z]|ERR_/)
    })
  },
  keySet.environment,
)

after(() => keySet.remove())
