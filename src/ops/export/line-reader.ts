// Splits bytes in pieces of any size into lines.

/** Larger than any record that the API accepts; a longer line is not from an export. */
export const MAX_LINE_BYTES = 256 << 20
const LINE_FEED = 0x0a

export interface Line {
  /** The line in messages, such as `line 1`. */
  readonly where: string
  readonly bytes: Buffer
}

/** A line is longer than the limit. */
export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'
}

/** Yields the lines without their ends. Holds at most one line and one piece. The last line needs no end. */
export async function* readLines(
  pieces: AsyncIterable<Buffer>,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line, void> {
  let number = 1
  let held: Buffer[] = []
  let heldBytes = 0
  for await (const piece of pieces) {
    let start = 0
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      yield numbered(number++, Buffer.concat([...held, piece.subarray(start, end)]))
      held = []
      heldBytes = 0
      start = end + 1
    }
    if (start === piece.length) continue
    held.push(piece.subarray(start))
    heldBytes += piece.length - start
    if (heldBytes > maxLineBytes)
      throw new LineTooLongError(
        `line ${number} is longer than ${maxLineBytes} bytes, the limit for a line of an export`,
      )
  }
  if (held.length > 0) yield numbered(number, Buffer.concat(held))
}

function numbered(number: number, bytes: Buffer): Line {
  return { where: `line ${number}`, bytes }
}
