// IP addresses as text: parsed from X-Forwarded-For entries, printed for URLs.
import { isIP, isIPv6 } from 'node:net'

/** `192.0.2.1:5678` and `[2001:db8::1]:443`; the port is ignored. */
const WITH_PORT = /^(?:([\d.]+)|\[([^\]]+)\])(?::\d{1,5})?$/
/** IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2), as `URL` prints them. */
const MAPPED = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/

/**
 * Parses an entry of X-Forwarded-For: an address alone, with a port, in brackets, or in quotes. Turns an IPv4-mapped
 * address into IPv4. Drops a zone (`%eth0`), which only means something on the machine that wrote it. Returns undefined
 * if there is no address.
 */
export function readAddress(text: string): string | undefined {
  const trimmed = text.trim()
  const bare = /^".*"$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
  const [, v4, bracketed] = WITH_PORT.exec(bare) ?? []
  const address = v4 ?? bracketed ?? bare
  return isIP(address) === 0 ? undefined : plainAddress(address)
}

/** Turns an IPv4-mapped IPv6 address into IPv4 and drops a zone. Returns anything else unchanged. */
export function plainAddress(address: string): string {
  if (!isIPv6(address)) return address
  const [bare = ''] = address.split('%', 1)
  if (!/^[0:]+:ffff:/i.test(bare)) return bare
  const [, high, low] = MAPPED.exec(new URL(`http://[${bare}]`).hostname) ?? []
  if (high === undefined || low === undefined) return bare
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)
  return [bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff].join('.')
}

/** Formats host and port for a URL: IPv6 addresses in brackets (RFC 3986, section 3.2.2; for zones RFC 6874). */
export function hostAndPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host.replace('%', '%25')}]` : host}:${port}`
}
