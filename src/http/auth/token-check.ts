// Check of one token: signature, issuer, audience and time (contract 10.1).
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { candidates, type KeySet, type VerificationKey } from './key-set.ts'
import type { KeySource } from './key-source.ts'

export type TokenResult =
  | { readonly kind: 'valid'; readonly payload: JWTPayload; readonly key: VerificationKey }
  | { readonly kind: 'invalid'; readonly fault: TokenFault }
  /** No keys are available, so the token cannot be judged. */
  | { readonly kind: 'no-keys' }

/** Fault of a token, for the operator. The client learns only if the time is the reason. */
export type TokenFault =
  /** Not a JWT, or one that requires an unsupported feature. */
  | 'malformed'
  /** Not an asymmetric signature. */
  | 'wrong-algorithm'
  /** The set has no key with that id, or none of that type. */
  | 'unknown-key'
  | 'bad-signature'
  | 'wrong-issuer'
  | 'wrong-audience'
  /** `exp` is missing, and the settings require it. */
  | 'no-expiry'
  | 'expired'
  | 'not-yet-valid'

/** True if the token is valid except for its time (contract 10.1). */
export function isOfTime(fault: TokenFault): boolean {
  return fault === 'expired' || fault === 'not-yet-valid'
}

/** The part of a token's header that describes its signature. */
export interface TokenHeader {
  readonly algorithm: string
  readonly keyId: string | undefined
}

const invalid = (fault: TokenFault): TokenResult => ({ kind: 'invalid', fault })

/** Undefined if the text is not in the form of a JWT. */
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

/** Checks a token. If no key of the set can have signed it, the source is asked once for newer keys. */
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

/** Undefined if the set lacks the key that signed the token. */
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
      // Any error of another class means that this key cannot verify this token, just like a wrong key.
      const isOtherKey =
        !(error instanceof errors.JOSEError) || error instanceof errors.JWSSignatureVerificationFailed
      if (!isOtherKey) return invalid(faultOf(error))
    }
  }
  return keys.length > 0 && keyId !== undefined ? invalid('bad-signature') : undefined
}

/** jose checks the signature first, then the claims, the times last (contract 10.1). */
function faultOf(error: errors.JOSEError): TokenFault {
  if (error instanceof errors.JWTExpired) return 'expired'
  if (!(error instanceof errors.JWTClaimValidationFailed)) return 'malformed'
  const { claim, reason } = error
  if (claim === 'iss') return 'wrong-issuer'
  if (claim === 'aud') return 'wrong-audience'
  if (claim === 'exp' && reason === 'missing') return 'no-expiry'
  return claim === 'nbf' && reason === 'check_failed' ? 'not-yet-valid' : 'malformed'
}
