// Runs histories in a process of their own, because the test runner makes promises several times slower. The argument is a task in JSON, the output
// a report in JSON.
import { runHistory } from './history.ts'
import { plant } from './planted.ts'
import type { Report, Task } from './task.ts'

/** Stops at the first history with a violation. */
async function run({ seed, histories, edits, isFenced }: Task): Promise<Report> {
  const protocol = await plant(edits)
  const sums: Record<string, number> = {}
  for (let number = 0; number < histories; number++) {
    const { violations, counts } = await runHistory({ seed, number, protocol, isFenced })
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
    if (violations.length > 0) return { histories: number + 1, violations, sums }
  }
  return { histories, violations: [], sums }
}

// Only simulate() of task.ts starts this.
const task = JSON.parse(process.argv[2] ?? '') as Task
process.stdout.write(JSON.stringify(await run(task)))
