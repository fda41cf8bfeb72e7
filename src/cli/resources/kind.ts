// Names of the kinds on a command line: singular, plural and short, and `TYPE/NAME`.
import { nearestName } from '../../wire/text.ts'
import { notGiven, UsageError } from '../command.ts'

export type ListName = 'clusters' | 'nodepools' | 'statuses'
export type ResourceList = Exclude<ListName, 'statuses'>

const WORDS: ReadonlyMap<string, ListName> = new Map([
  ['clusters', 'clusters'],
  ['cluster', 'clusters'],
  ['cl', 'clusters'],
  ['nodepools', 'nodepools'],
  ['nodepool', 'nodepools'],
  ['np', 'nodepools'],
  ['statuses', 'statuses'],
  ['status', 'statuses'],
  ['st', 'statuses'],
])

/** The singular and the plural of each kind. */
export const SINGULARS = ['cluster', 'nodepool'] as const
export const PLURALS = ['clusters', 'nodepools', 'statuses'] as const

/** All names, for the help. */
export const KIND_HELP = 'cluster, clusters, cl; nodepool, nodepools, np; status, statuses, st'

export interface Named<L extends ListName> {
  readonly list: L
  /** Names or ids. Nodepools may be given as CLUSTER/NAME. */
  readonly names: readonly string[]
}

/**
 * Reads `TYPE [NAME...]` or `TYPE/NAME...`.
 * @throws UsageError that says what is allowed
 */
export function readNamed<L extends ListName>(
  command: string,
  operands: readonly string[],
  allowed: readonly L[],
): Named<L> {
  const [first, ...rest] = operands
  if (first === undefined) throw new UsageError(`${command} needs a type: ${allowed.join(' or ')}`)
  if (!first.includes('/')) return { list: readList(command, first, allowed), names: rest }
  const pairs = operands.map(operand => splitPair(command, operand))
  const [list, ...others] = new Set(pairs.map(([word]) => readList(command, word, allowed)))
  if (list === undefined || others.length > 0) throw new UsageError(`${command} takes one type at a time`)
  return { list, names: pairs.map(([, name]) => name) }
}

export interface OneNamed {
  readonly list: ResourceList
  readonly name: string
}

/** Reads `TYPE NAME` or `TYPE/NAME` of a cluster or nodepool. */
export function readOneNamed(command: string, operands: readonly string[]): OneNamed {
  const { list, names } = readNamed(command, operands, ['clusters', 'nodepools'])
  const [name, ...others] = names
  if (name !== undefined && others.length === 0) return { list, name }
  throw new UsageError(`${command} takes one name or id${notGiven(names)}`)
}

function readList<L extends ListName>(command: string, word: string, allowed: readonly L[]): L {
  const list = WORDS.get(word.toLowerCase())
  const found = allowed.find(candidate => candidate === list)
  if (found !== undefined) return found
  const nearest = nearestName(word, allowed)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  throw new UsageError(`${command} takes ${allowed.join(' or ')}, not '${word}'${hint}`)
}

function splitPair(command: string, operand: string): [word: string, name: string] {
  const at = operand.indexOf('/')
  if (at > 0 && at < operand.length - 1) return [operand.slice(0, at), operand.slice(at + 1)]
  throw new UsageError(`${command} takes TYPE NAME or TYPE/NAME, not '${operand}'`)
}
