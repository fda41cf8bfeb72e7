// Bearer tokens for tests, signed with keys of their own, and the key set that a server checks them with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { START_MS } from './bench.ts'

export const ISSUER = 'https://issuer.example.com'
export const AUDIENCE = 'hyperfleet'

export interface Token {
  /** Beside the usual ones, or instead of them; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Key id in the header; null leaves it out. */
  readonly keyId?: string | null
  /** Seconds from the bench's start; null leaves it out. */
  readonly expiresAt?: number | null
  readonly validFrom?: number
}

/** A pair of keys, and tokens signed with its private one. */
export class Signer {
  readonly jwk: JWK
  /** The public key as PEM. */
  readonly publicPem: string
  readonly #key: Parameters<SignJWT['sign']>[0]
  readonly #algorithm: string

  private constructor(jwk: JWK, publicPem: string, key: Parameters<SignJWT['sign']>[0], algorithm: string) {
    this.jwk = jwk
    this.publicPem = publicPem
    this.#key = key
    this.#algorithm = algorithm
  }

  static async create(keyId: string, algorithm = 'RS256'): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: algorithm, use: 'sig' }
    return new Signer(jwk, await exportSPKI(publicKey), privateKey, algorithm)
  }

  /** A token that is valid unless the options make it otherwise, with the scheme before it. */
  async bearer(token: Token = {}): Promise<string> {
    return `Bearer ${await this.sign(token)}`
  }

  sign({ claims = {}, keyId, expiresAt = 3600, validFrom }: Token = {}): Promise<string> {
    const now = START_MS / 1000
    const kid = keyId === null ? {} : { kid: keyId ?? this.jwk.kid ?? '' }
    const payload = { iss: ISSUER, aud: AUDIENCE, email: 'user@example.com', ...claims } as JWTPayload // or not, on purpose
    const unsigned = new SignJWT(payload).setProtectedHeader({ alg: this.#algorithm, ...kid })
    if (expiresAt !== null) unsigned.setExpirationTime(now + expiresAt)
    if (validFrom !== undefined) unsigned.setNotBefore(now + validFrom)
    return unsigned.sign(this.#key)
  }
}

/** A key set in a file, and the settings of a server that checks tokens with it. */
export function writeKeySet(signers: readonly Signer[]) {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-keys-'))
  const file = join(folder, 'jwks.json')
  writeFileSync(file, JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }))
  return {
    environment: {
      HYPERFLEET_AUTH_ENABLED: 'true',
      HYPERFLEET_AUTH_JWKS_FILE: file,
      HYPERFLEET_AUTH_ISSUER: ISSUER,
      HYPERFLEET_AUTH_AUDIENCE: AUDIENCE,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
