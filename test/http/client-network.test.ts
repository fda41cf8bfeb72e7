// Addresses that count as one client.
import assert from 'node:assert/strict'
import { BlockList, SocketAddress } from 'node:net'
import { test } from 'node:test'
import { clientNetwork } from '../../src/http/admission/client-network.ts'
import { Random } from '../index/random.ts'

test('an IPv4 address counts by itself, in any notation', () => {
  for (const address of [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '::FFFF:c000:201',
    '0:0:0:0:0:ffff:192.0.2.1',
    '0000:0000:0000:0000:0000:ffff:c000:0201',
  ])
    assert.equal(clientNetwork(address), '192.0.2.1', address)
})

test('an IPv6 address counts as its /64 network, in any notation', () => {
  for (const address of [
    '2001:db8:0:1::',
    '2001:db8:0:1::1',
    '2001:DB8:0:1:ffff:ffff:ffff:ffff',
    '2001:0db8:0000:0001:0000:0000:0000:0001',
    '2001:db8:0:1:0:ffff:192.0.2.1',
    '2001:db8:0:1::1%eth0',
  ])
    assert.equal(clientNetwork(address), '2001:db8:0:1::/64', address)
  assert.equal(clientNetwork('::1'), '0:0:0:0::/64')
  assert.equal(clientNetwork('::'), '0:0:0:0::/64')
  assert.equal(clientNetwork('1:2:3::'), '1:2:3:0::/64')
  assert.equal(clientNetwork('::4:5:6:7:8'), '0:0:0:4::/64')
  assert.equal(clientNetwork('::ffff:0:192.0.2.1'), '0:0:0:0::/64')
})

test('an unknown address counts by itself', () => {
  assert.equal(clientNetwork(''), '')
})

test('two random addresses are one client exactly if a BlockList of node:net puts them into one network', () => {
  const random = new Random()
  const group = () => random.of(['0', '1', 'ff', 'ffff', 'db8'])
  let ones = 0
  for (let i = 0; i < 2000; i++) {
    const a = ['2001', ...Array.from({ length: 7 }, group)]
    const b = a.with(random.below(8), group())
    const [first, second] = [a.join(':'), b.join(':')]
    const network = new BlockList()
    network.addSubnet(first, 64, 'ipv6')
    const isOne = network.check(second, 'ipv6')
    assert.equal(clientNetwork(first) === clientNetwork(second), isOne, `${first} and ${second}`)
    if (isOne) ones++
    const { address: short } = new SocketAddress({ address: first, family: 'ipv6' })
    assert.equal(clientNetwork(short), clientNetwork(first), `${first} as ${short}`)
  }
  assert.ok(ones > 500 && ones < 1900, `${ones} are one client`)
})
