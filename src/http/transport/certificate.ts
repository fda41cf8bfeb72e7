// Certificate and private key of the API port, read from PEM files and checked to match.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { reasonOf } from '../../wire/text.ts'

/** Paths of the files. */
export interface CertificateFiles {
  /** The certificate, followed by its chain. */
  readonly certPath: string
  readonly keyPath: string
}

/** @throws Error naming the files if they cannot be read, are not PEM, or do not match */
export function readCertificate({ certPath, keyPath }: CertificateFiles): SecureContextOptions {
  try {
    const options = {
      cert: readFileSync(certPath),
      key: readFileSync(keyPath),
      minVersion: 'TLSv1.2',
    } as const
    createSecureContext(options)
    return options
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(`the certificate ${certPath} and the key ${keyPath} cannot be used: ${reason}`)
  }
}

/**
 * Reasons why clients will reject a usable certificate.
 * @param nowMs milliseconds since the Unix epoch
 */
export function certificateWarnings({ certPath }: CertificateFiles, nowMs: number): string[] {
  const { validFrom, validTo } = new X509Certificate(readFileSync(certPath))
  if (nowMs > Date.parse(validTo)) return [`the certificate ${certPath} expired on ${validTo}`]
  if (nowMs < Date.parse(validFrom)) return [`the certificate ${certPath} is not valid before ${validFrom}`]
  return []
}
