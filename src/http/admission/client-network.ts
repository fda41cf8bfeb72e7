// Unit by which clients are counted. An IPv6 client owns a /64 and may send from any of its 2^64 addresses, so the
// /64 counts as one client. For IPv4 the address counts.
import { isIPv6 } from 'node:net'

const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * The /64 network of an IPv6 address in canonical form, such as `2001:db8:0:1::/64`. An IPv4-mapped address
 * (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) gives its IPv4 address. Any other text is returned unchanged.
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const groups = groupsOf(address)
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) return dotted(groups.slice(6))
  const network = groups.slice(0, NETWORK_GROUPS).map(group => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an address. Drops the zone (`%eth0`), which is local to this machine. */
function groupsOf(address: string): number[] {
  const [bare = ''] = address.split('%', 1)
  const [head = '', tail = ''] = bare.split('::')
  const [before, after] = [partsOf(head), partsOf(tail)]
  const left = Array<number>(GROUPS - before.length - after.length).fill(0)
  return [...before, ...left, ...after]
}

function partsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap(group => [group >> 8, group & 0xff]).join('.')
}

/** The name under which a client is counted: by the subject of its token, otherwise by its network. */
export function clientName(subject: string | undefined, network: string): string {
  return subject === undefined ? `address ${network}` : `subject ${subject}`
}
