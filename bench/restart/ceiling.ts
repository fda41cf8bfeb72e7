// Ceiling of a start: reads every record of both environments through lmdb with the store's settings, parses each
// document once with JSON.parse, and keeps the result, as the state does.
import { join } from 'node:path'
import { open } from 'lmdb'
import { ENVIRONMENT_OPTIONS } from '../../src/store/lmdb/environment.ts'
import type { Load } from './load.ts'

// Layout of `src/store/codec.ts` and `src/store/journal/group.ts`.
const BODY_HEADER = 28
const SNAPSHOT_HEADER = 13
const GROUP_HEADER = 17
const CHANGE_HEADER = 4
const RECORD_HEADER = 6

export async function measureCeiling(path: string): Promise<Load> {
  const startMs = performance.now()
  const kept = new Kept()
  let head: StoredValue | undefined
  for (const { key, value } of openDatabase(join(path, 'snapshot')).getRange()) {
    if (key === 'summary') continue
    const record = { key: String(key), value }
    // The document of a resource is divided between its head and its conditions, which follow it.
    if (head?.key.concat('/') === record.key) kept.add(textOf(head, BODY_HEADER) + textOf(record, 0))
    else if (isHead(record)) head = record
    else kept.add(textOf(record, BODY_HEADER))
  }
  // A group is in pieces. The last one has an integer as its key.
  let pieces: Buffer[] = []
  for (const { key, value } of openDatabase(join(path, 'journal')).getRange({
    start: 0,
    exclusiveStart: true,
  })) {
    pieces.push(Buffer.from(value))
    if (!Number.isInteger(key)) continue
    addGroup(kept, Buffer.concat(pieces))
    pieces = []
  }
  const durationMs = performance.now() - startMs
  return { durationMs, records: kept.size, bytes: kept.bytes, rssBytes: process.memoryUsage.rss() }
}

class Kept {
  readonly #documents: unknown[] = []
  #bytes = 0

  get size(): number {
    return this.#documents.length
  }

  get bytes(): number {
    return this.#bytes
  }

  add(document: string): void {
    this.#documents.push(JSON.parse(document))
    this.#bytes += document.length
  }
}

interface StoredValue {
  readonly key: string
  readonly value: Buffer
}

function isHead({ key }: StoredValue): boolean {
  return key.indexOf('/') === key.lastIndexOf('/')
}

function textOf({ value }: StoredValue, header: number): string {
  return value.toString('utf8', SNAPSHOT_HEADER + header)
}

function addGroup(kept: Kept, value: Buffer): void {
  for (let at = GROUP_HEADER; at < value.length; ) {
    const records = value.readUInt32LE(at)
    at += CHANGE_HEADER
    for (let i = 0; i < records; i++) {
      const body = at + RECORD_HEADER + value.readUInt16LE(at)
      const end = body + value.readUInt32LE(at + 2)
      const key = value.toString('latin1', at + RECORD_HEADER, body)
      // Conditions have no JSON in the journal. A head is one without its last brace.
      if (!key.endsWith('/'))
        kept.add(value.toString('utf8', body + BODY_HEADER, end) + (isHead({ key, value }) ? '}' : ''))
      at = end
    }
  }
}

function openDatabase(path: string) {
  return open<Buffer, string | number>({ ...ENVIRONMENT_OPTIONS, path })
}
