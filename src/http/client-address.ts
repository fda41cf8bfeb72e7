// The address of the client behind a request: the other end of the connection, or, where that is a proxy that is
// trusted, the last address of X-Forwarded-For that no trusted proxy has.
import { BlockList, isIP, isIPv6 } from 'node:net'
import type { HttpRequest } from './transport/transport.ts'

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
    let client = request.peer()
    const forwarded = request.values('x-forwarded-for').join(',').split(',').reverse()
    for (const entry of forwarded) {
      const address = entry.trim()
      if (!isTrusted(client) || isIP(address) === 0) return client
      client = address
    }
    return client
  }
}

function trust(trusted: BlockList, entry: string): void {
  const [address = '', prefix, ...more] = entry.split('/')
  const family = isIP(address)
  const bits = prefix === undefined ? undefined : Number(prefix)
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(prefix ?? '') && bits <= (family === 6 ? 128 : 32))
  if (family === 0 || !isPrefix || more.length > 0)
    throw new Error(
      `limits-trusted-proxies holds '${entry}', which is no address and no network such as 10.0.0.0/8`,
    )
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) trusted.addAddress(address, kind)
  else trusted.addSubnet(address, bits, kind)
}
