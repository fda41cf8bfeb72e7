// Whose request it is, when there may be a proxy in between.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientAddress } from '../../src/http/client-address.ts'

function clientOf(trusted: readonly string[], peer: string, ...forwarded: string[]): string {
  const request = {
    method: 'GET',
    path: '/',
    query: '',
    aborted: false,
    peer: () => peer,
    values: (name: string) => (name === 'x-forwarded-for' ? forwarded : []),
    header: () => undefined,
    body: () => Promise.resolve({ kind: 'aborted' } as const),
  }
  return createClientAddress(trusted)(request)
}

test('without trusted proxies nothing that a client says of its address is believed', () => {
  assert.equal(clientOf([], '192.0.2.1', '10.0.0.1'), '192.0.2.1')
})

test('a proxy that is trusted is believed, for one address and not for what the client put before it', () => {
  const trusted = ['10.0.0.0/8', '2001:db8::/32']
  assert.equal(clientOf(trusted, '10.1.2.3', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7, 203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7, 203.0.113.9, 10.9.9.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '2001:db8::1', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db9::1'), '2001:db9::1')
  assert.equal(clientOf(trusted, '::ffff:10.1.2.3', '203.0.113.9'), '203.0.113.9')
})

test('another peer is not believed, and what is no address ends the chain', () => {
  assert.equal(clientOf(['10.0.0.1'], '10.0.0.2', '203.0.113.9'), '10.0.0.2')
  assert.equal(clientOf(['10.0.0.1'], '10.0.0.1'), '10.0.0.1')
  for (const nonsense of ['', 'unknown', '203.0.113.9:80', '_x', '203.0.113.9 x'])
    assert.equal(clientOf(['10.0.0.1'], '10.0.0.1', `203.0.113.9, ${nonsense}`), '10.0.0.1')
  assert.equal(clientOf(['10.0.0.1'], ''), '')
})

test('what is neither address nor network is refused at the start', () => {
  for (const entry of [
    'proxy.example.com',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::1/129',
    '10.0.0/8',
    '',
  ])
    assert.throws(() => createClientAddress([entry]), /limits-trusted-proxies/)
})
