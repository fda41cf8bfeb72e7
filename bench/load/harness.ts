// One run of the harness: its ceilings, started once, the servers it starts on fleets, and its results.

import type { FleetShape } from './fleet.ts'
import type { FleetFolders } from './fleet-folder.ts'
import { Host } from './host.ts'
import { restingMemory } from './memory.ts'
import type { LoadOptions } from './options.ts'
import type { RowResult } from './results.ts'
import { measureRow } from './rounds.ts'
import { startTestedServer, type TestedServer, type TestedServerOptions } from './tested-server.ts'
import type { Workload } from './workloads.ts'

/** Largest fleet that fits into Node's default heap. */
const DEFAULT_HEAP_CLUSTERS = 200_000
const LARGE_HEAP_FLAG = '--max-old-space-size=16384'

export class Harness {
  readonly options: LoadOptions
  readonly rows: RowResult[] = []
  readonly #folders: FleetFolders
  readonly #ceilings: { readonly bare: Host; readonly node: Host }
  #emptyRssBytes: number | undefined

  private constructor(options: LoadOptions, folders: FleetFolders, bare: Host, node: Host) {
    this.options = options
    this.#folders = folders
    this.#ceilings = { bare, node }
  }

  static async start(options: LoadOptions, folders: FleetFolders): Promise<Harness> {
    const bare = await Host.start('bare-uws', { args: [folders.empty()] })
    const node = await Host.start('bare-node', { args: [folders.empty()] })
    return new Harness(options, folders, bare, node)
  }

  get bare(): Host {
    return this.#ceilings.bare
  }

  /** Runs a server on a fleet of its own during `use`. */
  async onFleet(
    shape: FleetShape,
    use: (server: TestedServer, folder: string) => Promise<void>,
    options: Partial<TestedServerOptions> = {},
  ): Promise<void> {
    const isLarge = shape.clusters > DEFAULT_HEAP_CLUSTERS
    const profile = this.options.profile
    const nodeFlags = [
      ...(isLarge ? [LARGE_HEAP_FLAG] : []),
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
    ]
    await this.onFolder(shape, folder =>
      this.#run({ folder, engine: 'uws', nodeFlags, ...options }, server => use(server, folder)),
    )
  }

  /** Provides a data folder with a fleet during `use`. */
  async onFolder(shape: FleetShape, use: (folder: string) => Promise<void>): Promise<void> {
    progress(`a fleet of ${shape.clusters} clusters with ${shape.statuses} statuses each`)
    const folder = await this.#folders.copy(shape)
    await use(folder)
    this.#folders.remove(folder)
  }

  /** Runs a new bare server during `use`. */
  async onBare<T>(use: (host: Host) => Promise<T>): Promise<T> {
    const folder = this.#folders.empty()
    const host = await Host.start('bare-uws', { args: [folder] })
    const result = await use(host)
    await host.stop()
    this.#folders.remove(folder)
    return result
  }

  async measure(server: TestedServer, clusters: number, workloads: readonly Workload[]): Promise<void> {
    for (const workload of workloads) await this.#measure(workload, clusters, { server })
  }

  /** Measures the server and the same server on its second engine. */
  async measureEngines(server: TestedServer, shape: FleetShape, workload: Workload): Promise<void> {
    if (!this.options.wants(workload.name, shape.clusters)) return
    const measure = (serverOnNode: TestedServer) =>
      this.#measure(workload, shape.clusters, { server, serverOnNode })
    await this.onFleet(shape, measure, { engine: 'node', nodeFlags: [] })
  }

  /** Resident memory of a server without clusters. */
  async emptyRssBytes(): Promise<number> {
    this.#emptyRssBytes ??= await this.#readEmpty()
    return this.#emptyRssBytes
  }

  async stop(): Promise<void> {
    await this.#ceilings.bare.stop()
    await this.#ceilings.node.stop()
  }

  async #measure(
    workload: Workload,
    clusters: number,
    servers: { readonly server: TestedServer; readonly serverOnNode?: TestedServer },
  ): Promise<void> {
    if (!this.options.wants(workload.name, clusters)) return
    progress(`${workload.name}, ${clusters} clusters`)
    const field = { ...servers, ceilings: this.#ceilings }
    this.rows.push(await measureRow(workload, clusters, field, this.options.plan.timing))
  }

  async #readEmpty(): Promise<number> {
    const folder = this.#folders.empty()
    let bytes = 0
    await this.#run({ folder, engine: 'uws' }, async server => {
      bytes = await restingMemory(server, this.options.plan.settleMs)
    })
    this.#folders.remove(folder)
    return bytes
  }

  async #run(options: TestedServerOptions, use: (server: TestedServer) => Promise<void>): Promise<void> {
    const server = await startTestedServer(options)
    await use(server)
    await server.stop()
  }
}

/** Prints progress on standard error. */
export function progress(words: string): void {
  process.stderr.write(`${words}\n`)
}
