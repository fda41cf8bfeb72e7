// Body of an answer in chunks (RFC 9112, 7.1), of which only the end is wanted.

const LINE_END = 10
const CRLF_BYTES = 2

export class ChunkedBody {
  /** Start of a line that arrived in pieces. */
  #held = ''
  /** Bytes of the present chunk that have not arrived, with the end of their line. */
  #missing = 0
  #isLast = false

  /**
   * Takes the next bytes, from a place in them on. Returns true once the body is complete.
   * @throws Error if bytes follow the body
   */
  take(bytes: Buffer, from: number): boolean {
    let at = from
    while (at < bytes.length) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at)
        this.#missing -= taken
        at += taken
        continue
      }
      const end = bytes.indexOf(LINE_END, at)
      this.#held += bytes.toString('latin1', at, end === -1 ? bytes.length : end)
      if (end === -1) return false
      at = end + 1
      if (!this.#isEnd()) continue
      if (at < bytes.length) throw new Error('more bytes came than the answer has')
      return true
    }
    return false
  }

  /** Reads the line that is complete: the size of a chunk, or a trailer. Returns true for the empty line at the end. */
  #isEnd(): boolean {
    const line = this.#held.trimEnd()
    this.#held = ''
    if (this.#isLast) return line === ''
    const size = Number.parseInt(line, 16)
    if (Number.isNaN(size)) throw new Error('a chunk has no size')
    this.#isLast = size === 0
    if (size > 0) this.#missing = size + CRLF_BYTES
    return false
  }
}
