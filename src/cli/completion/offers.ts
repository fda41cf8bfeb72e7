// The words that the completion scripts offer for values that only the server knows: names, fields, label keys and values. Completion runs at
// each press of a key: it is silent, ends soon, and offers no word that a shell could take for anything but a word.
import type { Facets } from '../../api/facets.ts'
import { CATALOGUES, isSearchableLabelKey } from '../../search/check/fields.ts'
import { COUNTED_FIELDS } from '../../search/facets/fields.ts'
import { CONDITION_KEYS, RESOURCE_KEYS } from '../../state/field-path.ts'
import { type Api, type Parameters, withServer } from '../connection/api.ts'
import { thisMachine } from '../connection/machine.ts'
import { readTarget } from '../connection/target.ts'
import { isTreeObject, readTree, type Tree } from '../documents/tree.ts'
import type { ListName, ResourceList } from '../resources/kind.ts'
import { readList } from '../resources/list.ts'
import { ownerNames } from '../resources/lookup.ts'
import { called, isBeingDeleted } from '../resources/served.ts'
import type { Asked, TypedFlags } from './asked.ts'

/** Most words of one kind. */
const WORDS_MAX = 500
/** Resources whose specs show which paths there are. */
const SPECS_READ = 20

/** The characters of words that no shell expands, and quotes and blanks where the user has begun with a quote. */
const PLAIN_WORD = /^[\w.,:@%+=/~-]*$/
const PLAIN_VALUE = /^[\w.:@%+/ -]*$/

/**
 * The offers of the server that the command line, the environment or the client's settings file names.
 * @throws any failure of the connection or the server
 */
export function offersFromServer(asked: Asked, typed: TypedFlags): Promise<string[]> {
  const target = readTarget({ text: flag => typed.get(flag) }, { ...thisMachine(), warn: () => {} })
  return withServer(target, api => offers(api, asked))
}

/** The whole words that begin with a word, sorted. Those that the user has typed up to a comma or a space stay. */
export async function offers(api: Api, { completes, list, word }: Asked): Promise<string[]> {
  const found = await (completes === 'clusters' || completes === 'nodepools'
    ? namesOf(api, completes, word)
    : offersOf[completes](api, list, word))
  const isFit = (each: string) => each.startsWith(word) && isSafe(each.slice(word.length), completes)
  return [...new Set(found)].filter(isFit).sort().slice(0, WORDS_MAX)
}

