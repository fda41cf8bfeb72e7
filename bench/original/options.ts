// Command line of the comparison.
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { Span } from '../load/traffic/closed-loop.ts'
import type { Address } from '../load/traffic/connection.ts'

export interface OriginalOptions {
  /** Undefined: a second server of ours takes the place of the original. */
  readonly address: Address | undefined
  readonly clusters: number
  readonly rounds: number
  readonly span: Span
  /** Folder for our data, on the disk to be measured. */
  readonly folder: string
}

const WHOLE = { clusters: 10_000, rounds: 3, span: { warmupMs: 1000, durationMs: 5000 } }
/** Shows that it runs; its figures mean nothing. */
const SHORT = { clusters: 100, rounds: 1, span: { warmupMs: 50, durationMs: 200 } }

/** @throws Error for an address of another form, and without one unless the short form is asked for */
export function readOriginalOptions(args: readonly string[]): OriginalOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      address: { type: 'string' },
      short: { type: 'boolean', default: false },
      folder: { type: 'string', default: tmpdir() },
    },
  })
  const { address, short, folder } = values
  if (address === undefined && !short) throw new Error('--address http://host:port of the original is needed')
  return {
    ...(short ? SHORT : WHOLE),
    address: address === undefined ? undefined : readAddress(address),
    folder,
  }
}

function readAddress(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' || url.pathname !== '/' || url.search !== '')
    throw new Error(`--address is '${text}'; it must have the form http://host:port`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) }
}
