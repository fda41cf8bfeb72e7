// `--watch`: follows the fleet by the server's watches, and compares in the end what a watcher knows with a list and with the ledger
// (contract 12.2, 12.4, 12.5).
import { hash } from 'node:crypto'
import type { Api } from '../../src/cli/connection/api.ts'
import type { WatchEvent } from '../../src/cli/connection/event-lines.ts'
import { watchEvents } from '../../src/cli/connection/watch-stream.ts'
import { quoted } from '../../src/cli/resources/selector.ts'
import type { Check } from './checks.ts'
import { SimulationError } from './failures.ts'
import type { Collection, FleetApi, ServedResource } from './fleet-api.ts'
import type { Ledger } from './ledger.ts'

/** A BOOKMARK follows a change within a quarter of a second, and comes every 15 seconds in any case (contract 12.6). */
const BOOKMARK_WITHIN_MS = 60_000

const COLLECTIONS = ['clusters', 'nodepools'] as const
const KINDS = { clusters: 'Cluster', nodepools: 'NodePool' } as const

/** Conditions of which one says if a resource is ready (contract 6.14). */
const SUMMARIES = ['Ready', 'Reconciled'] as const

/** A resource as a watcher keeps it. */
interface Known {
  /** Hash of its document. */
  readonly digest: string
  /** The summaries that are True. */
  readonly holds: ReadonlySet<string>
}

/** The account of a watcher, by the rules of docs/guide/watching.md. */
export class WatcherAccount {
  readonly #known = new Map<string, Known>()
  /** The sequence of the last BOOKMARK; undefined before it. */
  #sequence: number | undefined
  #falls = 0
  #events = 0

  take({ type, sequence, object }: WatchEvent): void {
    this.#events++
    switch (type) {
      case 'RESET':
        this.#known.clear()
        this.#sequence = undefined
        return
      case 'BOOKMARK':
        if (sequence < (this.#sequence ?? 0)) this.#falls++
        this.#sequence = sequence
        return
      case 'ADDED':
      case 'MODIFIED':
        if (isResource(object)) this.#known.set(object.id, knownOf(object))
        return
      case 'LEFT':
      case 'DELETED':
        if (isIdentified(object)) this.#known.delete(object.id)
    }
  }

  get known(): ReadonlyMap<string, Known> {
    return this.#known
  }

  /** The number up to which the account is the list; undefined before the first BOOKMARK. */
  get sequence(): number | undefined {
    return this.#sequence
  }

  /** The number of BOOKMARKs with a smaller number than the one before (contract 12.3). */
  get falls(): number {
    return this.#falls
  }

  get events(): number {
    return this.#events
  }
}

/** The watches of the simulation's clusters and nodepools. */
export class FleetWatch {
  readonly #end = new AbortController()
  readonly #accounts: Readonly<Record<Collection, WatcherAccount>> = {
    clusters: new WatcherAccount(),
    nodepools: new WatcherAccount(),
  }
  #failure: unknown
  #outages = 0
  #wake = () => {}

  constructor(api: Api, namePrefix: string) {
    for (const collection of COLLECTIONS) void this.#follow(api, collection, ours(namePrefix))
  }

  /** The number of events, and of connections that were lost. */
  get traffic(): { readonly events: number; readonly outages: number } {
    const events = COLLECTIONS.reduce((sum, collection) => sum + this.#accounts[collection].events, 0)
    return { events, outages: this.#outages }
  }

  /**
   * Compares the accounts with lists and with the ledger, once nothing changes any more.
   * @throws SimulationError if a watch has failed, or no BOOKMARK comes
   */
  async checks(api: FleetApi, ledger: Ledger, namePrefix: string): Promise<Check[]> {
    const checks: Check[] = []
    for (const collection of COLLECTIONS) {
      const { digests, sequence } = await listed(api, collection, ours(namePrefix))
      const account = this.#accounts[collection]
      await this.#caughtUp(account, digests, sequence)
      const same = [...digests].filter(([id, digest]) => account.known.get(id)?.digest === digest)
      const entries = ledger.entries(KINDS[collection])
      checks.push(
        { name: `${collection} that a watcher knows as listed`, expected: digests.size, found: same.length },
        { name: `${collection} that a watcher knows`, expected: entries.length, found: account.known.size },
        {
          name: `${collection} ready, as a watcher knows`,
          expected: entries.filter(({ isReady }) => isReady).length,
          found: [...account.known.values()].filter(({ holds }) => holds.has(ledger.readiness)).length,
        },
        { name: `falling BOOKMARKs of ${collection}`, expected: 0, found: account.falls },
      )
    }
    return checks
  }

  close(): void {
    this.#end.abort()
  }

  async #follow(api: Api, collection: Collection, search: string): Promise<void> {
    const request = { path: `/${collection}`, parameters: new Map([['search', search]]) }
    // The simulation has greeted the server, or does so now.
    const options = { signal: this.#end.signal, isKnown: true, onNote: (note: string) => this.#note(note) }
    try {
      for await (const events of watchEvents(api, request, options)) {
        for (const event of events) this.#accounts[collection].take(event)
        this.#wake()
      }
    } catch (error) {
      this.#failure = error
      this.#wake()
    }
  }

  #note(note: string): void {
    if (note.endsWith('still watching')) this.#outages++
  }

  /** Resolves once the account is as the list, or has come to its number, from which on it must be. */
  async #caughtUp(
    account: WatcherAccount,
    digests: ReadonlyMap<string, string>,
    sequence: number,
  ): Promise<void> {
    const endMs = performance.now() + BOOKMARK_WITHIN_MS
    while (!isAsListed(account, digests) && !((account.sequence ?? -1) >= sequence)) {
      if (this.#failure !== undefined) throw this.#failure
      const leftMs = endMs - performance.now()
      if (leftMs <= 0)
        throw new SimulationError(`no BOOKMARK of ${sequence} has come for ${BOOKMARK_WITHIN_MS / 1000} s`)
      await this.#awoken(leftMs)
    }
  }

  #awoken(withinMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function isAsListed({ known, sequence }: WatcherAccount, digests: ReadonlyMap<string, string>): boolean {
  if (sequence === undefined || known.size !== digests.size) return false
  return [...digests].every(([id, digest]) => known.get(id)?.digest === digest)
}

function ours(namePrefix: string): string {
  return `labels.simulation=${quoted(namePrefix)}`
}

/** All matches, and a number that their state has at least. */
async function listed(api: FleetApi, collection: Collection, search: string) {
  const sequence = await api.sequence()
  const digests = new Map<string, string>()
  for await (const page of api.pages(collection, search))
    for (const resource of page) digests.set(resource.id, digestOf(resource))
  return { digests, sequence }
}

function knownOf(resource: ServedResource): Known {
  const holding = resource.status.conditions.filter(({ status }) => status === 'True')
  return {
    digest: digestOf(resource),
    holds: new Set(SUMMARIES.filter(type => holding.some(one => one.type === type))),
  }
}

function digestOf(resource: ServedResource): string {
  return hash('sha256', JSON.stringify(resource), 'base64')
}

function isIdentified(object: unknown): object is { readonly id: string } {
  return typeof object === 'object' && object !== null && 'id' in object && typeof object.id === 'string'
}

/** The list is checked against its schema, and the account is compared with the list. */
function isResource(object: unknown): object is ServedResource {
  return isIdentified(object) && 'status' in object
}
