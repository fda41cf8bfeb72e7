// The command line of `hyperfleet simulate`: each flag with its bounds, default and meaning.

import { UsageError } from '../../src/cli/command.ts'
import { CONNECTION_FLAGS } from '../../src/cli/connection/flags.ts'
import type { Machine } from '../../src/cli/connection/machine.ts'
import { readTarget, type Target } from '../../src/cli/connection/target.ts'
import type { Flag } from '../../src/cli/flags/flag.ts'
import { readArguments, readInteger } from '../../src/cli/flags/flag-reader.ts'
import { ADAPTER_NAME } from '../../src/fleet/adapter-name.ts'
import type { RequiredAdapters } from './ledger.ts'
import type { FleetShape } from './plan.ts'

export interface SimulateOptions extends FleetShape {
  readonly target: Target
  /** Requests per second; 0: no limit. */
  readonly rate: number
  /** Duration of the fleet's life, once it is built. */
  readonly durationS: number
  /** Share of the clusters and nodepools that are deleted and created again, in percent. */
  readonly turnoverPercent: number
  readonly connections: number
  readonly retryForS: number
  readonly required: RequiredAdapters
  /** True to follow the fleet by watches as well. */
  readonly isWatching: boolean
}

const OWN_FLAGS = [
  {
    name: 'clusters',
    value: 'N',
    fallback: '1000',
    meaning: 'number of clusters, each with 1 to 4 nodepools',
  },
  {
    name: 'seed',
    value: 'N',
    fallback: '1',
    meaning: 'seed of the fleet and its life; the same seed repeats them',
  },
  { name: 'rate', value: 'N', fallback: '0', meaning: 'requests per second; 0: no limit' },
  {
    name: 'duration',
    value: 'SECONDS',
    fallback: '60',
    meaning: 'seconds of life after every adapter has reported; 0: none',
  },
  {
    name: 'turnover',
    value: 'PERCENT',
    fallback: '10',
    meaning:
      'share of the clusters and nodepools that are deleted after the life, and created again; 0: none',
  },
  { name: 'connections', value: 'N', fallback: '16', meaning: 'concurrent requests' },
  {
    name: 'name-prefix',
    value: 'TEXT',
    fallback: 'sim',
    meaning: "prefix of the clusters' names, and value of the label `simulation`",
  },
  {
    name: 'retry-for',
    value: 'SECONDS',
    fallback: '60',
    meaning: 'seconds for which a failing request is retried',
  },
  {
    name: 'required-cluster',
    value: 'A,B',
    fallback: 'none',
    meaning: 'adapters that the server requires of clusters',
  },
  {
    name: 'required-nodepool',
    value: 'A,B',
    fallback: 'none',
    meaning: 'adapters that the server requires of nodepools',
  },
  {
    name: 'watch',
    meaning: "follow the fleet by the server's watches, and compare what they say with lists in the end",
  },
] as const satisfies readonly Flag[]

export const SIMULATE_FLAGS = [...OWN_FLAGS, ...CONNECTION_FLAGS] as const

type FlagName = (typeof OWN_FLAGS)[number]['name']

/** Limits the length of names, such as `<prefix>-999999`, and of search literals. */
const PREFIX_MAX = 40
const CLUSTERS_MAX = 1_000_000

/** @throws UsageError that says which flag is wrong and what is allowed */
export function parseOptions(args: readonly string[], machine: Machine): SimulateOptions {
  const given = readArguments('simulate', SIMULATE_FLAGS, args)
  if (given.operands.length > 0)
    throw new UsageError(`simulate takes only flags, not '${given.operands.join(' ')}'`)
  const integer = (name: FlagName, least: number, most: number) =>
    readInteger(name, given.text(name) ?? fallbackOf(name), least, most)
  return {
    target: readTarget(given, machine),
    clusters: integer('clusters', 1, CLUSTERS_MAX),
    seed: integer('seed', 0, Number.MAX_SAFE_INTEGER),
    rate: integer('rate', 0, 1_000_000),
    durationS: integer('duration', 0, 86_400),
    turnoverPercent: integer('turnover', 0, 100),
    connections: integer('connections', 1, 1024),
    namePrefix: readPrefix(given.text('name-prefix') ?? fallbackOf('name-prefix')),
    retryForS: integer('retry-for', 0, 86_400),
    required: {
      Cluster: readAdapters('required-cluster', given.text('required-cluster') ?? ''),
      NodePool: readAdapters('required-nodepool', given.text('required-nodepool') ?? ''),
    },
    isWatching: given.has('watch'),
  }
}

function fallbackOf(name: FlagName): string {
  const flag = OWN_FLAGS.find(flag => flag.name === name)
  return flag !== undefined && 'fallback' in flag ? flag.fallback : ''
}

function readPrefix(text: string): string {
  if (text.length <= PREFIX_MAX && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text)) return text
  const rule = `1 to ${PREFIX_MAX} of a-z, 0-9 and -, with a letter or digit first and last`
  throw new UsageError(`--name-prefix is '${text}': must be ${rule}`)
}

function readAdapters(name: FlagName, text: string): string[] {
  const adapters = text.split(',').filter(adapter => adapter !== '')
  if (adapters.every(adapter => isAdapterName(adapter))) return adapters
  throw new UsageError(
    `--${name} is '${text}': must be adapter names separated by commas, such as dns,validator`,
  )
}

function isAdapterName(text: string): boolean {
  return text.length <= ADAPTER_NAME.maxLength && new RegExp(ADAPTER_NAME.pattern).test(text)
}
