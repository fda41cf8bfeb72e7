// Reads lists page by page, up to a limit.
import { JsonFault } from '../../wire/json-scan.ts'
import type { Api, Parameters } from '../connection/api.ts'
import { isTreeObject, readTree, type Tree } from '../documents/tree.ts'
import type { ListName } from './kind.ts'
import { isPage, type ServedItems } from './served.ts'

/** The largest page of a server with default settings (contract 7.2). */
const PAGE_SIZE = 1000

export interface Listed<T> {
  readonly value: T
  /** The same value as the server wrote it. */
  readonly tree: Tree
}

export interface List<T> {
  readonly items: readonly Listed<T>[]
  /** The number of matches; larger than the number of items if a limit was given. */
  readonly total: number
}

export interface ListRequest {
  /** Relative to the base path. */
  readonly path: string
  /** Parameters other than page and size. */
  readonly parameters: Parameters
  readonly limit: number
}

/**
 * Reads a list. Pages may shift while others write: an item that appears twice is kept once.
 * @throws FailedError with a message for the user
 */
export async function readList<L extends ListName>(
  api: Api,
  list: L,
  { path, parameters, limit }: ListRequest,
): Promise<List<ServedItems[L]>> {
  const items = new Map<string, Listed<ServedItems[L]>>()
  const pageSize = Math.min(limit, PAGE_SIZE)
  for (let page = 1, seen = 0; ; page++) {
    const read = await readPage(
      api,
      list,
      path,
      new Map([...parameters, ['pageSize', pageSize], ['page', page]]),
    )
    for (const item of read.items) items.set(keyOf(item.value), item)
    seen += read.items.length
    if (read.items.length === 0 || seen >= read.total || items.size >= limit)
      return { items: [...items.values()].slice(0, limit), total: read.total }
  }
}

/** The key of an item in its list. */
export function keyOf(item: ServedItems[ListName]): string {
  return 'adapter' in item ? item.adapter : item.id
}

async function readPage<L extends ListName>(
  api: Api,
  list: L,
  path: string,
  parameters: Parameters,
): Promise<List<ServedItems[L]>> {
  const success = await api.get(path, parameters)
  const page = api.json(path, success)
  const trees = itemTrees(success.text)
  if (!isPage(list, page) || trees?.length !== page.items.length) throw api.misshapen(path)
  const items = page.items.flatMap((value, i) => {
    const tree = trees[i]
    return tree === undefined ? [] : [{ value, tree }]
  })
  return { items, total: page.total }
}

function itemTrees(text: string): Tree[] | undefined {
  try {
    const tree = readTree(text)
    const items = isTreeObject(tree) ? tree.get('items') : undefined
    return Array.isArray(items) ? items : undefined
  } catch (error) {
    if (error instanceof JsonFault) return undefined
    throw error
  }
}
