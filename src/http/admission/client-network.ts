// Whom an address stands for where clients are counted: an IPv6 client has a network of 2^64 addresses to itself and may
// send from each of them, so that its network counts; of IPv4 the address does.
import { isIPv6 } from 'node:net'

const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * The /64 network of an IPv6 address in one spelling, such as `2001:db8:0:1::/64`; of one that stands for an IPv4 address
 * (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) that address; anything else as it is.
 */
export function clientNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const groups = groupsOf(address)
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) return dotted(groups.slice(6))
  const network = groups.slice(0, NETWORK_GROUPS).map(group => group.toString(16))
  return `${network.join(':')}::/64`
}

/** The eight groups of an address; a zone (`%eth0`) belongs to this machine and not to the client. */
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
