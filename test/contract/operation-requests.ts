// The requests of random operations.
import type { Address, Operation } from '../fleet/fleet-operations.ts'
import { conditionsOf, timeText } from '../fleet/fleet-oracle.ts'
import type { TestAnswer, TestClient } from '../harness/client.ts'

export function pathOf(address: Address): string {
  if (address.kind === 'Cluster') return `/clusters/${address.id}`
  const { clusterId, id } = address
  return clusterId === undefined ? `/nodepools/${id}` : `/clusters/${clusterId}/nodepools/${id}`
}

export function request(client: TestClient, operation: Operation): Promise<TestAnswer> {
  switch (operation.kind) {
    case 'create': {
      const { clusterId, name, spec, labels } = operation
      const kind = clusterId === undefined ? 'Cluster' : 'NodePool'
      const path = clusterId === undefined ? '/clusters' : `/clusters/${clusterId}/nodepools`
      return client.post(path, { kind, name, spec, labels })
    }
    case 'patch':
      return client.patch(pathOf(operation.address), { spec: operation.spec, labels: operation.labels })
    case 'report':
      return client.put(`${pathOf(operation.address)}/statuses`, {
        adapter: operation.adapter,
        observed_generation: operation.generation,
        observed_time: timeText(operation.observedMs),
        conditions: conditionsOf(operation),
      })
    case 'delete':
      return client.delete(pathOf(operation.address))
    case 'force-delete':
      return client.forceDelete(pathOf(operation.address), operation.reason)
    case 'read':
      return client.get(pathOf(operation.address))
    case 'statuses':
      return client.get(`${pathOf(operation.address)}/statuses`)
    case 'list': {
      const { of, page, pageSize, name } = operation
      const path = typeof of === 'string' ? `/${of}` : `/clusters/${of.clusterId}/nodepools`
      return client.list(path, {
        page,
        pageSize,
        ...(name === undefined ? {} : { search: `name = '${name}'` }),
      })
    }
  }
}
