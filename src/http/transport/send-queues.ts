// The kernel's send queues of TCP connections: bytes that the other side has not acknowledged. Linux lists them in /proc/net/tcp and tcp6
// (proc_net_tcp(5)). No other system does.
import { createReadStream } from 'node:fs'
import { isIPv4 } from 'node:net'
import { endianness } from 'node:os'
import { plainAddress } from '../../wire/address.ts'

/** Bytes in the send queue by the peer's port, for each address in the form of `kernelAddress`. */
export type SendQueues = ReadonlyMap<string, ReadonlyMap<number, number>>

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6']
/** The beginning of an IPv4-mapped address in the table. */
const MAPPED = endianness() === 'LE' ? '0000000000000000FFFF0000' : '00000000000000000000FFFF'
const IPV4_LENGTH = 8
const WORD_BYTES = 4

/**
 * Reads the queues of the connections of a local port to some addresses. Undefined where the system does not list them. The lists are read in pieces of a
 * page, so that no turn of the event loop takes long if there are many connections.
 * @param addresses in the form of `kernelAddress`
 */
export async function readSendQueues(
  port: number,
  addresses: ReadonlySet<string>,
): Promise<SendQueues | undefined> {
  const queues = new Map<string, Map<number, number>>()
  const mark = `:${hex(port, 4)} `
  let isListed = false
  for (const table of TABLES)
    try {
      let rest = ''
      for await (const piece of createReadStream(table, { encoding: 'latin1' })) {
        const lines = `${rest}${piece}`.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.includes(mark)) addLine(line, mark, addresses, queues)
      }
      isListed = true
    } catch {
      // Not Linux, or without IPv6.
    }
  return isListed ? queues : undefined
}

function addLine(
  line: string,
  mark: string,
  addresses: ReadonlySet<string>,
  queues: Map<string, Map<number, number>>,
): void {
  const [, local = '', remote = '', , queued = ''] = line.trim().split(/ +/)
  if (!`${local} `.endsWith(mark)) return
  const [listed = '', port = ''] = remote.split(':')
  const address = listed.startsWith(MAPPED) ? listed.slice(MAPPED.length) : listed
  if (!addresses.has(address)) return
  let ofAddress = queues.get(address)
  if (ofAddress === undefined) {
    ofAddress = new Map()
    queues.set(address, ofAddress)
  }
  ofAddress.set(Number.parseInt(port, 16), Number.parseInt(queued.slice(0, queued.indexOf(':')), 16))
}

/** An address as the kernel lists it; an IPv4-mapped one as IPv4. */
export function kernelAddress(text: string): string {
  const address = plainAddress(text)
  const bytes = isIPv4(address) ? address.split('.').map(Number) : bytesOfIPv6(address)
  let listed = ''
  for (let at = 0; at < bytes.length; at += WORD_BYTES) {
    const word = bytes.slice(at, at + WORD_BYTES)
    if (endianness() === 'LE') word.reverse()
    listed += word.map(byte => hex(byte, 2)).join('')
  }
  return listed.slice(0, isIPv4(address) ? IPV4_LENGTH : undefined)
}

function bytesOfIPv6(address: string): number[] {
  const { hostname } = new URL(`http://[${address}]`)
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::')
  const groupsOf = (text: string) =>
    text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16))
  const [before, after] = [groupsOf(head), groupsOf(tail)]
  const zeros = Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0)
  return [...before, ...zeros, ...after].flatMap(group => [group >> 8, group & 0xff])
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}
