// Ceiling of a start: reads every record of both environments through lmdb with the store's settings, parses each
// document once with JSON.parse, and keeps the result, as the state does.
import { join } from 'node:path'
import { open } from 'lmdb'
import { ENVIRONMENT_OPTIONS } from '../../src/store/lmdb/environment.ts'
import type { Load } from './load.ts'

// Layout of `src/store/codec.ts` and `src/store/journal/group.ts`.
const BODY_HEADER = 28
const SNAPSHOT_DOCUMENT = 13 + BODY_HEADER
const GROUP_HEADER = 17
const CHANGE_HEADER = 4
const RECORD_HEADER = 6

export async function measureCeiling(path: string): Promise<Load> {
  const startMs = performance.now()
  const kept = new Kept()
  for (const { key, value } of openDatabase(join(path, 'snapshot')).getRange()) {
    if (key !== 'summary') kept.add(value, SNAPSHOT_DOCUMENT, value.length)
  }
  for (const { key, value } of openDatabase(join(path, 'journal')).getRange()) {
    if (key !== 0) addGroup(kept, value)
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

  add(value: Buffer, from: number, to: number): void {
    this.#documents.push(JSON.parse(value.toString('utf8', from, to)))
    this.#bytes += to - from
  }
}

function addGroup(kept: Kept, value: Buffer): void {
  for (let at = GROUP_HEADER; at < value.length; ) {
    const records = value.readUInt32LE(at)
    at += CHANGE_HEADER
    for (let i = 0; i < records; i++) {
      const body = at + RECORD_HEADER + value.readUInt16LE(at)
      const end = body + value.readUInt32LE(at + 2)
      kept.add(value, body + BODY_HEADER, end)
      at = end
    }
  }
}

function openDatabase(path: string) {
  return open<Buffer, string | number>({ ...ENVIRONMENT_OPTIONS, path })
}
