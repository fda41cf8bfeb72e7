// Metrics of a server that shares a journal with others. A server that is alone has none of them.
import type { Registry } from 'prom-client'
import type { ClusterState } from '../readiness.ts'
import { describeGauge } from './described.ts'

/** @param read the present part of this server */
export function describeCluster(registers: Registry[], read: () => ClusterState | undefined): void {
  const gauge = (name: string, help: string, value: (state: ClusterState) => number | undefined) =>
    describeGauge(registers, {
      name: `cluster_${name}`,
      help,
      read: () => {
        const state = read()
        const number = state && value(state)
        return number === undefined ? [] : [[{}, number]]
      },
    })
  gauge('writer', '1 if this server decides about writes, otherwise 0', ({ role }) =>
    role === 'writer' ? 1 : 0,
  )
  gauge('epoch', 'Number of writers of the journal so far', ({ epoch }) => epoch)
  gauge('behind_entries', 'Entries of the journal that this server is known to lack', ({ behind }) => behind)
  gauge(
    'confirmed_age_seconds',
    'Time since this server began to look into the journal and found nothing new',
    state => (state.confirmed_ms_ago === null ? undefined : state.confirmed_ms_ago / 1000),
  )
  gauge(
    'lost',
    '1 if the journal contradicts what this server has applied, or no longer has what it lacks, otherwise 0',
    ({ state }) => (state === 'lost' || state === 'behind' ? 1 : 0),
  )
  gauge(
    'settings_differ',
    "1 if the writer's settings that decide about writes are not those of this server, otherwise 0",
    state => (state.settings_differ ? 1 : 0),
  )
}
