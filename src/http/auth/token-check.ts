// The check of one token: signature by a key of the set, issuer, audience and time (contract 10.1).
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { candidates, type KeySet, type VerificationKey } from './key-set.ts'
import type { KeySource } from './key-source.ts'

export type TokenResult =
  | { readonly kind: 'valid'; readonly payload: JWTPayload; readonly key: VerificationKey }
  | { readonly kind: 'invalid'; readonly fault: TokenFault }
  /** No keys can be had: nothing is known of the token. */
  | { readonly kind: 'no-keys' }

/** What is wrong with a token, for the operator: the client learns no more than whether it is the time alone. */
export type TokenFault =
  /** No JWT, or one that asks for what is not supported. */
  | 'malformed'
  /** Not an asymmetric signature. */
  | 'wrong-algorithm'
  /** The set has no key of that name, or none of that kind. */
  | 'unknown-key'
  | 'bad-signature'
  | 'wrong-issuer'
  | 'wrong-audience'
  /** `exp` is missing, and settings ask for it. */
  | 'no-expiry'
  | 'expired'
  | 'not-yet-valid'

/** Whether a token is right in all but its time (contract 10.1). */
export function isOfTime(fault: TokenFault): boolean {
  return fault === 'expired' || fault === 'not-yet-valid'
}

/** What a token says of its signature. */
export interface TokenHeader {
  readonly algorithm: string
  readonly keyId: string | undefined
}

const invalid = (fault: TokenFault): TokenResult => ({ kind: 'invalid', fault })

/** Undefined when the text does not have the form of a JWT. */
export function readTokenHeader(token: string): TokenHeader | undefined {
  try {
    if (token.split('.').length !== 3) return undefined
    const { alg, kid } = decodeProtectedHeader(token)
    if (typeof alg !== 'string') return undefined
    return { algorithm: alg, keyId: typeof kid === 'string' ? kid : undefined }
  } catch {
    return undefined
  }
}

/** Checks a token; when no key of the set may have signed it, the source is asked once whether there are others. */
export async function checkToken(
  token: string,
  header: TokenHeader,
  source: KeySource,
  options: JWTVerifyOptions,
): Promise<TokenResult> {
  if (!options.algorithms?.includes(header.algorithm)) return invalid('wrong-algorithm')
  const known = source.current()
  const result = known && (await checkWithSet(token, header, known, options))
  if (result !== undefined) return result
  const keys = await source.lookAgain()
  if (keys === undefined) return { kind: 'no-keys' }
  const again = keys === known ? undefined : await checkWithSet(token, header, keys, options)
  if (again !== undefined) return again
  const isKnown = candidates(keys, header.algorithm, header.keyId).length > 0
  return invalid(isKnown ? 'bad-signature' : 'unknown-key')
}

/** Undefined when the set does not hold the key that the token is signed with. */
async function checkWithSet(
  token: string,
  { algorithm, keyId }: TokenHeader,
  set: KeySet,
  options: JWTVerifyOptions,
): Promise<TokenResult | undefined> {
  const keys = candidates(set, algorithm, keyId)
  for (const key of keys) {
    try {
      return { kind: 'valid', payload: (await jwtVerify(token, key.key, options)).payload, key }
    } catch (error) {
      // What jose throws beside its own errors says that the key is of no use for this token, as a wrong one is.
      const isOtherKey =
        !(error instanceof errors.JOSEError) || error instanceof errors.JWSSignatureVerificationFailed
      if (!isOtherKey) return invalid(faultOf(error))
    }
  }
  return keys.length > 0 && keyId !== undefined ? invalid('bad-signature') : undefined
}

/** jose judges the signature first, then the claims, and of those the times last (contract 10.1). */
function faultOf(error: errors.JOSEError): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed'
  const { claim, reason } = error
  if (claim === 'iss') return 'wrong-issuer'
  if (claim === 'aud') return 'wrong-audience'
  if (claim === 'exp' && reason === 'missing') return 'no-expiry'
  return claim === 'nbf' && reason === 'check_failed' ? 'not-yet-valid' : 'malformed'
}
