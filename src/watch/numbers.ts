// Sets of creation numbers of resources, walked in order. A number is never given twice while the process lives, and no renumbering of slots changes
// it. So a watch knows resources by their numbers. All of it is in typed arrays, whose garbage collection costs the same whatever they hold.

/** A set of numbers, small where numbers are few and at most a bit for each number where they are dense. */
export class NumberSet {
  /** The chunks with members, ascending, and their places: a chunk has the numbers with the same upper bits. */
  readonly #keys: number[] = []
  readonly #chunks: Chunk[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  has(number: number): boolean {
    const key = number >>> CHUNK_BITS
    const at = this.#find(key)
    return this.#keys[at] === key && (this.#chunks[at]?.has(number & IN_CHUNK) ?? false)
  }

  /** Returns whether the number was new. */
  add(number: number): boolean {
    const key = number >>> CHUNK_BITS
    const at = this.#find(key)
    if (this.#keys[at] !== key) {
      this.#keys.splice(at, 0, key)
      this.#chunks.splice(at, 0, new Chunk())
    }
    if (this.#chunks[at]?.add(number & IN_CHUNK) !== true) return false
    this.#size++
    return true
  }

  /** Returns whether the number was present. */
  delete(number: number): boolean {
    const key = number >>> CHUNK_BITS
    const at = this.#find(key)
    const chunk = this.#keys[at] === key ? this.#chunks[at] : undefined
    if (chunk?.delete(number & IN_CHUNK) !== true) return false
    this.#size--
    if (chunk.size === 0) {
      this.#keys.splice(at, 1)
      this.#chunks.splice(at, 1)
    }
    return true
  }

  /** The smallest member that is at least `from`, or undefined. */
  next(from: number): number | undefined {
    const key = Math.floor(from / CHUNK_SIZE)
    for (let at = this.#find(key); at < this.#keys.length; at++) {
      const first = this.#keys[at] ?? 0
      const found = this.#chunks[at]?.next(first === key ? from % CHUNK_SIZE : 0)
      if (found !== undefined) return first * CHUNK_SIZE + found
    }
    return undefined
  }

  /** The place of the first chunk that is not before this one. */
  #find(key: number): number {
    const keys = this.#keys
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((keys[middle] as number) < key) low = middle + 1
      else high = middle
    }
    return low
  }
}

const CHUNK_BITS = 12
const CHUNK_SIZE = 1 << CHUNK_BITS
const IN_CHUNK = CHUNK_SIZE - 1
/** Up to so many members a sorted list is no larger than the bits of all. */
const MAX_LISTED = CHUNK_SIZE / 16

/** A set of numbers below `CHUNK_SIZE`. */
class Chunk {
  size = 0
  /** The members, ascending, while they are few. */
  #list: Uint16Array | undefined = new Uint16Array(4)
  #bits: Uint32Array | undefined

  has(number: number): boolean {
    if (this.#bits !== undefined) return hasBit(this.#bits, number)
    return this.#list?.[this.#find(number)] === number && this.#find(number) < this.size
  }

  add(number: number): boolean {
    if (this.has(number)) return false
    if (this.#bits === undefined && this.size === MAX_LISTED) this.#toBits()
    if (this.#bits !== undefined) setBit(this.#bits, number)
    else this.#insert(number)
    this.size++
    return true
  }

  delete(number: number): boolean {
    if (!this.has(number)) return false
    if (this.#bits !== undefined) clearBit(this.#bits, number)
    else this.#list?.copyWithin(this.#find(number), this.#find(number) + 1, this.size)
    this.size--
    return true
  }

  next(from: number): number | undefined {
    if (this.#bits !== undefined) return nextBit(this.#bits, from)
    const at = this.#find(from)
    return at < this.size ? this.#list?.[at] : undefined
  }

  /** The place of the first member that is at least this number. */
  #find(number: number): number {
    const list = this.#list as Uint16Array // there are no bits
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((list[middle] as number) < number) low = middle + 1
      else high = middle
    }
    return low
  }

  #insert(number: number): void {
    let list = this.#list as Uint16Array // there are no bits
    if (list.length === this.size) {
      list = new Uint16Array(Math.min(this.size * 2, MAX_LISTED))
      list.set(this.#list as Uint16Array)
      this.#list = list
    }
    const at = this.#find(number)
    list.copyWithin(at + 1, at, this.size)
    list[at] = number
  }

  #toBits(): void {
    const bits = new Uint32Array(CHUNK_SIZE / 32)
    for (const number of this.#list ?? []) setBit(bits, number)
    this.#bits = bits
    this.#list = undefined
  }
}

function hasBit(bits: Uint32Array, number: number): boolean {
  return (((bits[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1
}

function setBit(bits: Uint32Array, number: number): void {
  bits[number >>> 5] = (bits[number >>> 5] ?? 0) | (1 << (number & 31))
}

function clearBit(bits: Uint32Array, number: number): void {
  bits[number >>> 5] = (bits[number >>> 5] ?? 0) & ~(1 << (number & 31))
}

function nextBit(bits: Uint32Array, from: number): number | undefined {
  let word = (bits[from >>> 5] ?? 0) & (-1 << (from & 31))
  for (let at = from >>> 5; ; word = bits[at] ?? 0) {
    if (word !== 0) return at * 32 + 31 - Math.clz32(word & -word)
    if (++at >= bits.length) return undefined
  }
}
