// Warnings about a usable certificate that clients will reject.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificateWarnings } from '../../src/http/transport/certificate.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'

const DAY_MS = 86_400_000

test('an expired or not yet valid certificate causes a warning with the time', {
  skip: whyNoCertificates,
}, () => {
  const authority = new CertificateAuthority()
  try {
    // Valid for one day from now.
    authority.issue('dated')
    const nowMs = Date.now() + 60_000
    assert.deepEqual(certificateWarnings(authority, nowMs), [])
    assert.match(certificateWarnings(authority, nowMs + DAY_MS)[0] ?? '', /expired on .* GMT$/)
    assert.match(certificateWarnings(authority, nowMs - DAY_MS)[0] ?? '', /is not valid before .* GMT$/)
  } finally {
    authority.remove()
  }
})
