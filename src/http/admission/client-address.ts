// Client address of a request: the peer of the connection. If the peer is a trusted proxy, the last address in
// X-Forwarded-For that is not itself a trusted proxy.
import { BlockList, isIP, isIPv6 } from 'node:net'
import { plainAddress, readAddress } from '../../wire/address.ts'
import type { HttpRequest } from '../transport/transport.ts'

const MAPPED_BITS = 96

export type ClientAddress = (request: HttpRequest) => string

/**
 * @param trustedProxies addresses, or networks such as `10.0.0.0/8`
 * @throws Error naming the invalid entry
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList()
  for (const entry of trustedProxies) trust(trusted, entry)
  if (trustedProxies.length === 0) return request => request.peer()
  const isTrusted = (address: string) => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return request => {
    let client = plainAddress(request.peer())
    const forwarded = request.values('x-forwarded-for').join(',').split(',').reverse()
    for (const entry of forwarded) {
      if (!isTrusted(client)) return client
      const address = readAddress(entry)
      if (address === undefined) return client
      client = address
    }
    return client
  }
}

function trust(trusted: BlockList, entry: string): void {
  const [written = '', prefix, ...more] = entry.split('/')
  const bracketed = /^\[(.*)\]$/.exec(written)?.[1]
  const address = bracketed !== undefined && isIPv6(bracketed) ? bracketed : written
  const plain = plainAddress(address)
  // In an IPv4-mapped IPv6 address the first 96 bits are fixed.
  const fixedBits = isIPv6(address) && !isIPv6(plain) ? MAPPED_BITS : 0
  const bits = prefix === undefined ? undefined : Number(prefix) - fixedBits
  const isPrefix =
    bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits >= 0 && bits <= (isIPv6(plain) ? 128 : 32))
  if (isIP(plain) === 0 || !isPrefix || more.length > 0)
    throw new Error(
      `limits-trusted-proxies has the invalid entry '${entry}': use an address or a network such as 10.0.0.0/8 or 2001:db8::/32, without a port`,
    )
  const kind = isIPv6(plain) ? 'ipv6' : 'ipv4'
  if (bits === undefined) trusted.addAddress(plain, kind)
  else trusted.addSubnet(plain, bits, kind)
}
