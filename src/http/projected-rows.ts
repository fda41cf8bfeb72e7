// The rows of a page with some of their fields: they are written one after another, as long as their bytes are good, into memory of their own.
import type { RowWriter } from '../search/search.ts'
import type { ResourceVersion } from '../state/entry.ts'
import type { Projection } from '../state/projection.ts'
import { JsonBuffer } from '../wire/json-buffer.ts'
import { DEFAULT_LIMITS } from './transport/limits.ts'

/** Bytes from which the next row begins a new buffer, so that no large one is copied when it grows. */
const BUFFER_BYTES = 256 * 1024

export class ProjectedRows implements RowWriter {
  readonly #projection: Projection
  #out = new JsonBuffer()
  #buffers: Buffer[] = []
  #length = 0

  constructor(projection: Projection) {
    this.#projection = projection
  }

  begin(): void {
    this.#out = new JsonBuffer()
    this.#buffers = []
    this.#length = 0
  }

  add(row: ResourceVersion): number {
    // The transport would refuse an answer of that length.
    if (this.isTooLong) return 0
    const start = this.#out.length
    if (this.#length > 0) this.#out.write(',')
    const work = this.#projection.write(row, this.#out)
    this.#length += this.#out.length - start
    if (this.#out.length >= BUFFER_BYTES) this.#closeBuffer()
    return work
  }

  /** True if no client could be sent the rows, so that they are not complete. */
  get isTooLong(): boolean {
    return this.#length > DEFAULT_LIMITS.inFlightBytes
  }

  /** All rows, separated by commas. */
  buffers(): readonly Buffer[] {
    if (this.#out.length > 0) this.#closeBuffer()
    return this.#buffers
  }

  #closeBuffer(): void {
    this.#buffers.push(this.#out.taken())
    this.#out = new JsonBuffer()
  }
}

/** The rows of a page that is short, or whose fields take little to write. */
export function projectedRows(rows: readonly ResourceVersion[], projection: Projection): ProjectedRows {
  const projected = new ProjectedRows(projection)
  for (const row of rows) projected.add(row)
  return projected
}
