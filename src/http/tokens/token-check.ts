// The check of one token: signature by a key of the set, issuer, audience and time (contract 10.1).
import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import { candidates, type KeySet, type VerificationKey } from './key-set.ts'
import type { KeySource } from './key-source.ts'

export type TokenResult =
  | { readonly kind: 'valid'; readonly payload: JWTPayload; readonly key: VerificationKey }
  | { readonly kind: 'invalid' }
  /** No keys can be had: nothing is known of the token. */
  | { readonly kind: 'no-keys' }

/** What a token says of its signature. */
export interface TokenHeader {
  readonly algorithm: string
  readonly keyId: string | undefined
}

const INVALID: TokenResult = { kind: 'invalid' }

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
  if (!options.algorithms?.includes(header.algorithm)) return INVALID
  const known = source.current()
  const result = known && (await checkWithSet(token, header, known, options))
  if (result !== undefined) return result
  const keys = await source.lookAgain()
  if (keys === undefined) return { kind: 'no-keys' }
  return (keys === known ? undefined : await checkWithSet(token, header, keys, options)) ?? INVALID
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
      if (!isOtherKey) return INVALID
    }
  }
  return keys.length > 0 && keyId !== undefined ? INVALID : undefined
}
