// Metrics of a server that shares a journal with others. A server that is alone has none of them.
import type { Registry } from 'prom-client'
import type { CopyOutcome } from '../../http/cluster/copies.ts'
import type { Role } from '../../replication/engine.ts'
import type { ClusterState, Readiness } from '../readiness.ts'
import { describeCounter, describeGauge, type Sample, type Tally } from './described.ts'

/** All states, so that a series begins at 0. */
const STATES: Readonly<Record<Role, true>> = {
  following: true,
  claiming: true,
  leading: true,
  resolving: true,
  behind: true,
  lost: true,
}

/** @param server the present part of this server */
export function describeCluster(registers: Registry[], server: Pick<Readiness, 'cluster' | 'member'>): void {
  describeStates(registers, server)
  describeOutcomes(registers, server)
  const gauge = (name: string, help: string, value: (state: ClusterState) => number | undefined) =>
    describeGauge(registers, {
      name: `cluster_${name}`,
      help,
      read: () => {
        const state = server.cluster
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
  describeGauge(registers, {
    name: 'cluster_writer_info',
    help: 'Address of the writer as this server knows it; 1, and no series without a writer',
    labelNames: ['address'],
    read: () => {
      const address = server.cluster?.writer ?? undefined
      return address === undefined ? [] : [[{ address }, 1]]
    },
  })
}

function describeStates(registers: Registry[], server: Pick<Readiness, 'member'>): void {
  describeGauge(registers, {
    name: 'cluster_state',
    help: '1 for the state of this server in the protocol, 0 for the others',
    labelNames: ['state'],
    read: () => {
      const present = server.member?.role
      return Object.keys(STATES).map((state): Sample => [{ state }, state === present ? 1 : 0])
    },
  })
  describeGauge(registers, {
    name: 'cluster_append_age_seconds',
    help: 'Time since this server began to append the entry whose outcome is not known yet; 0 without one',
    read: () => (server.member?.pendingMs ?? 0) / 1000,
  })
}

function describeOutcomes(registers: Registry[], server: Pick<Readiness, 'member'>): void {
  describeCounter(registers, {
    name: 'cluster_claims_total',
    help: 'Claims of this server to be the writer, by their outcome',
    labelNames: ['outcome'],
    read: () =>
      Object.entries(server.member?.outcomes.claims ?? {}).map(
        ([outcome, count]): Sample => [{ outcome }, count],
      ),
  })
  describeCounter(registers, {
    name: 'cluster_appends_total',
    help: 'Entries that this server has appended as the writer, by kind and outcome; fenced: another server was the writer; refused: the database has no room, or does not allow it',
    labelNames: ['kind', 'outcome'],
    read: () => {
      const outcomes = server.member?.outcomes
      return [...samplesOf('group', outcomes?.groups), ...samplesOf('barrier', outcomes?.barriers)]
    },
  })
}

function samplesOf(kind: string, counts: Readonly<Record<string, number>> = {}): Sample[] {
  return Object.entries(counts).map(([outcome, count]) => [{ kind, outcome }, count])
}

export const COPY_OUTCOMES: readonly CopyOutcome[] = ['sent', 'broken', 'refused']

/** @param copies by their outcome */
export function describeCopies(registers: Registry[], copies: Tally): void {
  describeCounter(registers, {
    name: 'cluster_copies_total',
    help: 'Copies of the data folder that other servers have asked for: sent, broken off, or refused',
    labelNames: ['outcome'],
    read: () => [...copies.entries].map(([outcome, count]): Sample => [{ outcome }, count]),
  })
}
