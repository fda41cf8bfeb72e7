// The address of the client behind a request: the other end of the connection, or, where that is a proxy that is
// trusted, the last address of X-Forwarded-For that no trusted proxy has.
import { BlockList, isIP, isIPv6 } from 'node:net'
import { plainAddress, readAddress } from '../../wire/address.ts'
import type { HttpRequest } from '../transport/transport.ts'

const MAPPED_BITS = 96

export type ClientAddress = (request: HttpRequest) => string

/**
 * @param trustedProxies addresses, or networks such as `10.0.0.0/8`
 * @throws Error that names the entry that is neither
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
  // The first 96 bits of an address that stands for an IPv4 one are fixed.
  const fixedBits = isIPv6(address) && !isIPv6(plain) ? MAPPED_BITS : 0
  const bits = prefix === undefined ? undefined : Number(prefix) - fixedBits
  const isPrefix =
    bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits >= 0 && bits <= (isIPv6(plain) ? 128 : 32))
  if (isIP(plain) === 0 || !isPrefix || more.length > 0)
    throw new Error(
      `limits-trusted-proxies holds '${entry}', which is no address and no network such as 10.0.0.0/8 or 2001:db8::/32; a proxy has no port here`,
    )
  const kind = isIPv6(plain) ? 'ipv6' : 'ipv4'
  if (bits === undefined) trusted.addAddress(plain, kind)
  else trusted.addSubnet(plain, bits, kind)
}
