// Runs one task of the benchmark in its own process, so that memory left by another task does not affect it.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measureCeiling } from './ceiling.ts'
import { makeDataFolder } from './data-folder.ts'
import type { Load } from './load.ts'
import { measurePolls, type PollOptions, type PollRun } from './polls.ts'
import { measureStart } from './start.ts'

/** Questions to a process, and its answers. */
interface Tasks {
  readonly make: { readonly asked: { path: string; size: number }; readonly answer: null }
  readonly start: { readonly asked: { path: string }; readonly answer: Load }
  readonly ceiling: { readonly asked: { path: string }; readonly answer: Load }
  readonly polls: { readonly asked: PollOptions; readonly answer: PollRun }
}
type Task = { [Kind in keyof Tasks]: { readonly kind: Kind } & Tasks[Kind]['asked'] }[keyof Tasks]

/** Runs a task in a new process with a limited heap. Rejects if the process ends without an answer. */
export function inProcess<Kind extends keyof Tasks>(
  task: { readonly kind: Kind } & Tasks[Kind]['asked'],
  heapMib: number,
): Promise<Tasks[Kind]['answer']> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(task)], {
      execArgv: [...process.execArgv, `--max-old-space-size=${heapMib}`],
    })
    // Only a process of this file answers, according to the kind of its task.
    child.once('message', answer => resolve(answer as Tasks[Kind]['answer']))
    child.once('exit', code => reject(new Error(`the task ${task.kind} ended with code ${code}`)))
  })
}

function run(task: Task): Promise<Load | PollRun | null> {
  switch (task.kind) {
    case 'make':
      return makeDataFolder(task.path, task.size).then(() => null)
    case 'start':
      return measureStart(task.path)
    case 'ceiling':
      return measureCeiling(task.path)
    case 'polls':
      return measurePolls(task)
  }
}

const [, script, text] = process.argv
if (script === fileURLToPath(import.meta.url) && text !== undefined) {
  const answer = await run(JSON.parse(text) as Task)
  // No close: a checkpoint at the end would change the folder for the next process.
  process.send?.(answer, () => process.exit())
}
