// Several servers on one PostgreSQL: `npm run bench:cluster` writes bench/results/cluster.md in three minutes at most. `-- --short` only shows that it
// runs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { postgresPrograms } from '../../test/harness/postgres.ts'
import { describeMachine, inWords } from '../machine.ts'
import { measureCluster } from './measure.ts'
import { clusterReport } from './report.ts'

const RESULTS = join(import.meta.dirname, '../../../bench/results/cluster.md')
const COMMAND = 'npm run bench:cluster'

const FORMS = {
  short: {
    clusters: 100,
    span: { connections: 6, warmupMs: 100, durationMs: 300 },
    kills: 1,
    stops: 1,
    command: `${COMMAND} -- --short`,
  },
  usual: {
    clusters: 5000,
    span: { connections: 60, warmupMs: 1500, durationMs: 5000 },
    kills: 11,
    stops: 5,
    command: COMMAND,
  },
}

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const form = values.short ? FORMS.short : FORMS.usual
const programs = postgresPrograms()
if ('missing' in programs) throw new Error(programs.missing)
const run = await measureCluster({
  ...form,
  programs: programs.folder,
  progress: message => console.error(message),
})
const report = clusterReport(run, form.command, inWords(describeMachine()))
console.log(report)
if (!values.short) writeFileSync(RESULTS, report)
