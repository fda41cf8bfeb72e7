// What is said of a certificate that can be used, and that clients will refuse all the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateWarnings } from '../../src/http/transport/certificate.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'

const DAY_MS = 86_400_000

test('a certificate out of its time is warned of, with the time', { skip: whyNoCertificates }, () => {
  const authority = new CertificateAuthority()
  try {
    // Valid for one day from now on.
    authority.issue('dated')
    const nowMs = Date.now() + 60_000
    assert.deepEqual(certificateWarnings(authority, nowMs), [])
    assert.match(certificateWarnings(authority, nowMs + DAY_MS)[0] ?? '', /expired on .* GMT$/)
    assert.match(certificateWarnings(authority, nowMs - DAY_MS)[0] ?? '', /is not valid before .* GMT$/)
  } finally {
    authority.remove()
  }
})
