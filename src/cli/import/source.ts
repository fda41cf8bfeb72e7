// Sources of `hyperfleet import`: the lines of an export, from a file or elsewhere.
import { createReadStream } from 'node:fs'
import { type Line, readLines } from '../../ops/export/line-reader.ts'
import { reasonOf } from '../../wire/text.ts'
import type { Surroundings } from '../folder/work.ts'

/** Something to import. */
export interface ImportSource {
  /** The source in messages, such as a file name. */
  readonly called: string
  /** A part of it in messages. */
  readonly part: 'line' | 'record'
  /** Reads it once. */
  readonly lines: (surroundings: Surroundings) => AsyncIterable<Line>
  /** Further lines about a finished import. */
  readonly account: () => readonly string[]
}

export function fileSource(file: string | undefined): ImportSource {
  return {
    called: file ?? 'standard input',
    part: 'line',
    lines: ({ signal }) => readLines(piecesOf(file, signal)),
    account: () => [],
  }
}

async function* piecesOf(file: string | undefined, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted()
  const stream = file === undefined || file === '-' ? process.stdin : createReadStream(file)
  const onAbort = () => stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    yield* stream
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(`${file ?? 'standard input'} cannot be read: ${reason}`, { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
