// The end of a simulation: compares the ledger with the server's searches.

import { quoted } from '../../src/cli/resources/selector.ts'
import { alignedTable, type TextColumn } from '../../src/cli/terminal/table.ts'
import { adaptersOf } from './adapters.ts'
import type { Collection, FleetApi } from './fleet-api.ts'
import { knownReport, type Ledger, type LedgerEntry, type Removed } from './ledger.ts'
import { POOL_ROLES } from './nodepool-spec.ts'
import { ENVIRONMENTS, REGIONS } from './plan.ts'

export interface Check {
  readonly name: string
  readonly expected: number
  readonly found: number
}

/** A check whose `found` value is the total of a search. */
export interface SearchCheck {
  readonly name: string
  readonly collection: Collection
  readonly search: string
  readonly expected: number
}

/** Number of resources of each kind whose statuses are read one by one. */
const SAMPLE_SIZE = 50
const KINDS = ['Cluster', 'NodePool'] as const

export function isRight({ expected, found }: Check): boolean {
  return expected === found
}

/** Asks the server for everything that the ledger predicts. */
export async function checkFleet(api: FleetApi, ledger: Ledger, namePrefix: string): Promise<Check[]> {
  const checks: Check[] = []
  for (const { name, collection, search, expected } of searchChecks(ledger, namePrefix))
    checks.push({ name, expected, found: await api.count(collection, search) })
  for (const kind of KINDS) checks.push(...(await checkStatuses(api, kind, sampled(ledger.entries(kind)))))
  for (const kind of KINDS) checks.push(await checkRemoved(api, kind, sampled(ledger.removed(kind))))
  checks.push({ name: 'unexpected answers', expected: 0, found: ledger.surprises.count })
  return checks
}

/** Searches whose totals the ledger predicts. */
export function searchChecks(ledger: Ledger, namePrefix: string): SearchCheck[] {
  return [...clusterChecks(ledger, namePrefix), ...nodepoolChecks(ledger, namePrefix)]
}

function clusterChecks(ledger: Ledger, namePrefix: string): SearchCheck[] {
  const counted = counter(ledger, 'Cluster', namePrefix)
  return [
    counted('', '', () => true),
    counted(`named ${namePrefix}-*`, `name like ${quoted(`${namePrefix}-%`)}`, ({ name }) =>
      name.startsWith(`${namePrefix}-`),
    ),
    ...ENVIRONMENTS.map(environment => labelCheck(counted, 'environment', environment)),
    ...REGIONS.map(region => labelCheck(counted, 'region', region)),
    ...stateChecks(ledger, counted, 'Cluster'),
  ]
}

function nodepoolChecks(ledger: Ledger, namePrefix: string): SearchCheck[] {
  const counted = counter(ledger, 'NodePool', namePrefix)
  return [
    counted('', '', () => true),
    ...POOL_ROLES.map(({ name }) => labelCheck(counted, 'role', name)),
    ...stateChecks(ledger, counted, 'NodePool'),
  ]
}

type Counter = (words: string, search: string, holds: (entry: LedgerEntry) => boolean) => SearchCheck

/** Creates checks that count the simulation's resources of one kind that match a search. */
function counter(ledger: Ledger, kind: LedgerEntry['kind'], namePrefix: string): Counter {
  const entries = ledger.entries(kind)
  const collection = kind === 'Cluster' ? 'clusters' : 'nodepools'
  const ours = `labels.simulation=${quoted(namePrefix)}`
  return (words, search, holds) => ({
    name: words === '' ? collection : `${collection} ${words}`,
    collection,
    search: search === '' ? ours : `${ours} and ${search}`,
    expected: entries.filter(holds).length,
  })
}

function labelCheck(counted: Counter, key: string, value: string): SearchCheck {
  return counted(
    `with ${key} ${value}`,
    `labels.${key}=${quoted(value)}`,
    ({ labels }) => labels.get(key) === value,
  )
}

