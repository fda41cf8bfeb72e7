// Mangled tokens: a mangled token is either refused as the client's fault or still equivalent to the original.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAuthentication } from '../../src/http/auth/authentication.ts'
import { START_MS } from '../harness/bench.ts'
import { AUDIENCE, ISSUER, Signer, writeKeySet } from '../harness/tokens.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const REFUSALS = ['HYPERFLEET-AUT-001', 'HYPERFLEET-AUT-002', 'HYPERFLEET-AUT-003']
const base64url = (text: string) => Buffer.from(text).toString('base64url')

const header = fc.record(
  {
    alg: fc.oneof(fc.constantFrom('RS256', 'PS256', 'ES256', 'EdDSA', 'HS256', 'none'), fc.jsonValue()),
    kid: fc.oneof(fc.constant('one'), fc.jsonValue()),
    crit: fc.jsonValue(),
    b64: fc.jsonValue(),
    typ: fc.jsonValue(),
    jwk: fc.jsonValue(),
    x5c: fc.jsonValue(),
    zip: fc.jsonValue(),
  },
  { requiredKeys: [] },
)

test('contract 9.1, 10.1: no mangled token is accepted, and none causes a server error', async context => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const signer = await Signer.create('one')
  const keySet = writeKeySet([signer])
  context.after(() => keySet.remove())
  const { authenticate, close } = createAuthentication(
    {
      enabled: true,
      jwksUrl: '',
      jwksFile: keySet.environment.HYPERFLEET_AUTH_JWKS_FILE,
      issuer: ISSUER,
      audience: AUDIENCE,
      emailClaim: 'email',
      identityFormat: 'email',
      leewaySeconds: 30,
      requireExpiry: true,
    },
    { machineMs: () => START_MS, nowMs: () => 0, fetch, onEvent: () => {} },
  )
  context.after(close)
  const good = await signer.sign()
  const [goodHeader = '', payload = '', signature = ''] = good.split('.')
  const part = fc.oneof(
    fc.constantFrom(goodHeader, payload, signature),
    header.map(value => base64url(JSON.stringify(value))),
    fc.json().map(base64url),
    fc.stringMatching(/^[A-Za-z0-9_-]{0,40}$/),
    fc.string(),
  )
  const mangled = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.')),
    fc
      .tuple(fc.nat(good.length - 1), fc.string({ maxLength: 3 }))
      .map(([at, put]) => good.slice(0, at) + put + good.slice(at + 1)),
    header.map(value => `${base64url(JSON.stringify(value))}.${payload}.${signature}`),
  )
  await fc.assert(
    fc.asyncProperty(mangled, async token => {
      const answer = await authenticate(`Bearer ${token}`)
      if (answer.kind === 'caller') return isSame(token, good)
      return REFUSALS.includes(answer.code)
    }),
    { numRuns: 3000, seed: SEED },
  )
})

/** The last character of base64url may have bits outside the signature. */
function isSame(token: string, good: string): boolean {
  const bytes = (text: string) =>
    text
      .trim()
      .split('.')
      .map(part => Buffer.from(part, 'base64url').toString('hex'))
  assert.deepEqual(bytes(token), bytes(good))
  return true
}
