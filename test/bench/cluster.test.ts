// The benchmark of several servers: a short run of it, and its report.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCluster } from '../../bench/cluster/measure.ts'
import { clusterReport } from '../../bench/cluster/report.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false

test('contract 14.2, 14.4: the report has each number of servers, each way of a report, and each end of the writer', {
  skip,
  timeout: TEST_HANGS_AFTER_MS,
}, async () => {
  assert.ok('folder' in programs)
  const run = await measureCluster({
    programs: programs.folder,
    clusters: 60,
    span: { connections: 6, warmupMs: 50, durationMs: 200 },
    kills: 1,
    stops: 1,
    progress: () => {},
  })
  assert.deepEqual([run.reads.length, run.reports.size], [3, 4])
  assert.ok([...run.killedMs, ...run.stoppedMs].every(ms => ms > 0))
  const report = clusterReport(run, 'a command', 'a machine')
  for (const name of [...run.reports.keys(), 'killed (`kill -9`)', 'stopped in order', '1', '2', '3'])
    assert.ok(report.includes(`\n| ${name} | `), name)
})