function stateChecks(ledger: Ledger, counted: Counter, kind: LedgerEntry['kind']): SearchCheck[] {
  return [
    counted('ready', `status.conditions.${ledger.readiness}='True'`, ({ isReady }) => isReady),
    counted('not ready', `status.conditions.${ledger.readiness}='False'`, ({ isReady }) => !isReady),
    counted('being deleted', 'deleted_time is not null', ({ isDeleting }) => isDeleting),
    counted('of a changed spec', 'generation > 1', ({ generation }) => generation > 1),
    ...reportingAdapters(ledger, kind).flatMap(adapter =>
      (['True', 'False'] as const).map(status =>
        counted(
          `where ${adapter} says ${status}`,
          `status.conditions.${conditionType(adapter)}=${quoted(status)}`,
          ({ reports }) => reports.get(adapter)?.status === status,
        ),
      ),
    ),
  ]
}

/** The simulation's adapters, then others that have reported on its resources. */
function reportingAdapters(ledger: Ledger, kind: LedgerEntry['kind']): string[] {
  const others = ledger.entries(kind).flatMap(({ reports }) => [...reports.keys()])
  return [...new Set([...adaptersOf(kind).map(({ name }) => name), ...others])]
}

/** `gcp-provisioner` → `GcpProvisionerSuccessful` (contract 6.10). Independent of the server's implementation. */
function conditionType(adapter: string): string {
  const name = adapter.replace(/(^|[-._]+)([A-Za-z0-9])/g, (_, __, first: string) => first.toUpperCase())
  return `${name.replace(/^(?=[0-9])/, 'Adapter')}Successful`
}

/** An evenly spread sample of the entries. */
function sampled<T>(entries: readonly T[]): T[] {
  const step = Math.max(1, entries.length / SAMPLE_SIZE)
  const picks = Array.from({ length: Math.min(SAMPLE_SIZE, entries.length) }, (_, i) => Math.floor(i * step))
  return picks.flatMap(index => entries[index] ?? [])
}

/** Checks that each sampled resource has exactly the last report of each adapter. */
async function checkStatuses(
  api: FleetApi,
  kind: LedgerEntry['kind'],
  sample: readonly LedgerEntry[],
): Promise<Check[]> {
  let total = 0
  let asSent = 0
  for (const { path, reports } of sample) {
    const statuses = await api.statuses(path)
    total += statuses.length
    for (const status of statuses) {
      const { generation, status: said, observedMs } = knownReport(status)
      const sent = reports.get(status.adapter)
      const isSame = sent?.generation === generation && sent.status === said && sent.observedMs === observedMs
      if (isSame) asSent += 1
    }
  }
  const expected = sample.reduce((sum, { reports }) => sum + reports.size, 0)
  const of = `${sample.length} ${kind === 'Cluster' ? 'clusters' : 'nodepools'}`
  return [
    { name: `statuses of ${of}`, expected, found: total },
    { name: `last reports of ${of}, as sent`, expected, found: asSent },
  ]
}

/** Checks that removed resources stay away (contract 11.9). */
async function checkRemoved(
  api: FleetApi,
  kind: LedgerEntry['kind'],
  sample: readonly Removed[],
): Promise<Check> {
  let gone = 0
  for (const { path } of sample) if (!(await api.exists(path))) gone += 1
  const collection = kind === 'Cluster' ? 'clusters' : 'nodepools'
  return { name: `removed ${collection} that are gone`, expected: sample.length, found: gone }
}

const COLUMNS: readonly TextColumn[] = [
  { title: 'check', align: 'left' },
  { title: 'expected', align: 'right' },
  { title: 'found', align: 'right' },
  { title: 'ok', align: 'left' },
]

/** Rows of `check | expected | found | ok`. */
export function checkTable(checks: readonly Check[]): string {
  const rows = checks.map(check => [
    check.name,
    String(check.expected),
    String(check.found),
    isRight(check) ? 'yes' : 'NO',
  ])
  return alignedTable(COLUMNS, rows)
}
