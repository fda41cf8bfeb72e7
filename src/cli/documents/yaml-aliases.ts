// Bounds the size of a YAML document with its aliases expanded. An alias may refer to a part with further aliases, so a few
// lines can expand to more than fits into memory.
import { type Alias, type Document, isAlias, isCollection, isMap, isPair, isScalar, type Node } from 'yaml'

/** More values than any body that a server accepts. A document without aliases is not limited. */
const EXPANDED_MAX = 200_000

export interface ExpansionFault {
  /** Offset of the fault in the text. */
  readonly offset: number
  readonly message: string
}

/** Undefined if no alias contains itself, merge keys have maps, and the expanded size is within the limit. */
export function expansionFault(document: Document.Parsed): ExpansionFault | undefined {
  const counter = new Counter()
  counter.size(document.contents)
  return counter.fault
}

/** Counts the values of a document with its aliases expanded. Visits each node once. */
class Counter {
  /** The nodes read so far, by anchor. An alias refers to the last one before it. */
  readonly #anchors = new Map<string, Node>()
  /** Sizes of nodes with anchors; undefined while one is being counted. */
  readonly #sizes = new Map<Node, number | undefined>()
  #isExpanded = false
  fault: ExpansionFault | undefined

  size(node: unknown): number {
    if (this.fault !== undefined) return 0
    if (isPair(node)) return this.#pair(node)
    if (isAlias(node)) return this.#bounded(node, this.#target(node))
    if (isScalar(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (!isCollection(node)) return 1
    const { anchor } = node
    if (anchor !== undefined) {
      this.#anchors.set(anchor, node)
      this.#sizes.set(node, undefined)
    }
    const size = node.items.reduce<number>((sum, item) => sum + this.size(item), 1)
    if (anchor !== undefined) this.#sizes.set(node, size)
    return this.#isExpanded ? this.#bounded(node, size) : size
  }

  #pair({ key, value }: { readonly key: unknown; readonly value: unknown }): number {
    if (isMergeKey(key)) this.#assertMerges(value)
    return this.size(key) + this.size(value)
  }

  #target(alias: Alias): number {
    this.#isExpanded = true
    const target = this.#anchors.get(alias.source)
    if (target === undefined)
      return this.#refuse(alias, `the alias '${alias.source}' has no anchor before it`)
    if (!this.#sizes.has(target)) return 1
    return this.#sizes.get(target) ?? this.#refuse(alias, 'this alias is inside the node that it refers to')
  }

  #assertMerges(value: unknown): void {
    const sources = isCollection(value) && !isMap(value) ? value.items : [value]
    for (const source of sources) {
      const target = isAlias(source) ? this.#anchors.get(source.source) : source
      if (!isMap(target)) this.#refuse(source, "'<<' merges a map, or a list of maps")
    }
  }

  #bounded(node: unknown, size: number): number {
    return size <= EXPANDED_MAX
      ? size
      : this.#refuse(node, `with its aliases expanded this is more than ${EXPANDED_MAX} values`)
  }

  #refuse(node: unknown, message: string): number {
    const range = isCollection(node) || isScalar(node) || isAlias(node) ? node.range : undefined
    this.fault ??= { offset: range?.[0] ?? 0, message }
    return 0
  }
}

/** A quoted `<<` is an ordinary key. */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && (key.type === undefined || key.type === 'PLAIN') && isMergeValue(key.value)
}

function isMergeValue(value: unknown): boolean {
  return value === '<<' || (typeof value === 'symbol' && value.description === '<<')
}
