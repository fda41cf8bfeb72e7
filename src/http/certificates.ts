// The certificate of the API port, exchanged while the server runs. A pair that cannot be used, such as a new certificate
// beside the old key, leaves the previous one in force.
import { unwatchFile, watchFile } from 'node:fs'
import type { Logger } from 'pino'
import { reasonOf } from '../wire/text.ts'
import type { CertificateFiles } from './transport/certificate.ts'
import type { Listener } from './transport/transport.ts'

export function renewCertificate(listener: Listener, log: Logger): void {
  try {
    listener.reload()
    log.info('the certificate is loaded')
  } catch (error) {
    // What is wrong is in the files: a stack would tell their owner nothing.
    const reason = reasonOf(error)
    log.error({ reason }, 'the certificate cannot be renewed: the one of before stays in force')
  }
}

/** Renews the certificate whenever its files change; gives what ends that. */
export function followCertificate({ certPath, keyPath }: CertificateFiles, listener: Listener, log: Logger) {
  const unwatch = watchFiles([certPath, keyPath], () => renewCertificate(listener, log))
  return async () => unwatch()
}

// Tells when files that were given by their paths change, a symbolic link that leads elsewhere included: that is how
// secrets are renewed in a container. Looks at intervals, because notices of the system miss that.

/** How often is looked: a renewed certificate or key waits no longer than this. */
const LOOK_EVERY_MS = 2000

/** Calls back after each change; gives what ends that. Keeps no process alive. */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  const listener = () => onChange()
  for (const path of paths) watchFile(path, { persistent: false, interval: LOOK_EVERY_MS }, listener)
  return () => {
    for (const path of paths) unwatchFile(path, listener)
  }
}
