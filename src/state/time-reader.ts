// Times as documents spell them.
import { type Instant, parseInstant } from '../wire/instant.ts'

/** Reads the times of one document, most of which are equal, parsing each once. */
export class TimeReader {
  /** In order of first appearance: there are too few for a Map to find them faster. */
  readonly #texts: string[] = []
  readonly #instants: Instant[] = []

  read(text: string): Instant {
    const seen = this.#instants[this.#texts.indexOf(text)]
    if (seen !== undefined) return seen
    const instant = readTime(text)
    this.#texts.push(text)
    this.#instants.push(instant)
    return instant
  }
}

export function readTime(text: string): Instant {
  const instant = parseInstant(text)
  if (instant === undefined) throw new Error(`a stored document holds the time ${JSON.stringify(text)}`)
  return instant
}
