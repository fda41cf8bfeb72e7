// The certificate and private key of the API port, read from files in PEM and checked to belong together.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { reasonOf } from '../../wire/text.ts'

/** Where they are. */
export interface CertificateFiles {
  /** The certificate, followed by those that lead from it to the authority. */
  readonly certPath: string
  readonly keyPath: string
}

/** @throws Error that names the files when they cannot be read, are no PEM, or do not belong together */
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
 * What clients will refuse about a certificate that can be used.
 * @param nowMs milliseconds since the Unix epoch
 */
export function certificateWarnings({ certPath }: CertificateFiles, nowMs: number): string[] {
  const { validFrom, validTo } = new X509Certificate(readFileSync(certPath))
  if (nowMs > Date.parse(validTo))
    return [`the certificate ${certPath} has expired: it was valid until ${validTo}`]
  if (nowMs < Date.parse(validFrom))
    return [`the certificate ${certPath} is not valid yet: it will be from ${validFrom} on`]
  return []
}
