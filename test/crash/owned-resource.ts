// A resource as its owner knows it: all that was done to it in order, and the one write that is under way. After a
// restart the server must show the resource either without that write or with the whole of it, in every detail.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { type Deed, type Done, type Identity, requestOf, shows } from './deeds.ts'
import { type Expected, expectedOf } from './expected.ts'
import type { FleetClient, Reply, ShownResource } from './fleet-client.ts'

/** View of a resource on the server. */
export interface Shown {
  readonly resource: ShownResource
  readonly statuses: readonly object[]
}

export class OwnedResource {
  readonly identity: Identity
  readonly past: Done[] = []
  #id: string | undefined
  #underWay: Deed | undefined
  #expected: Expected | undefined

  constructor(identity: Identity) {
    this.identity = identity
  }

  /** Undefined until it is known to exist. */
  get id(): string | undefined {
    return this.#id
  }

  get generation(): number {
    const numbers = this.past.flatMap(({ deed }) => ('n' in deed ? [deed.n] : []))
    return new Set(numbers).size
  }

  /** Does a write and notes its answer; resolves with whether it was done, and rejects with Unanswered. */
  async write(client: FleetClient, deed: Deed): Promise<boolean> {
    this.#underWay = deed
    const reply = await client.send(...requestOf(this.identity, this.#id, deed))
    this.#underWay = undefined
    // The disk is full: it was not done and never will be (contract 9.2).
    if (reply.status === 503) return false
    this.#note(deed, this.#timeOf(deed, reply), reply.status)
    return true
  }

  /** Compares the view with the past. Adds the write that was under way to the past, or drops it. */
  settle(shown: Shown | undefined): void {
    const deed = this.#underWay
    this.#underWay = undefined
    if (shown === undefined) {
      assert.equal(this.past.length, 0, `${this.identity.name} was answered and is gone`)
      return
    }
    this.#id ??= shown.resource.id
    if (this.past.length > 0 && isDeepStrictEqual(shown, this.#expectedNow())) return
    if (deed !== undefined && shows(deed, shown.resource))
      this.#note(deed, this.#newTime(deed, shown.resource.updated_time), undefined)
    assert.ok(this.past.length > 0, `${this.identity.name} was sent by no one`)
    assert.deepEqual(shown, this.#expectedNow())
  }

  #note(deed: Deed, time: string, answer: number | undefined): void {
    this.past.push({ deed, time, answer })
    this.#expected = undefined
  }

  #timeOf(deed: Deed, { status, body }: Reply): string {
    const statuses = deed.kind === 'create' ? [201] : deed.kind === 'report' ? [201, 204] : [200]
    assert.ok(statuses.includes(status), `${deed.kind} of ${this.identity.name} answered ${status}: ${body}`)
    if (deed.kind === 'report') return this.#newTime(deed, '')
    // The contract's tests check its shape.
    const answered = JSON.parse(body) as ShownResource
    this.#id ??= answered.id
    return this.#newTime(deed, answered.updated_time)
  }

  /** The `updated_time` after a deed: a report leaves the present one (contract 6.12). */
  #newTime(deed: Deed, time: string): string {
    const present = this.past.at(-1)?.time ?? time
    if (deed.kind === 'report') return present
    assert.ok(Date.parse(time) >= Date.parse(present), `${time} is before ${present} (contract 3.4)`)
    return time
  }

  #expectedNow(): Expected {
    assert(this.#id !== undefined, `${this.identity.name} exists`)
    this.#expected ??= expectedOf(this.identity, this.#id, this.past)
    return this.#expected
  }
}
