// Operations of the oracle as requests to a fleet, and its outcomes as answers.
import type { Fleet } from '../../src/fleet/fleet.ts'
import type { Outcome } from '../../src/fleet/outcome.ts'
import type { Answer, Operation, Operations } from './fleet-operations.ts'
import { conditionsOf, type FleetOracle } from './fleet-oracle.ts'

export type Decision = Extract<Operation, { kind: 'create' | 'patch' | 'report' | 'delete' | 'force-delete' }>

const AUTHOR = 'system@hyperfleet.local'

/** The next operation that is a write with a valid body. */
export function nextDecision(operations: Operations, oracle: FleetOracle, nowMs: number): Decision {
  for (;;) {
    const operation = operations.next(oracle, nowMs)
    switch (operation.kind) {
      case 'list':
      case 'read':
      case 'statuses':
        break
      case 'force-delete':
        return { ...operation, reason: 'stuck' }
      default:
        return operation
    }
  }
}

export function send(fleet: Fleet, operation: Decision): Promise<Outcome> {
  switch (operation.kind) {
    case 'create': {
      const { name, spec, labels, clusterId } = operation
      return fleet.create({ name, spec: JSON.stringify(spec), labels: mapOf(labels) }, clusterId, AUTHOR)
    }
    case 'patch': {
      const { address, spec, labels } = operation
      const text = spec === undefined ? undefined : JSON.stringify(spec)
      return fleet.change(address, { spec: text, labels: mapOf(labels) }, AUTHOR)
    }
    case 'report': {
      const { address, adapter, generation, observedMs } = operation
      return fleet.report(address, {
        adapter,
        observedGeneration: generation,
        observedTime: BigInt(observedMs) * 1000n,
        conditions: conditionsOf(operation),
        metadata: undefined,
        data: undefined,
      })
    }
    case 'delete':
      return fleet.delete(operation.address, AUTHOR)
    case 'force-delete':
      return fleet.forceDelete(operation.address, operation.reason, AUTHOR)
  }
}

export function answerOf(operation: Decision, outcome: Outcome): Answer {
  switch (outcome.kind) {
    case 'stored': {
      const status = { create: 201, report: 201, patch: 200, delete: 202, 'force-delete': 0 }[operation.kind]
      return { status, json: JSON.parse(outcome.document.toString()) }
    }
    case 'discarded':
    case 'removed':
      return { status: 204 }
    case 'not-found':
      return { status: 404, code: outcome.what === 'Cluster' ? 'HYPERFLEET-NTF-002' : 'HYPERFLEET-NTF-003' }
    case 'conflict':
      return { status: 409, code: 'HYPERFLEET-CNF-001' }
    case 'state-conflict':
      return { status: 409, code: 'HYPERFLEET-CNF-003' }
    case 'mismatch':
      return { status: 412, code: 'HYPERFLEET-CNF-004' }
    case 'unavailable':
      return { status: 503 }
    case 'invalid':
      return { status: 400 }
  }
}

function mapOf(labels: Record<string, string> | undefined): ReadonlyMap<string, string> | undefined {
  return labels === undefined ? undefined : new Map(Object.entries(labels))
}
