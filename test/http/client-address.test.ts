// The client address of a request, with and without proxies in between.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClientAddress } from '../../src/http/admission/client-address.ts'

const NONSENSE = [
  '',
  'unknown',
  '_x',
  '203.0.113.9 x',
  '203.0.113.9:',
  '203.0.113.9:x',
  '203.0.113.9:123456',
  '203.0.113.9:80:80',
  '203.0.113.256',
  '203.0.113',
  '[203.0.113.9',
  '[]:80',
  '[2001:db8::1',
  '2001:db8::1]:80',
  '[2001:db8::1]80',
  '[[2001:db8::1]]',
  '2001:db8::g',
  '"203.0.113.9',
  '"',
  '%eth0',
  `${'1'.repeat(5000)}.1.1.1:80`,
]

const WRITTEN: readonly (readonly [written: string, address: string])[] = [
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:5678', '203.0.113.9'],
  ['203.0.113.9:0', '203.0.113.9'],
  ['"203.0.113.9:5678"', '203.0.113.9'],
  ['2001:db9::1', '2001:db9::1'],
  ['[2001:db9::1]', '2001:db9::1'],
  ['[2001:db9::1]:443', '2001:db9::1'],
  ['"[2001:db9::1]:443"', '2001:db9::1'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['[::ffff:203.0.113.9]:443', '203.0.113.9'],
  ['[::FFFF:cb00:7109]', '203.0.113.9'],
  ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[fe80::1%eth0]:443', 'fe80::1'],
]

function clientOf(trusted: readonly string[], peer: string, ...forwarded: string[]): string {
  const request = {
    method: 'GET',
    path: '/',
    query: '',
    aborted: false,
    peer: () => peer,
    values: (name: string) => (name === 'x-forwarded-for' ? forwarded : []),
    header: () => undefined,
    wait: () => {},
    body: () => Promise.resolve({ kind: 'aborted' } as const),
  }
  return createClientAddress(trusted)(request)
}

test('without trusted proxies claims of a client about its address are ignored', () => {
  assert.equal(clientOf([], '192.0.2.1', '10.0.0.1'), '192.0.2.1')
})

test('a trusted proxy is believed for one address, not for what the client put before it', () => {
  const trusted = ['10.0.0.0/8', '2001:db8::/32']
  assert.equal(clientOf(trusted, '10.1.2.3', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7, 203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '10.1.2.3', '198.51.100.7, 203.0.113.9, 10.9.9.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '2001:db8::1', '203.0.113.9'), '203.0.113.9')
  assert.equal(clientOf(trusted, '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db9::1'), '2001:db9::1')
  assert.equal(clientOf(trusted, '::ffff:10.1.2.3', '203.0.113.9'), '203.0.113.9')
})

test('any other peer is not believed, and an invalid address ends the chain', () => {
  assert.equal(clientOf(['10.0.0.1'], '10.0.0.2', '203.0.113.9'), '10.0.0.2')
  assert.equal(clientOf(['10.0.0.1'], '10.0.0.1'), '10.0.0.1')
  for (const nonsense of NONSENSE)
    assert.equal(clientOf(['10.0.0.1'], '10.0.0.1', `203.0.113.9, ${nonsense}`), '10.0.0.1')
  assert.equal(clientOf(['10.0.0.1'], ''), '')
})

test('an entry may have a port, brackets and quotes, and an IPv4 address may be written as an IPv6 one', () => {
  for (const [written, address] of WRITTEN)
    for (const entry of [written, ` ${written}\t`, `198.51.100.7:1, ${written}`])
      assert.equal(clientOf(['10.0.0.1'], '10.0.0.1', entry), address, entry)
})

test('trusted proxies are recognized within the chain and at its end, in any notation', () => {
  for (const trusted of ['10.0.0.0/8', '::ffff:10.0.0.0/104', '::ffff:a00:0/104'])
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '0:0:0:0:0:ffff:0a01:0203'])
      for (const inner of ['10.9.9.9:8080', '[::ffff:10.9.9.9]:8080', '::ffff:a09:909'])
        assert.equal(clientOf([trusted], peer, `203.0.113.9:5, ${inner}`), '203.0.113.9')
  for (const trusted of ['2001:db8::1', '[2001:db8::1]', '[2001:db8::]/32', '2001:DB8::/32'])
    assert.equal(clientOf([trusted], '2001:db8::1', '203.0.113.9, [2001:db8:0::1]:443'), '203.0.113.9')
  assert.equal(clientOf(['fe80::/10'], 'fe80::1%eth0', '203.0.113.9'), '203.0.113.9')
})

test('an entry that is not an address or a network is refused at startup', () => {
  for (const entry of [
    '10.0.0.1:8080',
    '[2001:db8::1]:443',
    '[10.0.0.1]',
    '::ffff:10.0.0.0/95',
    '::ffff:10.0.0.0/129',

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
