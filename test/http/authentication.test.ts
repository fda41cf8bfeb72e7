// Tokens against a served key set that changes: rotation, request storms, bad keys, the cache, the clock.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Authentication, type Caller, createAuthentication } from '../../src/http/auth/authentication.ts'
import type { KeyEvent } from '../../src/http/auth/key-source.ts'
import {
  KEEP_AT_MOST_MS,
  LOOK_AGAIN_AFTER_MS,
  RENEW_AFTER_MS,
  RETRY_AFTER_MS,
} from '../../src/http/auth/remote-keys.ts'
import { REMEMBER_MS } from '../../src/http/auth/token-memory.ts'
import { type ProblemReply, problem } from '../../src/http/problems.ts'
import { START_MS } from '../harness/bench.ts'
import { KeyServer } from '../harness/key-server.ts'
import { AUDIENCE, ISSUER, Signer } from '../harness/tokens.ts'
import { until } from './transport-server.ts'

const one = await Signer.create('one')
const two = await Signer.create('two', 'ES256')
const edwards = await Signer.create('three', 'EdDSA')

describe('tokens and their keys', () => {
  const server = new KeyServer()
  const events: KeyEvent[] = []
  let wallMs = START_MS
  let monotonicMs = 0
  let authentication: Authentication

  before(() => server.start())
  after(() => server.stop())
  beforeEach(() => {
    server.publish([one, two])
    server.asked = 0
    events.length = 0
    wallMs = START_MS
    monotonicMs = 0
    authentication = createAuthentication(
      {
        enabled: true,
        jwksUrl: server.url,
        jwksFile: '',
        issuer: ISSUER,
        audience: AUDIENCE,
        emailClaim: 'email',
        identityFormat: 'email',
        leewaySeconds: 30,
        requireExpiry: true,
      },
      { machineMs: () => wallMs, nowMs: () => monotonicMs, fetch, onEvent: event => events.push(event) },
    )
  })

  const outcome = async (authorization: string) => summary(await authentication.authenticate(authorization))
  const remembered = (authorization: string) => {
    const answer = authentication.authenticate(authorization)
    return answer instanceof Promise ? 'checked anew' : summary(answer)
  }

  test('contract 10.1: keys of every type verify the tokens of their type', async () => {
    server.publish([one, two, edwards])
    for (const signer of [one, two, edwards])
      for (const keyId of [null, signer.jwk.kid ?? ''])
        assert.equal(await outcome(await signer.bearer({ keyId })), 'in')
  })

  test('contract 10.1: a valid token is cached and then accepted synchronously', async () => {
    const token = await one.bearer()
    assert.equal(await outcome(token), 'in')
    server.answer = { status: 500, body: '' }
    for (let i = 0; i < 100; i++) assert.equal(remembered(token), 'in')
    assert.equal(remembered(`${token.slice(0, -4)}AAAA`), 'checked anew')
    assert.equal(server.asked, 1)
  })

  test('contract 10.1: a refused token is not cached', async () => {
    const token = await one.bearer({ expiresAt: -3600 })
    assert.equal(await outcome(token), 'HYPERFLEET-AUT-003')
    assert.equal(remembered(token), 'checked anew')
  })

  test('contract 10.1: a token is cached for five minutes, whatever the wall clock does', async () => {
    const token = await one.bearer({ expiresAt: 36_000 })
    assert.equal(await outcome(token), 'in')
    monotonicMs = REMEMBER_MS - 1
    for (const jump of [-86_400_000, -1, 0, 3_600_000]) {
      wallMs = START_MS + jump
      assert.equal(remembered(token), 'in')
    }
    monotonicMs = REMEMBER_MS
    assert.equal(remembered(token), 'checked anew')
  })

  test('contract 10.1: after a clock jump a cached token is judged like a new one', async () => {
    const times = { validFrom: 100, expiresAt: 1000 }
    const token = await one.bearer(times)
    const edges = [-86_400, 0, 69, 70, 71, 100, 1000, 1029, 1030, 1031, 86_400]
    for (const from of [70, 500, 1029])
      for (const to of edges) {
        wallMs = START_MS + from * 1000
        assert.equal(await outcome(token), 'in')
        wallMs = START_MS + to * 1000 + 999
        const isGood = to >= 70 && to < 1030
        assert.equal(remembered(token), isGood ? 'in' : 'checked anew')
        assert.equal(await outcome(token), isGood ? 'in' : 'HYPERFLEET-AUT-003', `at ${to} s`)
      }
  })

  test('contract 10.1: a new key is found at once, and a withdrawn one no longer counts', async () => {
    const old = await one.bearer()
    assert.equal(await outcome(old), 'in')
    monotonicMs += LOOK_AGAIN_AFTER_MS
    server.publish([edwards])
    assert.equal(remembered(old), 'in')
    assert.equal(await outcome(await edwards.bearer()), 'in')
    assert.equal(remembered(old), 'checked anew')
    assert.equal(await outcome(old), 'HYPERFLEET-AUT-002')
  })

  test('contract 10.1: another key with the same id invalidates tokens of the old one', async () => {
    const impostor = await Signer.create('one')
    const token = await one.bearer()
    assert.equal(await outcome(token), 'in')
    server.publish([impostor])
    await authentication.reload()
    assert.equal(await outcome(token), 'HYPERFLEET-AUT-002')
    assert.equal(await outcome(await impostor.bearer()), 'in')
  })

  test('contract 10.1: keys are renewed in the background while only cached tokens arrive', async () => {
    const token = await one.bearer()
    await outcome(token)
    monotonicMs = RENEW_AFTER_MS - 1
    await outcome(await one.bearer({ keyId: null }))
    const late = await one.bearer({ claims: { jti: 'late' } })
    await outcome(late)
    assert.equal(server.asked, 1)
    server.publish([two])
    monotonicMs = RENEW_AFTER_MS
    assert.equal(remembered(late), 'in')
    await until(() => events.length === 2)
    assert.equal(await outcome(late), 'HYPERFLEET-AUT-002')
  })

  test('contract 10.1: unknown key ids cause no storm of requests', async () => {
    await outcome(await one.bearer())
    const strangers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => one.bearer({ keyId: `unknown ${i}` })),
    )
    const refuse = async () => {
      const outcomes = await Promise.all(strangers.map(outcome))
      assert.deepEqual(new Set(outcomes), new Set(['HYPERFLEET-AUT-002']))
    }
    await refuse()
    assert.equal(server.asked, 1, 'the keys are fresh')
    for (let round = 2; round < 5; round++) {
      monotonicMs += LOOK_AGAIN_AFTER_MS
      await refuse()
      await refuse()
      assert.equal(server.asked, round)
    }
  })

  test('contract 9.1, 10.1: while keys are unavailable the address is tried once a second', async () => {
    server.answer = { status: 500, body: '' }
    const token = await one.bearer()
    for (let i = 0; i < 20; i++) assert.equal(await outcome(token), 'HYPERFLEET-SVC-001')
    assert.equal(server.asked, 1)
    server.publish([one])
    monotonicMs += RETRY_AFTER_MS
    assert.equal(await outcome(token), 'in')
  })

  test('contract 9.1, 10.1: the previous keys serve while the address is down, but not forever', async () => {
    const token = await one.bearer({ expiresAt: 360_000 })
    await outcome(token)
    server.answer = { status: 404, body: '' }
    monotonicMs = KEEP_AT_MOST_MS - 1
    assert.equal(await outcome(token), 'in')
    await until(() => events.some(({ kind }) => kind === 'keys-unavailable'))
    monotonicMs = KEEP_AT_MOST_MS
    assert.equal(await outcome(token), 'HYPERFLEET-SVC-001')
    server.publish([one])
    monotonicMs += RETRY_AFTER_MS
    assert.equal(await outcome(token), 'in')
  })

  test('contract 9.1, 10.1: unusable keys are skipped, and the others count', async () => {
    const useless = [
      { kty: 'oct', k: 'c2VjcmV0', kid: 'one' },
      { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' },
      { kty: 'RSA', n: 'x', e: 'AQAB' },
      { kty: 'RSA', kid: 'one' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'two' },
      { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA' },
      { ...one.jwk, alg: 'RS1' },
      { ...one.jwk, alg: 'HS256' },
      { ...one.jwk, use: 'enc' },
      { ...one.jwk, key_ops: ['sign'] },
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
      generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }),
      {},
      [],
      null,
      5,
      'key',
    ]
    server.publish([one, two], ...useless)
    for (const signer of [one, two])
      for (const keyId of [null, signer.jwk.kid ?? ''])
        assert.equal(await outcome(await signer.bearer({ keyId })), 'in')
    assert.equal(await outcome(await edwards.bearer({ keyId: null })), 'HYPERFLEET-AUT-002')
    const [event] = events
    assert.ok(event?.kind === 'keys-loaded')
    assert.deepEqual([event.keys.keys.length, event.keys.skipped], [2, useless.length])
  })

  test('contract 10.1: a set without a usable key refuses every token', async () => {
    server.publish([])
    assert.equal(await outcome(await one.bearer()), 'HYPERFLEET-AUT-002')
  })

  test('contract 9.1: an endless answer is not a key set', async () => {
    server.answer = { status: 200, body: `{"keys":[],"x":"${'x'.repeat(2 * 1024 * 1024)}"}` }
    assert.equal(await outcome(await one.bearer()), 'HYPERFLEET-SVC-001')
  })

  test('contract 10.1: an unavailable key set is reported with the reason', async () => {
    const failing: readonly (readonly [answer: KeyServer['answer'], reason: RegExp])[] = [
      [{ status: 500, body: '' }, /^HTTP: status 500 instead of 200$/],
      [{ status: 404, body: '{"keys":[]}' }, /^HTTP: status 404 instead of 200$/],
      [{ status: 302, body: '' }, /^HTTP: status 302 instead of 200$|redirect/],
      [{ status: 200, body: '<html>' }, /^not JSON$/],
      [{ status: 200, body: '{"keys":5}' }, /^not a key set: it has no array "keys"/],
      [{ status: 200, body: '[]' }, /^not a key set/],
    ]
    for (const [answer, reason] of failing) {
      server.answer = answer
      await authentication.reload()
      const event = events.at(-1)
      assert.ok(event?.kind === 'keys-unavailable')
      assert.match(event.reason, reason)
    }
  })

  test('contract 10.1: an unreachable key set is reported with the reason', async () => {
    const closed = new KeyServer()
    await closed.start()
    const { url } = closed
    await closed.stop()
    assert.match(await reasonFor(url), /^connection refused \(ECONNREFUSED\)$/)
    assert.match(
      await reasonFor('http://no-such-host.invalid/keys'),
      /^DNS: the name no-such-host\.invalid does not resolve/,
    )
    assert.match(await reasonFor(server.url.replace('http:', 'https:')), /^TLS: [a-z ]+ \(ERR_SSL_\w+\)$/)
  })

  test('contract 10.1: the fault of a token is shown to the operator, and not to the client', async () => {
    const other = await Signer.create('one')
    const cases: readonly (readonly [fault: string, code: string, token: string])[] = [
      ['malformed', 'HYPERFLEET-AUT-002', 'Bearer a.b.c'],
      ['wrong-algorithm', 'HYPERFLEET-AUT-002', `Bearer ${base64url('{"alg":"none"}')}.${base64url('{}')}.`],
      ['unknown-key', 'HYPERFLEET-AUT-002', await one.bearer({ keyId: 'nobody' })],
      ['unknown-key', 'HYPERFLEET-AUT-002', await edwards.bearer({ keyId: null })],
      ['bad-signature', 'HYPERFLEET-AUT-002', await other.bearer()],
      ['bad-signature', 'HYPERFLEET-AUT-002', await other.bearer({ keyId: null })],
      ['bad-signature', 'HYPERFLEET-AUT-002', await other.bearer({ expiresAt: -3600, claims: { iss: 'x' } })],
      ['wrong-issuer', 'HYPERFLEET-AUT-002', await one.bearer({ claims: { iss: 'x' } })],
      [
        'wrong-issuer',
        'HYPERFLEET-AUT-002',
        await one.bearer({ claims: { iss: undefined }, expiresAt: -3600 }),
      ],
      ['wrong-audience', 'HYPERFLEET-AUT-002', await one.bearer({ claims: { aud: 'x' } })],
      ['wrong-audience', 'HYPERFLEET-AUT-002', await one.bearer({ claims: { aud: [] }, validFrom: 3600 })],
      ['no-expiry', 'HYPERFLEET-AUT-002', await one.bearer({ expiresAt: null })],
      ['malformed', 'HYPERFLEET-AUT-002', await one.bearer({ expiresAt: null, claims: { exp: 'tomorrow' } })],
      ['expired', 'HYPERFLEET-AUT-003', await one.bearer({ expiresAt: -3600 })],
      ['not-yet-valid', 'HYPERFLEET-AUT-003', await one.bearer({ validFrom: 3600 })],
    ]
    const details = new Map<string, Set<string>>()
    for (const [fault, code, token] of cases) {
      const answer = await authentication.authenticate(token)
      assert.ok(answer.kind === 'problem')
      assert.deepEqual([answer.tokenFault, answer.code], [fault, code])
      if (fault !== 'malformed') details.set(code, (details.get(code) ?? new Set()).add(answer.detail))
    }
    for (const [code, said] of details) assert.equal(said.size, 1, code)
  })

  test('contract 10.1: a signature is checked only if nothing refuses it first, and a cached token is accepted', async () => {
    const refusal = problem('HYPERFLEET-LMT-001', 'later')
    const token = await one.bearer()
    assert.equal(await authentication.authenticate(token, () => refusal), refusal)
    assert.equal(server.asked, 0)
    assert.equal(await outcome(token), 'in')
    const again = authentication.authenticate(token, () => refusal)
    assert.ok(!(again instanceof Promise))
    assert.equal(summary(again), 'in')
  })

  test('the subject of a token includes its issuer', async () => {
    const callerOf = async (claims: Record<string, unknown>) => {
      const caller = await authentication.authenticate(await one.bearer({ claims }))
      assert.ok(caller.kind === 'caller')
      return caller.subject
    }
    assert.equal(await callerOf({ sub: 'ann' }), `${ISSUER} ann`)
    for (const sub of [undefined, '']) assert.equal(await callerOf({ sub }), undefined)
  })
})

/** The reason why keys cannot be fetched from an address. */
async function reasonFor(jwksUrl: string): Promise<string> {
  const reasons: string[] = []
  const authentication = createAuthentication(
    {
      enabled: true,
      jwksUrl,
      jwksFile: '',
      issuer: '',
      audience: '',
      emailClaim: 'email',
      identityFormat: 'email',
      leewaySeconds: 0,
      requireExpiry: false,
    },
    {
      machineMs: () => START_MS,
      nowMs: () => 0,
      fetch,
      onEvent: event => event.kind === 'keys-unavailable' && reasons.push(event.reason),
    },
  )
  await authentication.reload()
  const [reason] = reasons
  assert.ok(reason !== undefined)
  return reason
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function summary(answer: Caller | ProblemReply): string {
  return answer.kind === 'caller' ? 'in' : answer.code
}