/** The user has typed the word that is already there. */
function isSafe(rest: string, completes: Asked['completes']): boolean {
  return completes === 'search' ? PLAIN_VALUE.test(rest.replace(/'$/, '')) : PLAIN_WORD.test(rest)
}

async function namesOf(api: Api, list: ResourceList, word: string): Promise<string[]> {
  const { items } = await readList<ResourceList>(api, list, {
    path: `/${list}`,
    parameters: new Map([['orderBy', 'name'], ...nameSearch(list, word)]),
    limit: WORDS_MAX,
  })
  const values = items.map(({ value }) => value)
  const owners = await ownerNames(
    api,
    values.flatMap(value => (value.kind === 'NodePool' ? [value] : [])),
  )
  return values.map(value => {
    // The name of a resource that is being deleted may already be another's (contract 4.3).
    if (isBeingDeleted(value)) return value.id
    const owner = value.kind === 'NodePool' ? owners.get(value.owner_references.id) : undefined
    return called(value, owner).replace(/^[^/]*\//, '')
  })
}

/** A fleet may have more clusters than are offered. */
function nameSearch(list: ResourceList, word: string): [string, string][] {
  return list === 'clusters' && /^[a-z0-9-]+$/.test(word) ? [['search', `name like '${word}%'`]] : []
}

type Offers = (api: Api, list: ListName, word: string) => Promise<string[]>

const offersOf: Readonly<Record<Exclude<Asked['completes'], 'clusters' | 'nodepools'>, Offers>> = {
  /** `--fields a,b` */
  fields: inList((api, list, item) => projected(api, list, item)),
  /** `--by a,b` */
  counted: inList((api, list, item) => counted(api, list, item)),
  /** `--order-by 'a desc,b'` */
  ordered: inList((api, list, item) => ordered(api, list, item)),
  /** `-l 'a=b,c!=d,e in (f,g)'` */
  selector: (api, list, word) => selected(api, list, word),
  /** `--search "a='b' and c>1"` */
  search: (api, list, word) => searched(api, list, word),
}

/** Completes the last item of a list with commas. */
function inList(ofItem: Offers): Offers {
  return async (api, list, word) => {
    const [, before = '', item = ''] = /^(.*,\s*)?([^,]*)$/s.exec(word) ?? []
    return (await ofItem(api, list, item)).map(each => before + each)
  }
}

const LABELS = 'labels.'
const CONDITIONS = 'status.conditions.'
const SPEC = 'spec.'
const ADAPTERS = 'adapters.'
const CONDITION_TIMES = ['last_updated_time', 'last_transition_time']

async function projected(api: Api, list: ListName, item: string): Promise<string[]> {
  if (item.startsWith(SPEC)) return specPaths(api, list, item)
  if (item.startsWith(CONDITIONS))
    return [
      ...CONDITION_KEYS.map(key => CONDITIONS + key),
      ...(await conditions(api, list, item, CONDITION_KEYS)),
    ]
  if (item.startsWith(LABELS)) return labels(api, list)
  return [...RESOURCE_KEYS, LABELS, SPEC, CONDITIONS]
}

async function counted(api: Api, list: ListName, item: string): Promise<string[]> {
  if (item.startsWith(CONDITIONS)) return conditions(api, list, item, CONDITION_TIMES)
  if (item.startsWith(LABELS)) return labels(api, list)
  if (item.startsWith(ADAPTERS)) {
    const adapters = (await values(api, list, 'adapters')).map(adapter => ADAPTERS + adapter)
    return [...adapters, ...adapters.map(adapter => `${adapter}.last_report_time`)]
  }
  const plain = COUNTED_FIELDS.filter(field => list === 'nodepools' || field !== 'owner_id')
  return [...plain, LABELS, CONDITIONS, ADAPTERS]
}

async function ordered(api: Api, list: ListName, item: string): Promise<string[]> {
  const [, field] = /^(\S+)\s+\S*$/.exec(item) ?? []
  if (field !== undefined) return [`${field} asc`, `${field} desc`]
  if (item.startsWith(LABELS)) return labels(api, list)
  const { orderable } = catalogueOf(list)
  return list === 'statuses' ? [...orderable] : [...orderable, LABELS]
}

async function selected(api: Api, list: ListName, word: string): Promise<string[]> {
  const [, before = '', item = ''] = /^((?:[^,(]|\([^)]*\))*,\s*)?(.*)$/s.exec(word) ?? []
  const [, lead = '', key, begun] =
    /^(\s*([a-z0-9_]+)\s*(?:!=|==?|\s(?:not)?in\s*\((?:[^,]*,)*)\s*)([^,]*)$/s.exec(item) ?? []
  if (key !== undefined && begun !== undefined)
    return (await values(api, list, LABELS + key)).map(value => before + lead + value)
  const not = item.startsWith('!') ? '!' : ''
  return (await values(api, list, 'labels')).filter(isSearchableLabelKey).map(found => before + not + found)
}

/** A field at the end of a search, or the text with which it is compared. */
async function searched(api: Api, list: ListName, word: string): Promise<string[]> {
  const isInText = (word.split("'").length - 1) % 2 === 1
  if (isInText) {
    const [, before = '', field] =
      /^(.*?([\w.]+)\s*(?:=|!=|<>|\s(?:not\s+)?in\s*\((?:[^()]*,)?)\s*')[^']*$/is.exec(word) ?? []
    if (field === undefined) return []
    return (await values(api, list, field)).map(value => `${before}${value}'`)
  }
  const [, before = '', item = ''] = /^(.*?)([\w.]*)$/s.exec(word) ?? []
  return (await searchable(api, list, item)).map(field => before + field)
}

async function searchable(api: Api, list: ListName, item: string): Promise<string[]> {
  if (list === 'statuses') return [...catalogueOf(list).columns.keys()]
  if (item.startsWith(SPEC)) return specPaths(api, list, item)
  if (item.startsWith(CONDITIONS))
    return conditions(api, list, item, [...CONDITION_TIMES, 'observed_generation'])
  if (item.startsWith(LABELS)) return labels(api, list)
  return [...catalogueOf(list).columns.keys(), LABELS, SPEC, CONDITIONS]
}

function catalogueOf(list: ListName) {
  return list === 'clusters'
    ? CATALOGUES.Cluster
    : list === 'nodepools'
      ? CATALOGUES.NodePool
      : CATALOGUES.AdapterStatus
}

/** Label keys that a search can name. */
async function labels(api: Api, list: ListName): Promise<string[]> {
  return (await values(api, list, 'labels')).filter(isSearchableLabelKey).map(key => LABELS + key)
}

/** The types in use, and the members of a type once it is written. */
async function conditions(
  api: Api,
  list: ListName,
  item: string,
  members: readonly string[],
): Promise<string[]> {
  const [type = '', ...rest] = item.slice(CONDITIONS.length).split('.')
  if (rest.length > 0) return members.map(member => `${CONDITIONS}${type}.${member}`)
  return (await values(api, list, 'conditions')).map(found => CONDITIONS + found)
}

/** The values of a field, the most frequent ones first (contract 15.2). */
async function values(api: Api, list: ListName, field: string): Promise<string[]> {
  if (list === 'statuses') return []
  const path = `/facets/${list}`
  const parameters: Parameters = new Map<string, string | number>([
    ['by', field],
    ['limit', WORDS_MAX],
  ])
  const { facets } = api.json(path, await api.get(path, parameters)) as Facets
  return facets.flatMap(facet => facet.values?.map(({ value }) => value) ?? []).filter(isPlainValue)
}

function isPlainValue(value: string): boolean {
  return value !== '' && PLAIN_VALUE.test(value)
}

/** The keys of some specs, at the level of a path. An object's key has a dot behind it: the path goes on. */
async function specPaths(api: Api, list: ListName, item: string): Promise<string[]> {
  if (list === 'statuses') return []
  const path = `/${list}`
  const { text } = await api.get(
    path,
    new Map<string, string | number>([
      ['fields', 'spec'],
      ['pageSize', SPECS_READ],
    ]),
  )
  const tree = readTree(text)
  const items = isTreeObject(tree) ? tree.get('items') : undefined
  const above = item.split('.').slice(0, -1)
  return (Array.isArray(items) ? items : []).flatMap(resource => keysBelow(resource, above))
}

function keysBelow(resource: Tree, above: readonly string[]): string[] {
  let at: Tree | undefined = resource
  for (const key of above) at = isTreeObject(at) ? at.get(key) : undefined
  if (!isTreeObject(at)) return []
  return [...at].map(([key, value]) => `${[...above, key].join('.')}${isTreeObject(value) ? '.' : ''}`)
}
