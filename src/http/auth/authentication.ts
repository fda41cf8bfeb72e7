// Authentication: checks the signature, issuer, audience and time of bearer tokens (contract, section 10).
import type { JWTPayload } from 'jose'
import { type IdentityFormat, isAuthor } from '../../fleet/author.ts'
import { reasonOf } from '../../wire/text.ts'
import { type ProblemReply, problem, unavailable } from '../problems.ts'
import { ALGORITHMS } from './key-set.ts'
import { type KeyListener, type KeySource, keysFromFile } from './key-source.ts'
import { type Fetch, keySetUrl, RemoteKeys } from './remote-keys.ts'
import { checkToken, isOfTime, readTokenHeader, type TokenFault, type TokenHeader } from './token-check.ts'
import { type CheckedToken, TokenMemory } from './token-memory.ts'

export interface AuthenticationSettings {
  readonly enabled: boolean
  readonly jwksUrl: string
  readonly jwksFile: string
  readonly issuer: string
  readonly audience: string
  readonly emailClaim: string
  /** Required form of the claim (contract 3.6). */
  readonly identityFormat: IdentityFormat
  readonly leewaySeconds: number
  /** True if a token without `exp` is refused. */
  readonly requireExpiry: boolean
}

/** The authenticated client. */
export interface Caller {
  readonly kind: 'caller'
  /** Author recorded for writes; undefined if a valid token names none (contract 10.2). */
  readonly author: string | undefined
  /** Issuer and subject of the token; undefined without a token or without a subject. */
  readonly subject: string | undefined
  /** The machine's time from which its token is refused, in milliseconds; infinite without a token or without an end. */
  readonly expiresMs: number
}

/**
 * Checks the `Authorization` header of a request. Synchronous if the token is cached. Before a signature check it
 * calls `beforeCheck`; a refusal returned by it is the outcome.
 */
export type Authenticator = (
  authorization: string | undefined,
  beforeCheck?: () => ProblemReply | undefined,
) => Caller | ProblemReply | Promise<Caller | ProblemReply>

export interface Authentication {
  readonly authenticate: Authenticator
  /** Reads the keys again. */
  reload(): Promise<void>
  close(): void
}

export interface AuthenticationContext {
  /** Machine time in milliseconds since the epoch, for `exp` and `nbf`. */
  readonly machineMs: () => number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  readonly fetch: Fetch
  readonly onEvent: KeyListener
}

/** Author of writes if authentication is off (contract 3.6). */
const SYSTEM_CALLER: Caller = {
  kind: 'caller',
  author: 'system@hyperfleet.local',
  subject: undefined,
  expiresMs: Number.POSITIVE_INFINITY,
}
const OFF: Authentication = {
  authenticate: () => SYSTEM_CALLER,
  reload: async () => {},
  close: () => {},
}
const BEARER = /^Bearer +([\w.~+/=-]+) *$/i

/** @throws Error if authentication is on and no key set is configured, or its file cannot be read */
export function createAuthentication(
  settings: AuthenticationSettings,
  context: AuthenticationContext,
): Authentication {
  if (!settings.enabled) return OFF
  const memory = new TokenMemory<Caller>(context.nowMs)
  const source = openSource(settings, context, event => {
    if (event.kind === 'keys-loaded')
      memory.keepOnly(new Set(event.keys.keys.map(({ thumbprint }) => thumbprint)))
    context.onEvent(event)
  })
  const check = createCheck(settings, source, memory)
  return {
    authenticate(authorization, beforeCheck) {
      if (authorization === undefined || authorization === '')
        return unauthorized('HYPERFLEET-AUT-001', 'Send an Authorization header with a bearer token')
      const token = BEARER.exec(authorization)?.[1]
      if (token === undefined) return noToken()
      const nowMs = context.machineMs()
      // Called first, because it also starts the renewal of stale keys.
      const remembered = source.current() && memory.find(token, Math.floor(nowMs / 1000))
      if (remembered !== undefined) return remembered
      const header = readTokenHeader(token)
      if (header === undefined) return noToken()
      return beforeCheck?.() ?? check(token, header, nowMs)
    },
    reload: () => source.reload(),
    close: () => source.close(),
  }
}

