// The authorities that sign the certificates of the other servers of a cluster, from a file that may be renewed.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { reasonOf } from '../../wire/text.ts'
import { watchFiles } from '../certificates.ts'

/**
 * The authorities in the file of `cluster.peerCaPath`; undefined for those that Node knows.
 * @throws Error that names the setting if the file cannot be read, or does not begin with a certificate in PEM
 */
export function readAuthorities(path: string): Buffer | undefined {
  if (path === '') return undefined
  try {
    const bytes = readFileSync(path)
    new X509Certificate(bytes)
    return bytes
  } catch (error) {
    throw new Error(`cluster.peerCaPath: ${path} is no PEM file with a certificate: ${reasonOf(error)}`, {
      cause: error,
    })
  }
}

/**
 * Calls back with the authorities now, and whenever their file changes. A file that cannot be used changes nothing. Returns a function that stops
 * this.
 */
export function followAuthorities(
  path: string,
  use: (authorities: Buffer | undefined) => void,
  onError: (reason: string) => void,
): () => void {
  use(readAuthorities(path))
  if (path === '') return () => {}
  return watchFiles([path], () => {
    try {
      use(readAuthorities(path))
    } catch (error) {
      onError(reasonOf(error))
    }
  })
}
