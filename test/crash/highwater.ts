// High-water marks of values that never go back from one start of the server to the next: generations, times and ids
// (contract 3.2, 3.4, 3.5, 5.3). The ledger implies it; this check needs no oracle.
import assert from 'node:assert/strict'
import type { ShownFleet } from './shown-fleet.ts'

export class Highwater {
  readonly #generations = new Map<string, number>()
  readonly #times = new Map<string, number>()
  /** By resource, adapter and generation. */
  readonly #reports = new Map<string, string>()
  #latestId = ''

  /** Compares a fleet with all earlier ones. */
  rise({ clusters, nodepools, statuses }: ShownFleet): void {
    const resources = [...clusters, ...nodepools]
    for (const { id, generation, updated_time } of resources) {
      const isNew = !this.#generations.has(id)
      if (isNew) assert.ok(id > this.#latestId, `${id} is new and below ${this.#latestId}`)
      assert.ok(generation >= (this.#generations.get(id) ?? 1), `the generation of ${id}`)
      assert.ok(Date.parse(updated_time) >= (this.#times.get(id) ?? 0), `updated_time of ${id}`)
    }
    for (const { id, generation, updated_time } of resources) {
      this.#generations.set(id, generation)
      this.#times.set(id, Date.parse(updated_time))
      if (id > this.#latestId) this.#latestId = id
    }
    for (const list of [clusters, nodepools]) assertRising(list.map(({ id }) => id))
    assert.equal(new Set(resources.map(({ id }) => id)).size, resources.length, 'ids are unique')
    this.#riseReports(statuses)
  }

  #riseReports(statuses: ShownFleet['statuses']): void {
    for (const [id, list] of statuses) {
      for (const { adapter, observed_generation, last_report_time } of list) {
        const key = `${id} ${adapter} ${observed_generation}`
        const micros = sortable(last_report_time)
        assert.ok(micros >= (this.#reports.get(key) ?? ''), `last_report_time of ${key}`)
        this.#reports.set(key, micros)
      }
    }
  }
}

/** A list in creation order is in the order of ids (contract 3.2). */
function assertRising(ids: readonly string[]): void {
  ids.forEach((id, i) => {
    assert.ok(i === 0 || id > (ids[i - 1] ?? ''), `${id} is listed behind ${ids[i - 1]}`)
  })
}

/** A printed time with all six digits of its fraction: texts in the order of time (contract 3.4). */
function sortable(time: string): string {
  const [seconds = '', fraction = ''] = time.slice(0, -1).split('.')
  return `${seconds}.${fraction.padEnd(6, '0')}`
}
