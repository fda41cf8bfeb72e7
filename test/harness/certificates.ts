// Certificates for tests: an authority of the test's own and what it signs, made with openssl. Where there is none, the
// tests of TLS say so and are left out.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why there can be no certificates here; undefined when there can. */
export const whyNoCertificates =
  spawnSync('openssl', ['version']).status === 0 ? undefined : 'there is no openssl on this machine'

export class CertificateAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hyperfleet-tls-'))
  readonly certPath = join(this.#folder, 'server.pem')
  readonly keyPath = join(this.#folder, 'server.key')

  constructor() {
    this.#openssl([
      'req',
      '-x509',
      ...newKey('authority.key'),
      '-out',
      'authority.pem',
      '-subj',
      '/CN=authority',
    ])
  }

  /** Certificate that a client must trust, in PEM. */
  get trusted(): Buffer {
    return readFileSync(join(this.#folder, 'authority.pem'))
  }

  /** Writes a certificate of this common name for 127.0.0.1 and localhost, and its key, where the server reads them. */
  issue(commonName: string): void {
    this.#openssl(['req', ...newKey('next.key'), '-out', 'next.csr', '-subj', `/CN=${commonName}`])
    writeFileSync(join(this.#folder, 'names.txt'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    const signing = [
      '-CA',
      'authority.pem',
      '-CAkey',
      'authority.key',
      '-CAcreateserial',
      '-extfile',
      'names.txt',
    ]
    this.#openssl(['x509', '-req', '-in', 'next.csr', '-out', 'next.pem', '-days', '1', ...signing])
    renameSync(join(this.#folder, 'next.key'), this.keyPath)
    renameSync(join(this.#folder, 'next.pem'), this.certPath)
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'ignore' })
  }
}

function newKey(path: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path]
}
