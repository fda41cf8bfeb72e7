// The directory of resources: finds rows by id and by name.
import { type HashSeed, hashOf } from '../wire/hash.ts'
import { HashTable } from './hash-table.ts'
import { hasId, hasName, nameIn } from './layout.ts'
import type { ResourceKind } from './records.ts'
import { NO_ROW } from './rows.ts'
import type { ResourceRows } from './tables.ts'

/** Stands for no owner in the table of names. */
const NO_OWNER = NO_ROW

/** Rows of resources by id, and by the names of those that are not being deleted. */
export class Directory {
  readonly #resources: ResourceRows
  readonly #ids: HashTable
  /** Names are unique within their owner. */
  readonly #names: Readonly<Record<ResourceKind, HashTable>>
  /**
   * The resource that was found or added last: a report asks for its own nine times, and in a load the conditions and statuses of a resource
   * follow it. Undefined if it has been removed.
   */
  #lastId: string | undefined
  #lastRow = NO_ROW

  /** @param seed the secret of the tables, so that nobody can choose names that meet in one place */
  constructor(resources: ResourceRows, seed: HashSeed) {
    const hash = (text: string, scope: number) => hashOf(text, seed.low ^ scope, seed.high)
    const names = (kind: ResourceKind) =>
      new HashTable(
        hash,
        (row, name, owner) => resources.ownerOf(row) === owner && hasName(kind, resources.bodyOf(row), name),
      )
    this.#resources = resources
    this.#ids = new HashTable(hash, (row, id) => hasId(resources.kindOf(row), resources.bodyOf(row), id))
    this.#names = { Cluster: names('Cluster'), NodePool: names('NodePool') }
  }

  /** The resource with this id, of any kind; `NO_ROW` if there is none. */
  rowOf(id: string): number {
    if (id === this.#lastId) return this.#lastRow
    const row = this.#ids.find(id, NO_OWNER)
    if (row !== NO_ROW) this.#note(id, row)
    return row
  }

  /** The resource with this name within its owner, which is the row of a cluster for a nodepool; `NO_ROW` if there is none. */
  rowOfName(kind: ResourceKind, name: string, owner = NO_OWNER): number {
    return this.#names[kind].find(name, owner)
  }

  /** Adds a resource under its id. It has no name yet. */
  add(row: number, id: string): void {
    this.#ids.add(id, NO_OWNER, row)
    this.#note(id, row)
  }

  /** Removes a resource, and its name. */
  remove(row: number, id: string): void {
    this.#ids.delete(id, NO_OWNER, row)
    this.#lastId = undefined
    this.freeName(row)
  }

  takeName(row: number): void {
    const kind = this.#resources.kindOf(row)
    this.#names[kind].add(nameIn(kind, this.#resources.bodyOf(row)), this.#resources.ownerOf(row), row)
  }

  /** Frees the name of a resource, unless another one has it meanwhile. */
  freeName(row: number): void {
    const kind = this.#resources.kindOf(row)
    this.#names[kind].delete(nameIn(kind, this.#resources.bodyOf(row)), this.#resources.ownerOf(row), row)
  }
  #note(id: string, row: number): void {
    this.#lastId = id
    this.#lastRow = row
  }
}
