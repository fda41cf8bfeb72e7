// Input of `create` and `apply`: documents from files, or one resource from flags.
import { UsageError } from '../command.ts'
import { readDocument, readDocuments, readSource } from '../documents/read.ts'
import { isTreeObject, type Tree, type TreeObject } from '../documents/tree.ts'
import type { Flag } from '../flags/flag.ts'
import { visible } from '../terminal/text.ts'
import { textOf } from './result.ts'

export interface Creation {
  readonly kind: 'Cluster' | 'NodePool'
  /** Name for messages: the file, and the number of the document. */
  readonly called: string
  readonly name: string | undefined
  /** The id on the server that served the document. */
  readonly formerId: string | undefined
  /** Name or id of a nodepool's cluster. */
  readonly cluster: string | undefined
  /** The body of the request. */
  readonly body: TreeObject
  /** Members that the server sets; they are not sent. */
  readonly dropped: readonly string[]
}

/** The flag for files with documents. */
export const FILES_FLAG = {
  name: 'file',
  short: 'f',
  value: 'FILE',
  meaning: 'documents in YAML or JSON, - for standard input; may be repeated',
  completes: 'file',
  repeats: true,
} as const satisfies Flag

/** The member that names a nodepool's cluster. */
const OWNER_KEY = 'cluster'
/** Members that the server sets. Served documents contain them. */
const MADE_BY_SERVER: readonly string[] = [
  'id',
  'href',
  'owner_references',
  'generation',
  'created_time',
  'updated_time',
  'created_by',
  'updated_by',
  'deleted_time',
  'deleted_by',
  'status',
]

/**
 * Reads all documents of a file.
 * @param file `-` is standard input
 * @param cluster the cluster of nodepools that name none
 * @throws UsageError with the place of what is wrong
 */
async function creationsOf(file: string, cluster: string | undefined): Promise<Creation[]> {
  const { called, text } = await readSource(file)
  const documents = readDocuments(text, called)
  if (documents.length === 0) throw new UsageError(`${called} contains no document`)
  return documents.map((document, i) =>
    creationOf(document, documents.length === 1 ? called : `${called}, document ${i + 1}`, cluster),
  )
}

/**
 * Reads all documents of several files.
 * @throws UsageError with the place of what is wrong
 */
export async function creationsOfAll(
  files: readonly string[],
  cluster: string | undefined,
): Promise<Creation[]> {
  if (files.filter(file => file === '-').length > 1) throw new UsageError('-f - may be given once')
  const creations: Creation[] = []
  for (const file of files) creations.push(...(await creationsOf(file, cluster)))
  return creations
}

export interface Described {
  readonly kind: Creation['kind']
  readonly name: string
  readonly cluster: string | undefined
  readonly labels: readonly string[]
  readonly spec: string | undefined
}

/** Builds a resource from flags. */
export async function creationFromFlags({ kind, name, cluster, labels, spec }: Described): Promise<Creation> {
  const body: TreeObject = new Map<string, Tree>([
    ['kind', kind],
    ['name', name],
    ['spec', spec === undefined ? new Map() : await readValue(spec, '--spec')],
  ])
  if (labels.length > 0) body.set('labels', new Map(labels.map(readLabel)))
  return placed(body, kind, `${kind} '${visible(name)}'`, cluster)
}

/** Reads the value of a flag: JSON, YAML or `@FILE`. */
export async function readValue(given: string, flag: string): Promise<Tree> {
  if (!given.startsWith('@')) return readDocument(given, flag)
  const { called, text } = await readSource(given.slice(1))
  return readDocument(text, called)
}

function creationOf(document: Tree, called: string, cluster: string | undefined): Creation {
  const kind = isTreeObject(document) ? document.get('kind') : undefined
  if (!isTreeObject(document) || (kind !== 'Cluster' && kind !== 'NodePool'))
    throw new UsageError(`${called} has an unknown kind: must be Cluster or NodePool`)
  if (kind === 'Cluster') return placed(document, kind, called, undefined)
  const owner = document.get('owner_references')
  const ownerId = isTreeObject(owner) ? textOf(owner.get('id')) : undefined
  const named = textOf(document.get(OWNER_KEY)) ?? cluster ?? ownerId
  return placed(new Map([...document].filter(([key]) => key !== OWNER_KEY)), kind, called, named)
}

function placed(
  body: TreeObject,
  kind: Creation['kind'],
  called: string,
  cluster: string | undefined,
): Creation {
  if (kind === 'NodePool' && cluster === undefined)
    throw new UsageError(`${called} names no cluster: use --cluster, or cluster: NAME in the document`)
  return {
    kind,
    called,
    name: textOf(body.get('name')),
    formerId: textOf(body.get('id')),
    cluster,
    body: new Map([...body].filter(([key]) => !MADE_BY_SERVER.includes(key))),
    dropped: MADE_BY_SERVER.filter(key => body.has(key)),
  }
}

/** A sentence about the members that are not sent; undefined if there are none. */
export function droppedText(creations: readonly Creation[]): string | undefined {
  const dropped = MADE_BY_SERVER.filter(key => creations.some(creation => creation.dropped.includes(key)))
  return dropped.length === 0 ? undefined : `ignored members that the server sets: ${dropped.join(', ')}`
}

function readLabel(text: string): [string, Tree] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`--label is '${text}': must be KEY=VALUE`)
}
