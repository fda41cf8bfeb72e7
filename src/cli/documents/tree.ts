// JSON that round-trips exactly between server and user: numbers keep their digits, members their order (contract 3.8).

import type { ScalarTag } from 'yaml'
import { JsonFault, scanNumber, scanString, scanValue, skipSpace } from '../../wire/json-scan.ts'

/** A number as its source text. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Tree = string | boolean | null | NumberText | Tree[] | TreeObject
export type TreeObject = Map<string, Tree>

/** More than any server accepts (contract 4.6), plus the levels of a list around it. */
const DEPTH_MAX = 100

/** Parses JSON text. Throws JsonFault at a syntax error. */
export function readTree(text: string): Tree {
  const start = skipSpace(text, 0)
  const end = skipSpace(text, scanValue(text, start, DEPTH_MAX))
  if (end !== text.length) throw new JsonFault('syntax', 'unexpected text after the value', end)
  return new Reader(text, start).value()
}

/** True for an object. */
export function isTreeObject(tree: Tree | undefined): tree is TreeObject {
  return tree instanceof Map
}

/** Builds a tree from text that is known to be JSON. */
class Reader {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  value(): Tree {
    const start = this.#at
    switch (this.#text[start]) {
      case '{':
        return this.#object()
      case '[':
        return this.#array()
      case '"':
        return this.#string()
      case 't':
        this.#at += 4
        return true
      case 'f':
        this.#at += 5
        return false
      case 'n':
        this.#at += 4
        return null
      default:
        this.#at = scanNumber(this.#text, start)
        return new NumberText(this.#text.slice(start, this.#at))
    }
  }

  #object(): TreeObject {
    const members: TreeObject = new Map()
    while (this.#next('}')) {
      const name = this.#string()
      this.#at = skipSpace(this.#text, skipSpace(this.#text, this.#at) + 1)
      members.set(name, this.value())
    }
    return members
  }

  #array(): Tree[] {
    const items: Tree[] = []
    while (this.#next(']')) items.push(this.value())
    return items
  }

  /** Skips the opening bracket or a comma. Returns false after the last member, past the closing bracket. */
  #next(closing: string): boolean {
    this.#at = skipSpace(this.#text, this.#at)
    if (this.#text[this.#at] !== closing) this.#at = skipSpace(this.#text, this.#at + 1)
    if (this.#text[this.#at] !== closing) return true
    this.#at += 1
    return false
  }

  #string(): string {
    const start = this.#at
    this.#at = scanString(this.#text, start)
    return JSON.parse(this.#text.slice(start, this.#at))
  }
}

/** Accepts JSON's form of numbers only; `0x1F`, `+1` and `.5` are converted by YAML. */
export const numberTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/,
  identify: value => value instanceof NumberText,
  resolve: text => new NumberText(text),
  stringify: ({ value }) => (value instanceof NumberText ? value.text : String(value)),
}
