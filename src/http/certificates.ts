// Certificate of the API port, replaced while the server runs. If the new pair is unusable, such as a new certificate
// with the old key, the previous pair stays in force.
import { unwatchFile, watchFile } from 'node:fs'
import type { Logger } from 'pino'
import { reasonOf } from '../wire/text.ts'
import type { CertificateFiles } from './transport/certificate.ts'
import type { Listener } from './transport/transport.ts'

export function renewCertificate(listener: Listener, log: Logger): void {
  try {
    listener.reload()
    log.info('certificate loaded')
  } catch (error) {
    // The fault is in the files; a stack would not help.
    const reason = reasonOf(error)
    log.error({ reason }, 'certificate unusable; keeping the previous one')
  }
}

/** Renews the certificate whenever its files change. Returns a function that stops this. */
export function followCertificate({ certPath, keyPath }: CertificateFiles, listener: Listener, log: Logger) {
  const unwatch = watchFiles([certPath, keyPath], () => renewCertificate(listener, log))
  return async () => unwatch()
}

// Watches files by path. Follows a symbolic link to a new target, which is how containers renew secrets. Polls,
// because the system's change notifications miss that case.

/** Polling interval: the longest delay before a renewed certificate or key is loaded. */
const LOOK_EVERY_MS = 2000

/** Calls back after each change. Returns a function that stops watching. Does not keep the process alive. */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  const listener = () => onChange()
  for (const path of paths) watchFile(path, { persistent: false, interval: LOOK_EVERY_MS }, listener)
  return () => {
    for (const path of paths) unwatchFile(path, listener)
  }
}
