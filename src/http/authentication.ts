// Who asks: bearer tokens checked by signature, issuer, audience and time (contract, section 10).
import { readFileSync } from 'node:fs'
import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import { type ProblemAnswer, problem } from './problems.ts'

export interface AuthenticationSettings {
  readonly enabled: boolean
  readonly jwksUrl: string
  readonly jwksFile: string
  readonly issuer: string
  readonly audience: string
  readonly emailClaim: string
  readonly leewaySeconds: number
}

/** The caller's e-mail address; undefined when a valid token names none (contract 10.2). */
export interface Caller {
  readonly kind: 'caller'
  readonly email: string | undefined
}

/** Checks the `Authorization` header of a request. */
export type Authenticator = (authorization: string | undefined) => Caller | Promise<Caller | ProblemAnswer>

/** Who writes when authentication is off (contract 3.6). */
const SYSTEM_CALLER: Caller = { kind: 'caller', email: 'system@hyperfleet.local' }
/** Asymmetric ones only: a public key must never pass for a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const EMAIL_MAX_LENGTH = 254
const LOCAL_PART = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const DOMAIN_LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
/** RFC 5321 without quoted and international forms, which generated clients refuse (contract 3.6). */
const EMAIL = new RegExp(`^${LOCAL_PART}(?:\\.${LOCAL_PART})*@${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})+$`)
/** Codes of jose's errors that tell of the key set; all others tell of the token. */
const KEY_SET_FAULTS: ReadonlySet<string> = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
])

/**
 * @param clock gives the present time for `exp` and `nbf`
 * @throws Error when authentication is on and no key set is configured or its file cannot be read
 */
export function createAuthenticator(settings: AuthenticationSettings, clock: () => Date): Authenticator {
  if (!settings.enabled) return () => SYSTEM_CALLER
  const keys = loadKeys(settings)
  const { issuer, audience, leewaySeconds, emailClaim } = settings
  return async authorization => {
    if (authorization === undefined || authorization === '')
      return unauthorized('HYPERFLEET-AUT-001', 'Send an Authorization header with a bearer token')
    const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1]
    if (token === undefined || !isJwt(token))
      return unauthorized(
        'HYPERFLEET-AUT-002',
        'The Authorization header holds no bearer token of the form JWT',
      )
    try {
      const payload = await verify(token, keys, {
        algorithms: ALGORITHMS,
        clockTolerance: leewaySeconds,
        currentDate: clock(),
        ...(issuer === '' ? {} : { issuer }),
        ...(audience === '' ? {} : { audience }),
      })
      return { kind: 'caller', email: emailOf(payload, emailClaim) }
    } catch (error) {
      if (error instanceof errors.JOSEError && !KEY_SET_FAULTS.has(error.code))
        return unauthorized('HYPERFLEET-AUT-003', 'The token is not valid')
      return problem('HYPERFLEET-SVC-001', 'The key set that tokens are checked with cannot be had', {
        headers: [['Retry-After', '5']],
      })
    }
  }
}

function loadKeys({ jwksUrl, jwksFile }: AuthenticationSettings): JWTVerifyGetKey {
  if (jwksUrl !== '') return loadKeysFrom('auth-jwks-url', () => createRemoteJWKSet(new URL(jwksUrl)))
  if (jwksFile !== '')
    return loadKeysFrom('auth-jwks-file', () => createLocalJWKSet(JSON.parse(readFileSync(jwksFile, 'utf8'))))
  throw new Error(
    'authentication is on, but neither auth-jwks-url nor auth-jwks-file says where the keys are',
  )
}

function loadKeysFrom(setting: string, load: () => JWTVerifyGetKey): JWTVerifyGetKey {
  try {
    return load()
  } catch (error) {
    throw new Error(`${setting} leads to no key set: ${error instanceof Error ? error.message : error}`)
  }
}

/** Checks a token with the key that it names, or, when it names none, with each that it may be signed with. */
async function verify(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const payload = await verifyWithKey(token, key, options)
      if (payload !== undefined) return payload
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

/** Undefined when the token is not signed with this key. */
async function verifyWithKey(
  token: string,
  key: CryptoKey,
  options: JWTVerifyOptions,
): Promise<JWTPayload | undefined> {
  try {
    return (await jwtVerify(token, key, options)).payload
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return undefined
    throw error
  }
}

function isJwt(token: string): boolean {
  try {
    return token.split('.').length === 3 && decodeProtectedHeader(token).alg !== undefined
  } catch {
    return false
  }
}

function emailOf(payload: JWTPayload, claim: string): string | undefined {
  const email = payload[claim]
  if (typeof email !== 'string' || email.length > EMAIL_MAX_LENGTH) return undefined
  return EMAIL.test(email) ? email : undefined
}

function unauthorized(
  code: 'HYPERFLEET-AUT-001' | 'HYPERFLEET-AUT-002' | 'HYPERFLEET-AUT-003',
  detail: string,
): ProblemAnswer {
  const challenge = code === 'HYPERFLEET-AUT-001' ? 'Bearer' : 'Bearer error="invalid_token"'
  return problem(code, detail, { headers: [['WWW-Authenticate', challenge]] })
}
