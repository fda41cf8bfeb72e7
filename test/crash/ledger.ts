// Ledger: the knowledge of all clients together, and the check of a server against it.
import assert from 'node:assert/strict'
import type { Demolition } from './demolition.ts'
import type { FleetClient } from './fleet-client.ts'
import { Highwater } from './highwater.ts'
import type { NameRace } from './name-race.ts'
import type { OwnedResource } from './owned-resource.ts'
import { checkSearches } from './search-check.ts'
import { readFleet } from './shown-fleet.ts'

export class Ledger {
  #owned: readonly OwnedResource[] = []
  readonly #races: NameRace[] = []
  readonly #demolitions: Demolition[] = []
  readonly #highwater = new Highwater()

  /** Resources known to exist, each with its place in creation order. */
  get owned(): readonly OwnedResource[] {
    return this.#owned
  }

  get size(): number {
    return this.#owned.length + this.#races.length + this.#demolitions.length
  }

  /** Takes over what clients did since the last check. */
  add(owned: readonly OwnedResource[], race: NameRace, demolitions: readonly Demolition[]): void {
    this.#owned = [...new Set([...this.#owned, ...owned])]
    this.#races.push(race)
    this.#demolitions.push(...demolitions)
  }

  /**
   * Compares everything that a server shows with the ledger. Every answered write is there. Every unanswered one is
   * there whole or not at all. Nothing else is there, nothing went back, and searches agree with the records.
   */
  async check(client: FleetClient): Promise<void> {
    const fleet = await readFleet(client)
    const left = new Map([...fleet.clusters, ...fleet.nodepools].map(each => [each.name, each]))
    for (const race of this.#races) {
      race.settle(left.get(race.name))
      left.delete(race.name)
    }
    for (const demolition of this.#demolitions) {
      const shown = demolition.names.map(name => left.get(name))
      await demolition.settle(shown, client)
      for (const name of demolition.names) left.delete(name)
    }
    for (const owned of this.#owned) {
      const { name } = owned.identity
      const resource = left.get(name)
      const statuses = fleet.statuses.get(resource?.id ?? '') ?? []
      owned.settle(resource && { resource, statuses })
      left.delete(name)
    }
    assert.deepEqual([...left.keys()], [], 'nothing is shown that no one sent')
    this.#owned = this.#owned.filter(({ id }) => id !== undefined)
    this.#highwater.rise(fleet)
    await checkSearches(client, fleet)
  }
}
