// The command line of `hyperfleet simulate`: every flag once, with its bounds, default and meaning.
import { parseArgs } from 'node:util'
import { UsageError } from '../command.ts'
import { DEFAULT_SERVER, readServer } from '../server-address.ts'
import type { RequiredAdapters } from './ledger.ts'
import type { FleetShape } from './plan.ts'

export interface SimulateOptions extends FleetShape {
  readonly server: URL
  /** Requests per second; 0: as fast as it goes. */
  readonly rate: number
  /** Seconds of life after the fleet stands. */
  readonly durationS: number
  readonly connections: number
  readonly retryForS: number
  readonly required: RequiredAdapters
}

interface Flag {
  readonly fallback: string
  readonly meaning: string
}

const FLAGS = {
  server: { fallback: DEFAULT_SERVER, meaning: 'address of the server' },
  clusters: { fallback: '1000', meaning: 'clusters of the fleet, each with 1 to 4 nodepools' },
  seed: { fallback: '1', meaning: 'what the fleet and its life are made from; the same seed gives the same' },
  rate: { fallback: '0', meaning: 'requests per second; 0: as fast as it goes' },
  duration: { fallback: '60', meaning: 'seconds of life once every adapter has reported; 0: none' },
  connections: { fallback: '16', meaning: 'requests under way at once' },
  'name-prefix': {
    fallback: 'sim',
    meaning: "start of the clusters' names and value of the label `simulation`",
  },
  'retry-for': { fallback: '60', meaning: 'seconds for which a failing request is tried again' },
  'required-cluster': { fallback: '', meaning: 'adapters that the server requires of clusters: a,b' },
  'required-nodepool': { fallback: '', meaning: 'adapters that the server requires of nodepools: a,b' },
} as const satisfies Record<string, Flag>

type FlagName = keyof typeof FLAGS

/** So that the longest name, `<prefix>-999999`, and search literals stay short. */
const PREFIX_MAX = 40
const CLUSTERS_MAX = 1_000_000

/** The flags as lines of help. */
export function describeFlags(): string {
  const width = Math.max(...Object.keys(FLAGS).map(name => name.length))
  return Object.entries(FLAGS)
    .map(([name, { fallback, meaning }]) => {
      const standing = fallback === '' ? 'none' : fallback
      return `  --${name.padEnd(width)}  ${meaning} (default ${standing})`
    })
    .join('\n')
}

/** @throws UsageError that says which flag is wrong and what is allowed */
export function parseOptions(args: readonly string[]): SimulateOptions {
  const text = readFlags(args)
  return {
    server: readServer(text('server')),
    clusters: readInteger('clusters', text('clusters'), 1, CLUSTERS_MAX),
    seed: readInteger('seed', text('seed'), 0, Number.MAX_SAFE_INTEGER),
    rate: readInteger('rate', text('rate'), 0, 1_000_000),
    durationS: readInteger('duration', text('duration'), 0, 86_400),
    connections: readInteger('connections', text('connections'), 1, 1024),
    namePrefix: readPrefix(text('name-prefix')),
    retryForS: readInteger('retry-for', text('retry-for'), 0, 86_400),
    required: {
      Cluster: readAdapters('required-cluster', text('required-cluster')),
      NodePool: readAdapters('required-nodepool', text('required-nodepool')),
    },
  }
}

function readFlags(args: readonly string[]): (name: FlagName) => string {
  const options = Object.fromEntries(Object.keys(FLAGS).map(name => [name, { type: 'string' } as const]))
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true })
    return name => String(values[name] ?? FLAGS[name].fallback)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readInteger(name: FlagName, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageError(`--${name} is '${text}': must be an integer from ${least} to ${most}`)
}

function readPrefix(text: string): string {
  if (text.length <= PREFIX_MAX && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)) return text
  const rule = `1 to ${PREFIX_MAX} of a-z, 0-9 and -, a letter or digit first and last`
  throw new UsageError(`--name-prefix is '${text}': must be ${rule}`)
}

function readAdapters(name: FlagName, text: string): string[] {
  const adapters = text.split(',').filter(adapter => adapter !== '')
  if (adapters.every(adapter => /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(adapter))) return adapters
  throw new UsageError(
    `--${name} is '${text}': must be adapter names separated by commas, such as dns,validator`,
  )
}
