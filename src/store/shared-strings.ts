// One copy in memory of each string that many records hold: adapters, conditions' words, labels, ids. What is parsed from
// disk comes as a new string every time; in a fleet of 35,000 resources and 115,000 statuses half of the bytes of all
// strings were copies of others.

/** Strings remembered at once; beyond, all are forgotten and gather anew. */
const MAX_STRINGS = 65_536
/** A longer string is rarely one that others hold too. */
const MAX_LENGTH = 256

export class SharedStrings {
  readonly #known = new Map<string, string>()

  /** An equal string, which is the one given before if it is still remembered. */
  share(text: string): string {
    if (text.length > MAX_LENGTH) return text
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_STRINGS) this.#known.clear()
    this.#known.set(text, text)
    return text
  }
}
