// Runs the micro benchmarks and prints one table each: `npm run bench`, or `npm run bench -- --short` to see that
// they run.
import { parseArgs } from 'node:util'
import { Bench } from 'tinybench'
import { checksumBenchmarks } from './micro/checksum.ts'
import { conditionBenchmarks } from './micro/conditions.ts'
import { indexUpdateBenchmarks } from './micro/index-updates.ts'
import { jsonBenchmarks } from './micro/json.ts'
import { kernelBenchmarks } from './micro/kernels.ts'
import { observeBenchmarks } from './micro/observe.ts'
import { reportBenchmarks } from './micro/reports.ts'
import { rowTestBenchmarks } from './micro/row-tests.ts'
import { searchBenchmarks } from './micro/search.ts'
import { stateBenchmarks } from './micro/state.ts'

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const timing = values.short ? { time: 20, warmupTime: 5 } : { time: 1000, warmupTime: 200 }

const GROUPS = [
  jsonBenchmarks,
  reportBenchmarks,
  conditionBenchmarks,
  searchBenchmarks,
  rowTestBenchmarks,
  kernelBenchmarks,
  stateBenchmarks,
  checksumBenchmarks,
  indexUpdateBenchmarks,
  observeBenchmarks,
]
for (const addTasks of GROUPS) {
  const bench = new Bench({ name: addTasks.name, ...timing, throws: true })
  addTasks(bench)
  await bench.run()
  console.log(bench.name)
  console.table(bench.table())
}
