// Expected view of a resource, derived from its whole past by the slow oracle of the conditions (contract 3.1, 5.4, 6).
// It shares only the printing of times with the server.
import assert from 'node:assert/strict'
import type { ResourceCondition } from '../../src/state/records.ts'
import { formatInstant, type Instant, parseInstant } from '../../src/wire/instant.ts'
import { foldHistory, type HistoryEvent, type Verdict } from '../fleet/conditions-oracle.ts'
import type { Done, Identity, ReportDeed } from './deeds.ts'
import { specOf } from './deeds.ts'

const AUTHOR = 'system@hyperfleet.local'
const ROOT = '/api/hyperfleet/v1'

export interface Expected {
  readonly resource: object
  readonly statuses: readonly object[]
}

/** @param past begins with the creation */
export function expectedOf(identity: Identity, id: string, past: readonly Done[]): Expected {
  const [created] = past
  assert(created?.deed.kind === 'create', 'a past begins with the creation')
  const { kind, name, ownerId } = identity
  const history = historyOf(past)
  const { conditions, verdicts } = foldHistory(kind, history)
  const reports = past.filter(({ deed }) => deed.kind === 'report')
  for (const [i, { answer }] of reports.entries()) checkVerdict(name, verdicts[i], answer)
  const resource = {
    kind,
    id,
    href: hrefOf(kind, id),
    name,
    ...(ownerId === undefined
      ? {}
      : { owner_references: { kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) } }),
    generation: 1 + history.filter(event => event.kind === 'spec-changed').length,
    ...lastWritten(past),
    created_time: created.time,
    updated_time: past.at(-1)?.time,
    created_by: AUTHOR,
    updated_by: AUTHOR,
    status: { conditions: conditions.map(shownCondition) },
  }
  const stored = reports.flatMap(({ deed }, i) =>
    deed.kind === 'report' && verdicts[i] === 'stored' ? [deed] : [],
  )
  return { resource, statuses: statusesOf(stored) }
}

function hrefOf(kind: Identity['kind'], id: string): string {
  return `${ROOT}/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`
}

function historyOf(past: readonly Done[]): HistoryEvent[] {
  let n: number | undefined
  return past.flatMap(({ deed, time }): HistoryEvent[] => {
    if (deed.kind === 'report') return [deed]
    if (deed.kind === 'labels' || deed.n === n) return []
    n = deed.n
    if (deed.kind === 'create') return [{ kind: 'created', time: instant(time) }]
    return [{ kind: 'spec-changed', time: instant(time), required: deed.required }]
  })
}

/** Contract 5.3: what is discarded is answered 204, what is stored 201. */
function checkVerdict(name: string, verdict: Verdict | undefined, answer: number | undefined): void {
  if (answer !== undefined)
    assert.equal(answer, verdict === 'stored' ? 201 : 204, `a report about ${name} is ${verdict}`)
}

function lastWritten(past: readonly Done[]): object {
  let written = {}
  for (const { deed } of past) {
    if (deed.kind === 'spec' || deed.kind === 'create') written = { ...written, spec: specOf(deed.n) }
    if (deed.kind === 'labels' || deed.kind === 'create') written = { ...written, labels: deed.labels }
  }
  return written
}

function shownCondition({ type, status, reason, message, ...rest }: ResourceCondition): object {
  return {
    type,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    observed_generation: rest.observedGeneration,
    created_time: formatInstant(rest.createdTime),
    last_updated_time: formatInstant(rest.lastUpdatedTime),
    last_transition_time: formatInstant(rest.lastTransitionTime),
  }
}

/** The last of each adapter's stored reports (contract 5.4, 5.5), in the order of lists of statuses (contract 7.6). */
function statusesOf(stored: readonly ReportDeed[]): object[] {
  const firsts = stored.filter((report, i) => stored.findIndex(isBySame(report)) === i)
  return firsts.sort(byTimeThenAdapter).map(({ adapter }) => {
    const own = stored.filter(report => report.adapter === adapter)
    const [first, last] = [own[0], own.at(-1)]
    if (first === undefined || last === undefined) throw new Error('every adapter here has reported')
    const lastOther = own.findLastIndex(({ available }) => available !== last.available)
    const flipped = own[lastOther + 1] ?? last
    const since = formatInstant(first.observedTime)
    return {
      adapter,
      observed_generation: last.observedGeneration,
      conditions: [
        {
          type: 'Available',
          status: last.available,
          reason: last.reason,
          last_transition_time: formatInstant(flipped.observedTime),
        },
        { type: 'Applied', status: 'True', last_transition_time: since },
        { type: 'Health', status: 'True', last_transition_time: since },
      ],
      created_time: since,
      last_report_time: formatInstant(last.observedTime),
    }
  })
}

function isBySame({ adapter }: ReportDeed): (other: ReportDeed) => boolean {
  return other => other.adapter === adapter
}

function byTimeThenAdapter(a: ReportDeed, b: ReportDeed): number {
  if (a.observedTime !== b.observedTime) return a.observedTime < b.observedTime ? -1 : 1
  return a.adapter < b.adapter ? -1 : 1
}

function instant(text: string): Instant {
  const parsed = parseInstant(text)
  assert(parsed !== undefined, `${text} is a time`)
  return parsed
}
