// Where `-f` reads: a file, or standard input.
import { createReadStream } from 'node:fs'
import { UsageError } from '../command.ts'

/** Many bodies of the largest size; beyond it, it is the wrong file. */
const SOURCE_MAX_BYTES = 256 * 1024 * 1024

export interface SourceText {
  /** What messages call it. */
  readonly called: string
  readonly text: string
}

/**
 * @param name of a file, or `-`
 * @throws UsageError when it cannot be read, is too large or not UTF-8
 */
export async function readSource(name: string): Promise<SourceText> {
  const called = name === '-' ? 'standard input' : name
  const bytes = await readAll(name === '-' ? process.stdin : createReadStream(name), called)
  try {
    return { called, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    throw new UsageError(`${called} is not UTF-8`)
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
