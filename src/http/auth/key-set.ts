// A JSON Web Key Set (RFC 7517) as public keys for verifying tokens. An unusable key is skipped; the others still
// count.
import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

/** One public key, ready for use. */
export interface VerificationKey {
  /** `kid`; undefined if the set gives none. */
  readonly id: string | undefined
  /** Values of `alg` that this key can verify. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
  /** SHA-256 of the key. Identifies the key across versions of the set. */
  readonly thumbprint: string
}

export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** Number of unusable entries: symmetric, malformed, too weak, or for encryption. */
  readonly skipped: number
}

/** jose refuses weaker keys (RFC 7518, section 3.3). */
const RSA_MIN_BITS = 2048
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
/** Keyed by node:crypto's curve names. */
const CURVE_ALGORITHMS = new Map([
  ['prime256v1', ['ES256']],
  ['secp384r1', ['ES384']],
  ['secp521r1', ['ES512']],
])
const EDWARDS_ALGORITHMS = ['EdDSA', 'Ed25519']

/** Asymmetric algorithms only: a public key must never serve as a shared secret (contract 10.1). */
export const ALGORITHMS: readonly string[] = [
  ...RSA_ALGORITHMS,
  ...[...CURVE_ALGORITHMS.values()].flat(),
  ...EDWARDS_ALGORITHMS,
]

/** @throws Error if the text is not a key set */
export function parseKeySet(text: string): KeySet {
  const document = readJson(text)
  const entries = isObject(document) ? document.keys : undefined
  if (!Array.isArray(entries)) throw new Error('not a key set: it has no array "keys"')
  const keys = entries.map(readKey).filter(key => key !== undefined)
  return { keys, skipped: entries.length - keys.length }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The message of JSON.parse would quote the text.
    throw new Error('not JSON')
  }
}

/** Keys that may have signed a token with this header: those with its `kid`, or all that fit if it has none. */
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
