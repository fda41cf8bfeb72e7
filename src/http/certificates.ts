// The certificate of the API port, exchanged while the server runs. A pair that cannot be used, such as a new certificate
// beside the old key, leaves the one of before in force.
import type { Logger } from 'pino'
import type { CertificateFiles } from './transport/certificate.ts'
import type { Listener } from './transport/transport.ts'
import { watchFiles } from './watched-files.ts'

export function renewCertificate(listener: Listener, log: Logger): void {
  try {
    listener.reload()
    log.info('the certificate is loaded')
  } catch (error) {
    // What is wrong is in the files: a stack would tell their owner nothing.
    const reason = error instanceof Error ? error.message : String(error)
    log.error({ reason }, 'the certificate cannot be renewed: the one of before stays in force')
  }
}

/** Renews the certificate whenever its files change; gives what ends that. */
export function followCertificate({ certPath, keyPath }: CertificateFiles, listener: Listener, log: Logger) {
  const unwatch = watchFiles([certPath, keyPath], () => renewCertificate(listener, log))
  return async () => unwatch()
}
