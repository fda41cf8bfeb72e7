// Everything that the server shows, read once.
import type { FleetClient, ShownResource, ShownStatus } from './fleet-client.ts'

const READERS = 16

export interface ShownFleet {
  /** In creation order, as listed. */
  readonly clusters: readonly ShownResource[]
  readonly nodepools: readonly ShownResource[]
  /** By resource id. */
  readonly statuses: ReadonlyMap<string, readonly ShownStatus[]>
}

export async function readFleet(client: FleetClient): Promise<ShownFleet> {
  const inOrder = { orderBy: 'created_time' }
  const clusters = await client.readAll<ShownResource>('/clusters', inOrder)
  const nodepools = await client.readAll<ShownResource>('/nodepools', inOrder)
  const statuses = new Map<string, ShownStatus[]>()
  const left = [...clusters, ...nodepools].values()
  const read = async () => {
    // All readers take from one iterator.
    for (const { kind, id, owner_references } of left) {
      const path =
        kind === 'Cluster' ? `/clusters/${id}` : `/clusters/${owner_references?.id}/nodepools/${id}`
      statuses.set(id, await client.readAll<ShownStatus>(`${path}/statuses`))
    }
  }
  await Promise.all(Array.from({ length: READERS }, read))
  return { clusters, nodepools, statuses }
}
