// Flags of the commands that read a list, and their query parameters (contract, section 7).
import { UsageError } from '../command.ts'
import type { Flag } from '../flags/flag.ts'
import type { Arguments } from '../flags/flag-reader.ts'
import { readNamed } from './kind.ts'
import { joined, selectorSearch } from './selector.ts'

export const SEARCH_FLAG = {
  name: 'search',
  value: 'QUERY',
  meaning: "the search, such as \"labels.env = 'prod' and status.conditions.Ready = 'False'\"",
  completes: 'search',
} as const satisfies Flag

/** The cluster in which to find a nodepool. */
export const CLUSTER_FLAG = {
  name: 'cluster',
  value: 'CLUSTER',
  meaning: 'the cluster of a nodepool, by name or id',
  completes: 'clusters',
} as const satisfies Flag

export const SELECTOR_FLAG = {
  name: 'selector',
  short: 'l',
  value: 'SELECTOR',
  meaning: "by labels, as in kubectl: 'a=b,c!=d,e in (f,g),h,!i'; with --search, both must match",
  elsewhere: ['label-selector', 'labels'],
  completes: 'selector',
} as const satisfies Flag

export const ORDER_FLAGS = [
  {
    name: 'order-by',
    value: 'FIELDS',
    meaning: "the order, such as 'name desc, id' (default created_time desc)",
    completes: 'ordered',
  },
  {
    name: 'order',
    value: 'asc|desc',
    meaning: 'default direction of the fields; without --order-by it may also name fields: name desc',
    choices: ['asc', 'desc'],
  },
] as const satisfies readonly Flag[]

type ListFlag = typeof SEARCH_FLAG.name | typeof SELECTOR_FLAG.name | (typeof ORDER_FLAGS)[number]['name']

/**
 * Converts flags to query parameters. The server validates the values, except for the selector, which becomes a search.
 * @throws UsageError for an invalid selector
 */
export function listParameters(given: Pick<Arguments<ListFlag>, 'text'>): Map<string, string> {
  const parameters = new Map<string, string>()
  const [search, selector] = [given.text('search'), given.text('selector')]
  const pairs = [
    ['search', selector === undefined ? search : joined(selectorSearch(selector), search ?? '')],
    ['orderBy', given.text('order-by')],
    ['order', given.text('order')],
  ] as const
  for (const [name, value] of pairs) if (value !== undefined) parameters.set(name, value)
  return parameters
}

/** The lists that commands search as a whole. */
export const SEARCHED_LISTS = ['clusters', 'nodepools'] as const

interface SearchedList {
  readonly list: (typeof SEARCHED_LISTS)[number]
  /** The cluster of the nodepools, by name or id. */
  readonly cluster: string | undefined
  readonly parameters: Map<string, string>
}

/**
 * Reads the arguments of a command that takes everything that a search matches.
 * @throws UsageError for names, another list, a cluster of clusters, or an invalid selector
 */
export function readSearchedList(
  command: string,
  given: Pick<Arguments<'search' | 'selector' | 'cluster'>, 'text' | 'operands'>,
): SearchedList {
  const { list, names } = readNamed(command, given.operands, SEARCHED_LISTS)
  if (names.length > 0) throw new UsageError(`${command} takes no names: use --search`)
  const cluster = given.text('cluster')
  if (cluster !== undefined && list === 'clusters')
    throw new UsageError(`${command} clusters takes no --cluster`)
  const parameters = listParameters({
    text: name => (name === 'search' || name === 'selector' ? given.text(name) : undefined),
  })
  return { list, cluster, parameters }
}
