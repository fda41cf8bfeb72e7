// The fleet without its servers: from the start on it takes reports, and answers a poll after every tenth of them, as fast
// as it can. Its arguments are a data folder and the number of clusters in it.
import { randomInt } from 'node:crypto'
import { createRequestParser } from '../../../src/api/requests.ts'
import { loadSettings } from '../../../src/config/settings.ts'
import { createLogger } from '../../../src/observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../../src/observe/log/output.ts'
import { Readiness } from '../../../src/observe/readiness.ts'
import { openFleet } from '../../../src/start/fleet.ts'
import { Lifecycle } from '../../../src/start/lifecycle.ts'
import { clusterId, REPORT_TIME, STALE_BEFORE, wellBody } from '../fleet.ts'
import { inTurn } from '../traffic/requests.ts'
import { spreadOver, staleSearch } from '../workloads.ts'
import { obey } from './control.ts'

/** Reports in flight, as over so many connections. */
const IN_FLIGHT = 64
const REPORTS_PER_POLL = 10
const PAGE = { offset: 0, limit: 20 }

const [folder = '', size = ''] = process.argv.slice(2)
const settings = loadSettings(['--storage-path', folder, '--logging-level', 'warn'], {})
const life = new Lifecycle()
const options = {
  settings,
  log: createLogger(settings.logging, new LogOutput(STANDARD_OUTPUT)),
  machineMs: Date.now,
  nowMs: () => performance.now(),
  onFatal: (error: Error) => {
    console.error(error)
    process.exit(1)
  },
}
const { fleet, searches } = await openFleet(options, new Readiness(), life)
const parser = createRequestParser(settings.limits, undefined)
const numbers = spreadOver(Number(size), number => number)
const bodies = inTurn(numbers.map(number => wellBody(number, 0, REPORT_TIME)))
let turn = 0
let isOver = false

async function reportInTurn(): Promise<void> {
  const number = numbers[turn++ % numbers.length] ?? 0
  const parsed = parser.report(bodies.next())
  if (parsed.kind !== 'parsed') throw new Error(`a report is ${parsed.kind}`)
  const outcome = await fleet.report({ kind: 'Cluster', id: clusterId(number) }, parsed.value)
  if (outcome.kind !== 'stored') throw new Error(`a report is ${outcome.kind}`)
}

async function poll(): Promise<void> {
  const search = staleSearch(STALE_BEFORE.replaceAll('#', () => String(randomInt(6))))
  const query = searches.Cluster.prepare({ search })
  if (query.kind === 'fault') throw new Error('the query is wrong')
  await searches.Cluster.find({ query, positions: PAGE, ownerId: undefined, reader: { aborted: false } })
}

async function work(): Promise<void> {
  while (!isOver) {
    await reportInTurn()
    if (turn % REPORTS_PER_POLL === 0) await poll()
  }
}

const working = Array.from({ length: IN_FLIGHT }, work)
obey(0, {
  stop: async () => {
    isOver = true
    await Promise.all(working)
    await life.close()
  },
})
