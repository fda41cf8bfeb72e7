// A JSON Web Key Set (RFC 7517) as the public keys that tokens can be checked with. A key that cannot be used is left
// out and does no harm to the others.
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

/** One public key, ready for use. */
export interface VerificationKey {
  /** `kid`; undefined when the set does not name the key. */
  readonly id: string | undefined
  /** The values of `alg` that it may check. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
  /** SHA-256 of the key itself: what tells whether the key is still in a later set. */
  readonly thumbprint: string
}

export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** How many entries of the set are no use: symmetric, malformed, too weak, or for encryption. */
  readonly skipped: number
}

/** jose refuses weaker ones (RFC 7518, section 3.3). */
const RSA_MIN_BITS = 2048
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
/** By the names that node:crypto gives the curves. */
const CURVE_ALGORITHMS = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
])
const EDWARDS_ALGORITHMS = ['EdDSA', 'Ed25519']

/** Asymmetric ones only: a public key must never pass for a shared secret (contract 10.1). */
export const ALGORITHMS: readonly string[] = [
  ...RSA_ALGORITHMS,
  ...[...CURVE_ALGORITHMS.values()].flat(),
  ...EDWARDS_ALGORITHMS,
]

/** @throws Error when the text is no key set at all */
export function parseKeySet(text: string): KeySet {
  const document = readJson(text)
  const entries = isObject(document) ? document.keys : undefined
  if (!Array.isArray(entries))
    throw new Error('what is there is no key set: it has no member "keys" that is an array')
  const keys = entries.map(readKey).filter(key => key !== undefined)
  return { keys, skipped: entries.length - keys.length }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What JSON.parse says quotes the text.
    throw new Error('what is there is not JSON')
  }
}

/** The keys that a token with this header may be signed with: those of its `kid`, or, without one, all that fit. */
export function candidates(set: KeySet, algorithm: string, id: string | undefined): VerificationKey[] {
  return set.keys.filter(key => key.algorithms.includes(algorithm) && (id === undefined || key.id === id))
}

function readKey(entry: unknown): VerificationKey | undefined {
  if (!isObject(entry) || !isForSignatures(entry)) return undefined
  const key = importKey(entry)
  if (key === undefined) return undefined
  const possible = algorithmsOf(key)
  const algorithms = entry.alg === undefined ? possible : possible.filter(name => name === entry.alg)
  if (algorithms.length === 0) return undefined
  const thumbprint = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64')
  return { id: typeof entry.kid === 'string' ? entry.kid : undefined, algorithms, key, thumbprint }
}

function isForSignatures({ use, key_ops: operations }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

function importKey(entry: Record<string, unknown>): KeyObject | undefined {
  try {
    return createPublicKey({ key: entry as JsonWebKey, format: 'jwk' }) // node:crypto checks every member itself
  } catch {
    return undefined
  }
}

function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  switch (asymmetricKeyType) {
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_MIN_BITS ? RSA_ALGORITHMS : []
    case 'ec':
      return CURVE_ALGORITHMS.get(asymmetricKeyDetails?.namedCurve ?? '') ?? []
    case 'ed25519':
      return EDWARDS_ALGORITHMS
    default:
      return []
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