/** Checks a token that is not cached, and caches it if valid. */
function createCheck(settings: AuthenticationSettings, source: KeySource, memory: TokenMemory<Caller>) {
  const { issuer, audience, leewaySeconds, requireExpiry } = settings
  const required = {
    algorithms: [...ALGORITHMS],
    clockTolerance: leewaySeconds,
    ...(issuer === '' ? {} : { issuer }),
    ...(audience === '' ? {} : { audience }),
    ...(requireExpiry ? { requiredClaims: ['exp'] } : {}),
  }
  return async (token: string, header: TokenHeader, nowMs: number): Promise<Caller | ProblemReply> => {
    const result = await checkToken(token, header, source, { ...required, currentDate: new Date(nowMs) })
    switch (result.kind) {
      case 'invalid':
        return invalidToken(result.fault)
      case 'no-keys':
        return unavailable('key-set', 'The key set for verifying tokens is unavailable')
      case 'valid': {
        const caller = callerOf(result.payload, settings)
        const { thumbprint } = result.key
        // The keys may have changed during the signature check.
        if (source.current()?.keys.some(key => key.thumbprint === thumbprint))
          memory.remember(token, {
            ...validity(result.payload, leewaySeconds),
            value: caller,
            key: thumbprint,
          })
        return caller
      }
    }
  }
}

function openSource(
  { jwksUrl, jwksFile }: AuthenticationSettings,
  { fetch, nowMs }: AuthenticationContext,
  onEvent: KeyListener,
): KeySource {
  try {
    if (jwksUrl !== '') return new RemoteKeys({ url: keySetUrl(jwksUrl), fetch, nowMs, onEvent })
    if (jwksFile !== '') return keysFromFile(jwksFile, onEvent)
  } catch (error) {
    const setting = jwksUrl === '' ? 'auth.jwksFile' : 'auth.jwksUrl'
    throw new Error(`no key set from ${setting}: ${reasonOf(error)}`)
  }
  throw new Error('authentication is on, but neither auth.jwksUrl nor auth.jwksFile is set')
}

/** Validity period as jose computes it: in whole seconds, extended by the leeway at both ends. */
function validity(
  { nbf, exp }: JWTPayload,
  leeway: number,
): Pick<CheckedToken<Caller>, 'validFrom' | 'validUntil'> {
  return {
    validFrom: nbf === undefined ? Number.NEGATIVE_INFINITY : nbf - leeway,
    validUntil: exp === undefined ? Number.POSITIVE_INFINITY : exp + leeway,
  }
}

function callerOf(
  payload: JWTPayload,
  {
    emailClaim,
    identityFormat,
    leewaySeconds,
  }: Pick<AuthenticationSettings, 'emailClaim' | 'identityFormat' | 'leewaySeconds'>,
): Caller {
  const { iss = '', sub } = payload
  const identity = payload[emailClaim]
  const hasAuthor = typeof identity === 'string' && isAuthor(identityFormat, identity)
  return {
    kind: 'caller',
    author: hasAuthor ? identity : undefined,
    subject: typeof sub === 'string' && sub !== '' ? `${iss} ${sub}` : undefined,
    expiresMs: validity(payload, leewaySeconds).validUntil * 1000,
  }
}

function noToken(): ProblemReply {
  const detail = 'The Authorization header does not contain a bearer token that is a JWT'
  return unauthorized('HYPERFLEET-AUT-002', detail, 'malformed')
}

/** Reveals to the client only if the time is the reason. */
function invalidToken(fault: TokenFault): ProblemReply {
  return isOfTime(fault)
    ? unauthorized('HYPERFLEET-AUT-003', 'The token has expired or is not yet valid', fault)
    : unauthorized('HYPERFLEET-AUT-002', 'This server does not accept the token', fault)
}

function unauthorized(
  code: 'HYPERFLEET-AUT-001' | 'HYPERFLEET-AUT-002' | 'HYPERFLEET-AUT-003',
  detail: string,
  tokenFault?: TokenFault,
): ProblemReply {
  const challenge = code === 'HYPERFLEET-AUT-001' ? 'Bearer' : 'Bearer error="invalid_token"'
  const headers = ['WWW-Authenticate', challenge]
  return problem(code, detail, { headers, ...(tokenFault === undefined ? {} : { tokenFault }) })
}
