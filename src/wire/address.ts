// Addresses of the Internet Protocol as text: how proxies and people write them, and how they stand in a URL.
import { isIP, isIPv6 } from 'node:net'

/** `192.0.2.1:5678` and `[2001:db8::1]:443`; the port decides nothing. */
const WITH_PORT = /^(?:([\d.]+)|\[([^\]]+)\])(?::\d{1,5})?$/
/** IPv6 addresses that stand for an IPv4 address (RFC 4291, section 2.5.5.2), as `URL` writes them. */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/

/**
 * The address in an entry of X-Forwarded-For: alone, with a port, in brackets, or in quotes. One that stands for an IPv4 address
 * becomes that; a zone (`%eth0`), which belongs to the machine that wrote it, goes. Undefined when it holds no address.
 */
export function readAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const bare = /^".*"$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
  const [, v4, bracketed] = WITH_PORT.exec(bare) ?? []
  const address = v4 ?? bracketed ?? bare
  return isIP(address) === 0 ? undefined : plainAddress(address)
}

/** An IPv4 address in place of the IPv6 one that stands for it, and no zone; anything else as it is. */
export function plainAddress(address: string): string {
  if (!isIPv6(address)) return address
  const [bare = ''] = address.split('%', 1)
  if (!/^[0:]+:ffff:/i.test(bare)) return bare
  const [, high, low] = MAPPED.exec(new URL(`http://[${bare}]`).hostname) ?? []
  if (high === undefined || low === undefined) return bare
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)
  return [bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff].join('.')
}

/** Host and port as a URL has them: IPv6 addresses in brackets (RFC 3986, section 3.2.2; for zones RFC 6874). */
export function hostAndPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host.replace('%', '%25')}]` : host}:${port}`
}
