// What `hyperfleet create` is asked to create: documents of files, or one resource put together from flags.
import { UsageError } from '../command.ts'
import { compactJson } from '../documents/print.ts'
import { readDocument, readDocuments } from '../documents/read.ts'
import { readSource } from '../documents/source.ts'
import { isTreeObject, type Tree, type TreeObject } from '../documents/tree.ts'
import { visible } from '../terminal/visible.ts'
import { textOf } from './result.ts'

export interface Creation {
  readonly kind: 'Cluster' | 'NodePool'
  /** What messages call it: the file, and which document of it. */
  readonly called: string
  /** Of a nodepool: its cluster's name or id. */
  readonly cluster: string | undefined
  readonly body: string
}

/** Where a document says which cluster a nodepool is of; the server takes neither. */
const OWNER_KEYS = ['cluster', 'owner_references'] as const

/**
 * All documents of a file.
 * @param file `-` is standard input
 * @param cluster of the nodepools that name none
 * @throws UsageError with the place of what is wrong
 */
export async function creationsOf(file: string, cluster: string | undefined): Promise<Creation[]> {
  const { called, text } = await readSource(file)
  const documents = readDocuments(text, called)
  if (documents.length === 0) throw new UsageError(`${called} holds no document`)
  return documents.map((document, i) =>
    creationOf(document, documents.length === 1 ? called : `${called}, document ${i + 1}`, cluster),
  )
}

export interface Described {
  readonly kind: Creation['kind']
  readonly name: string
  readonly cluster: string | undefined
  readonly labels: readonly string[]
  readonly spec: string | undefined
}

/** A resource from flags. */
export async function creationFromFlags({ kind, name, cluster, labels, spec }: Described): Promise<Creation> {
  const body: TreeObject = new Map<string, Tree>([
    ['kind', kind],
    ['name', name],
    ['spec', spec === undefined ? new Map() : await readValue(spec, '--spec')],
  ])
  if (labels.length > 0) body.set('labels', new Map(labels.map(readLabel)))
  return placed(body, kind, `${kind} '${visible(name)}'`, cluster)
}

/** A value given in a flag as JSON or YAML, or as `@FILE`. */
export async function readValue(given: string, flag: string): Promise<Tree> {
  if (!given.startsWith('@')) return readDocument(given, flag)
  const { called, text } = await readSource(given.slice(1))
  return readDocument(text, called)
}

function creationOf(document: Tree, called: string, cluster: string | undefined): Creation {
  const kind = isTreeObject(document) ? document.get('kind') : undefined
  if (!isTreeObject(document) || (kind !== 'Cluster' && kind !== 'NodePool'))
    throw new UsageError(`${called} has no kind that can be created: it must be Cluster or NodePool`)
  if (kind === 'Cluster') return placed(document, kind, called, undefined)
  const owner = document.get('owner_references')
  const named = document.get('cluster') ?? (isTreeObject(owner) ? owner.get('id') : undefined)
  const body = new Map([...document].filter(([key]) => !OWNER_KEYS.some(each => each === key)))
  return placed(body, kind, called, textOf(named) ?? cluster)
}

function placed(
  body: TreeObject,
  kind: Creation['kind'],
  called: string,
  cluster: string | undefined,
): Creation {
  if (kind === 'NodePool' && cluster === undefined)
    throw new UsageError(
      `${called} names no cluster: say it with --cluster, or in the document with cluster: NAME`,
    )
  return { kind, called, cluster, body: compactJson(body) }
}

function readLabel(text: string): [string, Tree] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`--label is '${text}': must be KEY=VALUE`)
}
