// The command line of `hyperfleet get`.
import { UsageError } from '../command.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import type { Machine } from '../connection/machine.ts'
import { readTarget, type Target } from '../connection/target.ts'
import type { Flag } from '../flags/flag.ts'
import { type Arguments, readArguments, readChoice, readInteger } from '../flags/flag-reader.ts'
import { type ListName, PLURALS, readNamed } from '../resources/kind.ts'
import { listParameters, ORDER_FLAGS, SEARCH_FLAG, SELECTOR_FLAG } from '../resources/list-flags.ts'

const OUTPUTS = ['table', 'wide', 'json', 'yaml', 'name'] as const
const INTERVAL_MAX_S = 86_400

export interface GetOptions {
  readonly list: ListName
  readonly names: readonly string[]
  /** Name or id of the cluster of the nodepools or statuses. */
  readonly cluster: string | undefined
  readonly nodepool: string | undefined
  readonly parameters: ReadonlyMap<string, string>
  readonly limit: number
  readonly output: (typeof OUTPUTS)[number]
  /** True to print column titles. */
  readonly hasHeaders: boolean
  readonly isWatching: boolean
  readonly intervalS: number
  readonly target: Target
}

export const GET_FLAGS = [
  {
    name: 'cluster',
    value: 'CLUSTER',
    meaning: 'only those in this cluster, by name or id',
    completes: 'clusters',
  },
  {
    name: 'nodepool',
    value: 'NODEPOOL',
    meaning: 'statuses of this nodepool, by name, id or CLUSTER/NAME',
    completes: 'nodepools',
  },
  SEARCH_FLAG,
  SELECTOR_FLAG,
  ...ORDER_FLAGS,
  { name: 'limit', value: 'N', meaning: 'the most items to list (default all, read page by page)' },
  {
    name: 'output',
    short: 'o',
    value: 'FORM',
    elsewhere: ['format'],
    meaning: 'table, wide, json, yaml or name',
    fallback: 'table',
    choices: OUTPUTS,
  },
  { name: 'no-headers', meaning: 'omit the column titles' },
  { name: 'watch', short: 'w', meaning: 'keep showing changes until Ctrl-C' },
  { name: 'interval', value: 'SECONDS', meaning: 'poll interval of --watch', fallback: '2' },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

type Given = Arguments<(typeof GET_FLAGS)[number]['name']>

/** @throws UsageError that says what is wrong and what is allowed */
export function readGetOptions(args: readonly string[], machine: Machine): GetOptions {
  const given = readArguments('get', GET_FLAGS, args)
  const { list, names } = readNamed('get', given.operands, PLURALS)
  assertFits(list, names, given)
  const limit = given.text('limit')
  return {
    list,
    names,
    cluster: given.text('cluster'),
    nodepool: given.text('nodepool'),
    parameters: listParameters(given),
    limit:
      limit === undefined
        ? Number.POSITIVE_INFINITY
        : readInteger('limit', limit, 1, Number.MAX_SAFE_INTEGER),
    output: readChoice('output', given.text('output') ?? 'table', OUTPUTS),
    hasHeaders: !given.has('no-headers'),
    isWatching: given.has('watch'),
    intervalS: readInteger('interval', given.text('interval') ?? '2', 1, INTERVAL_MAX_S),
    target: readTarget(given, machine),
  }
}

function assertFits(list: ListName, names: readonly string[], given: Given): void {
  if (list === 'clusters' && given.has('cluster'))
    throw new UsageError("get clusters takes no --cluster: name the cluster as in 'get clusters NAME'")
  if (list === 'statuses' && given.has('selector'))
    throw new UsageError('get statuses takes no --selector: statuses have no labels')
  if (list !== 'statuses' && given.has('nodepool'))
    throw new UsageError(`get ${list} takes no --nodepool: only statuses take it`)
  if (list === 'statuses' && !given.has('cluster') && !given.has('nodepool'))
    throw new UsageError('get statuses needs --cluster, or --nodepool CLUSTER/NAME')
  const unfit = (['search', 'selector', 'order-by', 'order', 'limit'] as const).find(name => given.has(name))
  if (names.length > 0 && unfit !== undefined)
    throw new UsageError(`--${unfit} applies to a whole list, not to names`)
}
