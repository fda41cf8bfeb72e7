// A text that counts the reads of its characters: the steps of a parser, independent of the machine.
import { parse } from '../../src/search/syntax/generated/tsl.js'
import { MAX_QUERY_DEPTH } from '../../src/search/syntax/parse.ts'

/** Overrides every way in which the generated parser reads its input. */
class CountedText extends String {
  reads = 0

  override charCodeAt(index: number): number {
    this.reads += 1
    return super.charCodeAt(index)
  }

  override codePointAt(index: number): number | undefined {
    this.reads += 1
    return super.codePointAt(index)
  }

  override charAt(index: number): string {
    this.reads += 1
    return super.charAt(index)
  }

  override substr(from: number, length?: number): string {
    const read = super.slice(from, length === undefined ? undefined : from + length)
    this.reads += read.length + 1
    return read
  }

  override substring(start: number, end?: number): string {
    const read = super.substring(start, end)
    this.reads += read.length + 1
    return read
  }

  override slice(start?: number, end?: number): string {
    const read = super.slice(start, end)
    this.reads += read.length + 1
    return read
  }
}

/** Number of reads of the parser, repeated ones included, until it has a tree or fails. */
export function readsToParse(query: string): number {
  const text = new CountedText(query)
  const refuseDepth = () => {
    throw new Error('too deep')
  }
  try {
    // The parser reads its input only by the methods above, so an object with them can replace a string.
    parse(text as unknown as string, {
      maxDepth: MAX_QUERY_DEPTH,
      codePointOffset: (unit: number) => unit,
      refuseDepth,
    })
  } catch {
    // A rejected query counts like an accepted one.
  }
  return text.reads
}
