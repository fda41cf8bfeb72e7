// Race for a name: several clients create a cluster with the same name at once. One wins, and a client that gets "name
// taken" can rely on it (contract 4.3, 4.8).
import assert from 'node:assert/strict'
import { type FleetClient, type ShownResource, Unanswered } from './fleet-client.ts'

const RIVALS = 3

export class NameRace {
  readonly name: string
  /** The id that the name stands for, once it is known. */
  #id: string | undefined
  #isTaken = false

  constructor(name: string) {
    this.name = name
  }

  /** Resolves when every rival has its answer or the server is gone. */
  async run(client: FleetClient): Promise<void> {
    await Promise.all(Array.from({ length: RIVALS }, (_, n) => this.#compete(client, n)))
  }

  /** Compares the cluster of this name, if there is one, with the answers to the rivals. */
  settle(shown: ShownResource | undefined): void {
    if (this.#isTaken) assert.ok(shown, `${this.name} was said to be taken, and is not there`)
    if (this.#id !== undefined) assert.equal(shown?.id, this.#id, `the holder of ${this.name}`)
    if (shown === undefined) return
    assert.ok(shown.spec.n < RIVALS)
    this.#id = shown.id
    this.#isTaken = true
  }

  async #compete(client: FleetClient, n: number): Promise<void> {
    try {
      const body = { kind: 'Cluster', name: this.name, spec: { n } }
      const reply = await client.send('POST', '/clusters', body)
      if (reply.status === 503) return
      assert.ok(reply.status === 201 || reply.status === 409, reply.body)
      this.#isTaken = true
      if (reply.status === 409) return
      assert.equal(this.#id, undefined, `${this.name} was given twice`)
      // The contract's tests check its shape.
      this.#id = (JSON.parse(reply.body) as ShownResource).id
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
    }
  }
}
