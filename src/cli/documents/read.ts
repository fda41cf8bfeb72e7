// Reads the user's documents, one or more, in JSON or YAML. Numbers keep their digits.

import { createReadStream } from 'node:fs'
import { type Document, LineCounter, parseAllDocuments, type YAMLError } from 'yaml'
import { JsonFault } from '../../wire/json-scan.ts'
import { reasonOf } from '../../wire/text.ts'
import { UsageError } from '../command.ts'
import { isTreeObject, NumberText, numberTag, readTree, type Tree } from './tree.ts'
import { expansionFault } from './yaml-aliases.ts'

/**
 * Reads all documents of a text. The items of a list count as documents.
 * @param called the source of the text, for messages
 * @throws UsageError with the position of the first fault
 */
export function readDocuments(text: string, called: string): Tree[] {
  const bare = text.replace(/^\ufeff/, '')
  return (readJson(bare, called) ?? readYaml(bare, called)).flatMap(itemsOf)
}

/** Reads exactly one document. */
export function readDocument(text: string, called: string): Tree {
  const [document, ...more] = readDocuments(text, called)
  if (document === undefined || more.length > 0)
    throw new UsageError(`${called} must contain one document, not ${more.length === 0 ? 'none' : 'several'}`)
  return document
}

/** Undefined for text that is not JSON but may be YAML. */
function readJson(text: string, called: string): Tree[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return [readTree(text)]
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    if (error.kind === 'syntax' && !/\.json$/.test(called)) return undefined
    const before = text.slice(0, error.index).split('\n')
    throw new UsageError(`${called}:${before.length}:${(before.at(-1) ?? '').length + 1}: ${error.message}`)
  }
}

function readYaml(text: string, called: string): Tree[] {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    customTags: tags => [numberTag, ...tags],
    // Supports `<<: *usual`, as kubectl and most YAML parsers do.
    merge: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  }) as Document.Parsed[] // also an array for an empty stream
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${called}:${line}:${col}`
  }
  const [fault] = documents.flatMap(({ errors }) => errors)
  if (fault !== undefined) {
    throw new UsageError(`${placeOf(fault.pos[0])}: ${faultText(fault)}`)
  }
  // A document that contains only comments is null.
  return documents.map(document => treeOf(document, placeOf)).filter(tree => tree !== null)
}

function faultText({ code, message }: YAMLError): string {
  return code === 'DUPLICATE_KEY'
    ? 'duplicate key: keys of a map must be unique'
    : `neither YAML nor JSON: ${message}`
}

function treeOf(document: Document.Parsed, placeOf: (offset: number) => string): Tree {
  const fault = expansionFault(document)
  if (fault !== undefined) throw new UsageError(`${placeOf(fault.offset)}: ${fault.message}`)
  try {
    // The size of the expanded aliases has been checked.
    return converted(document.toJS({ mapAsMap: true, maxAliasCount: -1 }))
  } catch (error) {
    const message = reasonOf(error)
    throw new UsageError(`${placeOf(document.contents?.range[0] ?? 0)}: ${message}`)
  }
}

/** Refuses YAML values that JSON cannot express. */
function converted(value: unknown): Tree {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof NumberText) return value
  if (typeof value === 'number' && Number.isFinite(value)) return new NumberText(String(value))
  if (Array.isArray(value)) return value.map(converted)
  if (value instanceof Map)
    return new Map([...value].map(([key, member]) => [keyText(key), converted(member)]))
  throw new Error(`${String(value)} cannot be expressed in JSON`)
}

function keyText(key: unknown): string {
  if (key instanceof NumberText) return key.text
  if (typeof key === 'object' && key !== null) throw new Error('a key must be text')
  return String(key)
}

/** Replaces a list, bare or in the server's envelope, by its items. */
function itemsOf(tree: Tree): Tree[] {
  if (Array.isArray(tree)) return tree
  const [kind, items] = isTreeObject(tree) ? [tree.get('kind'), tree.get('items')] : []
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items) ? items : [tree]
}

/** Room for many bodies of the largest size. A larger file is the wrong file. */
const SOURCE_MAX_BYTES = 256 * 1024 * 1024

export interface SourceText {
  /** Its name in messages. */
  readonly called: string
  readonly text: string
}

/**
 * @param name of a file, or `-`
 * @throws UsageError if it cannot be read, is too large or not UTF-8
 */
export async function readSource(name: string): Promise<SourceText> {
  const called = name === '-' ? 'standard input' : name
  const bytes = await readAll(name === '-' ? process.stdin : createReadStream(name), called)
  try {
    return { called, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw new UsageError(`${called} is not valid UTF-8`)
  }
}

async function readAll(stream: AsyncIterable<Buffer>, called: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      chunks.push(chunk)
      size += chunk.length
      if (size > SOURCE_MAX_BYTES) break
    }
  } catch (error) {
    throw new UsageError(`${called} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  if (size > SOURCE_MAX_BYTES) throw new UsageError(`${called} is larger than ${SOURCE_MAX_BYTES} bytes`)
  return Buffer.concat(chunks)
}
