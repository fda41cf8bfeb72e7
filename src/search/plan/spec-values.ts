// The values that a search asks for in the spec of one record. All of them are read in one pass over its bytes, when the first is needed.
import { JsonPaths, type JsonSpan, spanOf } from '../../wire/json-paths.ts'
import type { SpecField } from '../check/fields.ts'

const NO_JSON = spanOf('')

export class SpecValues<R> {
  readonly #fields: readonly SpecField<R>[]
  readonly #paths: JsonPaths
  #record: R | undefined
  #json: JsonSpan = NO_JSON
  #bytesRead = 0
  readonly #maxSteps: number
  #steps = 0

  /**
   * @param fields may have one field several times
   * @param maxSteps the limit for the tests of one record
   */
  constructor(fields: readonly SpecField<R>[], maxSteps: number) {
    this.#maxSteps = maxSteps
    const byName = new Map(fields.map(field => [field.name, field]))
    this.#fields = [...byName.values()]
    this.#paths = new JsonPaths(this.#fields.map(({ path }) => path))
  }

  /** The place of a field among the starts and ends. */
  placeOf({ name }: SpecField<R>): number {
    return this.#fields.findIndex(field => field.name === name)
  }

  /** Reads the values of a record, unless it was the last one. */
  read(record: R): void {
    if (record === this.#record) return
    this.#record = record
    this.#steps = 0
    this.#json = this.#fields[0]?.spec(record) ?? NO_JSON
    this.#paths.read(this.#json)
    this.#bytesRead += this.#json.end - this.#json.start
  }

  /** Counts the steps of a test of the record. Returns false from where they exceed the limit. */
  allow(steps: number): boolean {
    this.#steps += steps
    return this.#steps <= this.#maxSteps
  }

  /** True if the steps have exceeded the limit since the last call, or since a record was read. */
  takeIsOverLimit(): boolean {
    const isOver = this.#steps > this.#maxSteps
    if (isOver) this.#steps = 0
    return isOver
  }

  /** The bytes of the record that was read last. */
  get bytes(): Buffer {
    return this.#json.bytes
  }

  /** Positions of the values, by place; `ABSENT` for a missing one. */
  get starts(): Int32Array {
    return this.#paths.starts
  }

  get ends(): Int32Array {
    return this.#paths.ends
  }

  /** Bytes read since the last call. */
  takeBytesRead(): number {
    const bytes = this.#bytesRead
    this.#bytesRead = 0
    return bytes
  }
}
