// Dashboard and alert rules, compared with the metrics of a server after traffic, and with the runbook.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { SERVICE_REFUSALS } from '../../src/api/problems.ts'
import { describeCluster } from '../../src/observe/metrics/cluster-metrics.ts'
import { Readiness } from '../../src/observe/readiness.ts'
import type { MemberStatus } from '../../src/replication/member.ts'
import { at, START_MS } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { namedIn } from './promql.ts'
import { type Scrape, scrape, scraped } from './scrape.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const ALERTS = 'deploy/prometheus/alerts.yaml'
/** Labels that Prometheus adds to everything it scrapes. */
const SCRAPED = ['up']
const TARGET_LABELS = ['instance', 'job']

interface Alert {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: {
    readonly summary: string
    readonly description: string
    readonly runbook_url: string
  }
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function alerts(): Alert[] {
  return parse(read(ALERTS)).groups.flatMap(({ rules }: { rules: Alert[] }) => rules)
}

/** All expressions of the dashboard's panels. */
function panelQueries(): string[] {
  const { panels } = JSON.parse(read('deploy/grafana/hyperfleet.json'))
  return panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
}

function anchors(): ReadonlySet<string> {
  const headings = read('docs/guide/runbook.md').matchAll(/^## (.+)$/gm)
  return new Set([...headings].map(([, heading = '']) => heading.toLowerCase().replaceAll(' ', '-')))
}

/** The metrics of a writer. Every server of a cluster has the same ones. */
function clusterMetrics(): Promise<string> {
  const registry = new Registry()
  const counts = { stored: 1, fenced: 0, refused: 0 }
  const member: MemberStatus = {
    role: 'leading',
    epoch: 1,
    leader: { writer: 'w', server: 's', address: 'http://10.0.0.5:8000', version: '', settings: '' },
    position: 0,
    sequence: 1,
    behind: 0,
    staleMs: 10,
    fault: undefined,
    pendingMs: undefined,
    outcomes: { claims: counts, groups: counts, barriers: counts },
  }
  const readiness = new Readiness()
  readiness.follow({ status: () => member, settings: '', maxStalenessMs: 0 })
  describeCluster([registry], readiness)
  return registry.metrics()
}

async function traffic(client: TestClient): Promise<void> {
  const cluster = await client.cluster('measured')
  const path = `/clusters/${cluster.id}/statuses`
  for (const generation of [1, 7])
    assert.ok((await client.post(path, report('dns', 'True', generation, at(0)))).status < 300)
  await client.list('/clusters', { search: "status.conditions.Ready='True'" })
  await client.get('/clusters/none')
}

describe('dashboard and alerts', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let server: TestServer
  let live: Scrape
  before(async () => {
    server = await startTestServer({
      engine: 'node',
      machineMs: () => START_MS,
      environment: {
        HYPERFLEET_METRICS_PORT: String(await freePort()),
        HYPERFLEET_TRACING_ENABLED: 'true',
        HYPERFLEET_TRACING_SAMPLE_RATIO: '0',
      },
    })
    const client = new TestClient(server.origin)
    await traffic(client)
    client.close()
    live = scraped((await scrape(server.server.metricsPort)).text + (await clusterMetrics()))
  })
  after(() => server.stop())

  const assertNamed = (query: string, where: string) => {
    const { metrics, grouped } = namedIn(query)
    assert.ok(metrics.length > 0, `${where} names no metric: ${query}`)
    const known = new Set([...TARGET_LABELS])
    for (const { name, labels } of metrics) {
      if (SCRAPED.includes(name)) continue
      const own = live.labels.get(name)
      assert.ok(own !== undefined, `${where}: there is no metric ${name}`)
      for (const label of own) known.add(label)
      for (const label of labels)
        assert.ok(own.has(label) || TARGET_LABELS.includes(label), `${where}: ${name} has no label ${label}`)
    }
    for (const label of grouped) assert.ok(known.has(label), `${where}: nothing has the label ${label}`)
  }

  test('every metric and label of the dashboard exists', () => {
    const queries = panelQueries()
    assert.ok(queries.length > 40)
    for (const query of queries) assertNamed(query, 'the dashboard')
  })

  test('every metric and label of the alerts exists', () => {
    assert.ok(alerts().length > 15)
    for (const { alert, expr } of alerts()) assertNamed(expr, alert)
  })

  test('every metric of the server is on the dashboard or in an alert', () => {
    const queries = [...panelQueries(), ...alerts().map(({ expr }) => expr)].join('\n')
    const own = [...live.text.matchAll(/^# TYPE (hyperfleet_api_\w+)/gm)].map(([, name = '']) => name)
    assert.ok(own.length > 30)
    assert.deepEqual(
      own.filter(name => !queries.includes(name)),
      [],
    )
  })

  test('the metrics follow the conventions of Prometheus', t => {
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: live.text, encoding: 'utf8' })
    if (checked.error !== undefined) {
      t.skip('promtool is missing; Debian has it in the package prometheus')
      return
    }
    assert.equal(`${checked.stdout}${checked.stderr}`, '')
    assert.equal(checked.status, 0)
  })
})

test('every alert has a summary and leads to a section of the runbook', () => {
  const known = anchors()
  const names = alerts().map(({ alert }) => alert)
  assert.equal(new Set(names).size, names.length)
  const runbook = read('docs/guide/runbook.md')
  for (const { alert, labels, annotations } of alerts()) {
    assert.ok(['critical', 'warning'].includes(labels.severity), alert)
    assert.ok(annotations.summary.length > 0 && annotations.description.length > 0, alert)
    const [page, anchor = ''] = annotations.runbook_url.split('#')
    assert.equal(page, 'docs/guide/runbook.md')
    assert.ok(known.has(anchor), `${alert}: the runbook has no section ${anchor}`)
    assert.ok(runbook.includes(alert), `the runbook does not name ${alert}`)
  }
})

test('contract 14.13: every state of a server in a cluster is in the runbook', () => {
  const runbook = read('docs/guide/runbook.md')
  for (const state of ['following', 'claiming', 'leading', 'resolving', 'behind', 'lost'])
    assert.match(runbook, new RegExp(`^\\| \`${state}\``, 'm'), state)
})

test('every reason for a refusal of service has a section in the runbook', () => {
  const known = anchors()
  for (const reason of [...SERVICE_REFUSALS, 'failed-flush', 'log-lines-dropped'])
    assert.ok(known.has(reason), reason)
})

test('the alert rules are valid for Prometheus', t => {
  const checked = spawnSync('promtool', ['check', 'rules', join(ROOT, ALERTS)], { encoding: 'utf8' })
  if (checked.error !== undefined) {
    t.skip('promtool is missing; Debian has it in the package prometheus')
    return
  }
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
})

/** One series, minute by minute, and the resulting alerts. */
const FLEET_ALERTS = [
  [
    'hyperfleet_api_resource_pending_reconciliation_stuck{resource_type="cluster",is_delete="false"}',
    '1x30',
    '10m',
    'HyperfleetResourcesStuck',
  ],
  [
    'hyperfleet_api_resource_pending_reconciliation_stuck_duration_seconds{resource_type="cluster",is_delete="false"}',
    '1801+60x30',
    '10m',
    'HyperfleetResourceStuckLong',
  ],
  [
    'hyperfleet_api_oldest_deletion_age_seconds{kind="Cluster"}',
    '1801+60x30',
    '10m',
    'HyperfleetDeletionStuck',
  ],
  ['hyperfleet_api_resources_stale{kind="Cluster"}', '2x30', '20m', 'HyperfleetReportsStale'],
  [
    'hyperfleet_api_adapter_last_report_timestamp_seconds{kind="Cluster",adapter="dns"}',
    '1x180',
    '70m',
    'HyperfleetAdapterSilent',
  ],
  ['hyperfleet_api_cluster_writer{job="hyperfleet-api"}', '1 1 1 0x30', '10m', 'HyperfleetNoWriter'],
  [
    'hyperfleet_api_cluster_append_age_seconds{instance="a"}',
    '0 0 0 30x30',
    '10m',
    'HyperfleetWriteUnresolved',
  ],
  ['hyperfleet_api_cluster_state{state="lost"}', '0 0 0 1x30', '10m', 'HyperfleetJournalLost'],
  ['hyperfleet_api_cluster_state{state="behind"}', '1x30', '10m', 'HyperfleetBehindJournal'],
  ['hyperfleet_api_cluster_epoch{instance="a"}', '1 1 1 2 3 4 5 6 7x30', '10m', 'HyperfleetWriterChanges'],
] as const

test('the alerts about the fleet and the cluster fire when they should, and not before', t => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'tests.json')
  const tests = FLEET_ALERTS.map(([series, values, at, alertname]) => {
    const labels = [...series.matchAll(/(\w+)="([\w-]+)"/g)].map(([, name = '', value = '']) => [name, value])
    const severity = alerts().find(({ alert }) => alert === alertname)?.labels.severity
    const fired = { exp_labels: { ...Object.fromEntries(labels), severity } }
    return {
      interval: '1m',
      input_series: [{ series, values }],
      promql_expr_test: [],
      alert_rule_test: [
        { eval_time: '2m', alertname, exp_alerts: [] },
        { eval_time: at, alertname, exp_alerts: [fired] },
      ],
    }
  })
  writeFileSync(
    file,
    JSON.stringify({ rule_files: [withoutAnnotations(folder)], evaluation_interval: '1m', tests }),
  )
  const checked = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  if (checked.error !== undefined) {
    t.skip('promtool is missing; Debian has it in the package prometheus')
    return
  }
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
})

/** promtool also compares annotations, whose texts are not tested here. */
function withoutAnnotations(folder: string): string {
  const { groups } = parse(read(ALERTS))
  for (const { rules } of groups) for (const rule of rules) delete rule.annotations
  const path = join(folder, 'alerts.json')
  writeFileSync(path, JSON.stringify({ groups }))
  return path
}
