// Addresses in URLs. X-Forwarded-For is tested in test/http/client-address.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostAndPort } from '../../src/wire/address.ts'

test('a URL has brackets around an IPv6 address, not around a name or an IPv4 address', () => {
  assert.equal(hostAndPort('127.0.0.1', 8000), '127.0.0.1:8000')
  assert.equal(hostAndPort('localhost', 80), 'localhost:80')
  assert.equal(hostAndPort('::', 8000), '[::]:8000')
  assert.equal(hostAndPort('2001:db8::1', 443), '[2001:db8::1]:443')
  assert.equal(hostAndPort('fe80::1%eth0', 8080), '[fe80::1%25eth0]:8080')
  assert.equal(new URL(`http://${hostAndPort('::1', 8080)}/healthz`).hostname, '[::1]')
})
