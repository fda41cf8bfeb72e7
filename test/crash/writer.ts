// A writer: creates clusters and nodepools, changes them and reports about them in random order, one write at a time,
// until the server is gone. What it owns it alone writes to, so the order of its writes is known.
import { setTimeout as delay } from 'node:timers/promises'
import type { ReportedStatus } from '../../src/state/records.ts'
import { instantFromMs } from '../../src/wire/instant.ts'
import type { Draw } from '../search/random-state.ts'
import type { Deed, Identity, Labels, ReportDeed } from './deeds.ts'
import { type FleetClient, Unanswered } from './fleet-client.ts'
import { OwnedResource } from './owned-resource.ts'

const ADAPTERS = ['dns', 'validator', 'gcp-provisioner']
/** Pause of a writer after the answer that the disk is full. */
const RETRY_MS = 20
/** Long ago: no report is ahead of the server's clock (contract 5.3). */
const REPORTS_FROM = instantFromMs(Date.UTC(2026, 0, 1))

export interface WriterOptions {
  readonly client: FleetClient
  readonly draw: Draw
  /** Begins the names of what it creates; no two writers have the same. */
  readonly name: string
  /** Resources that it owns from the start. */
  readonly owned: readonly OwnedResource[]
  /** The adapters that the server waits for. */
  readonly required: readonly string[]
}

export class Writer {
  readonly #options: WriterOptions
  /** Its resources in creation order, including some that may not exist. */
  readonly owned: OwnedResource[]
  #answered = 0
  #names = 0

  constructor(options: WriterOptions) {
    this.#options = options
    this.owned = [...options.owned]
  }

  /** Writes answered. */
  get answered(): number {
    return this.#answered
  }

  /** Resolves when the server is gone. */
  async run(): Promise<void> {
    try {
      for (;;) {
        if (await this.#writeOnce()) this.#answered++
        else await delay(RETRY_MS)
      }
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
    }
  }

  #writeOnce(): Promise<boolean> {
    const { client, draw } = this.#options
    const cluster = this.#ownedCluster()
    const share = draw(100)
    if (cluster === undefined || share < 6) return this.#create({ kind: 'Cluster', ownerId: undefined })
    if (share < 14) return this.#create({ kind: 'NodePool', ownerId: cluster.id })
    const existing = this.#existing()
    const resource = existing[draw(existing.length)] ?? cluster
    return resource.write(client, this.#deed(resource, share))
  }

  #ownedCluster(): OwnedResource | undefined {
    const clusters = this.#existing().filter(({ identity }) => identity.kind === 'Cluster')
    return clusters[this.#options.draw(Math.max(1, clusters.length))]
  }

  /** A creation that met a full disk leaves nothing. */
  #existing(): OwnedResource[] {
    return this.owned.filter(({ id }) => id !== undefined)
  }

  #create(identity: Omit<Identity, 'name'>): Promise<boolean> {
    const { client, draw, name } = this.#options
    const resource = new OwnedResource({ ...identity, name: `${name}-${this.#names++}` })
    this.owned.push(resource)
    return resource.write(client, { kind: 'create', n: draw(10), labels: this.#labels() })
  }

  #deed(resource: OwnedResource, share: number): Deed {
    const { draw, required } = this.#options
    const { generation } = resource
    // Sometimes the spec that is there already, which changes nothing (contract 3.5).
    if (share < 34) return { kind: 'spec', n: newestSpec(resource) + (draw(8) === 0 ? 0 : 1), required }
    if (share < 48) return { kind: 'labels', labels: this.#labels() }
    return this.#report(resource, generation)
  }

  /** One report in three or so is to be discarded (contract 5.3). */
  #report({ past }: OwnedResource, generation: number): ReportDeed {
    const { draw, required } = this.#options
    const observedGeneration = Math.max(1, generation + pick(draw, [0, 0, 0, 0, -1, 1]))
    const seconds = past.length + pick(draw, [0, 0, 0, -4])
    return {
      kind: 'report',
      adapter: pick(draw, ADAPTERS),
      observedGeneration,
      observedTime: REPORTS_FROM + BigInt(seconds) * 1_000_000n + BigInt(draw(3)),
      available: pick<ReportedStatus>(draw, ['True', 'True', 'True', 'False', 'False', 'Unknown']),
      reason: pick(draw, ['Fine', 'Broken']),
      required,
    }
  }

  #labels(): Labels {
    const { draw } = this.#options
    return {
      environment: pick(draw, ['production', 'staging', 'dev']),
      ...(draw(3) === 0 ? { team: `t${draw(40)}` } : {}),
    }
  }
}

function newestSpec({ past }: OwnedResource): number {
  return past.reduce((n, { deed }) => ('n' in deed ? deed.n : n), 0)
}

function pick<T>(draw: Draw, choices: readonly T[]): T {
  const chosen = choices[draw(choices.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}
