// `hyperfleet wait`: waits until clusters or nodepools exist, have a condition or are gone.
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, EXIT, FailedError, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments, readDuration } from './flags/flag-reader.ts'
import { type ResourceList, readNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResource, nameOfResource, resourcePath } from './resources/lookup.ts'
import { type Patience, waitUntilGone } from './resources/removal.ts'
import type { ServedResource } from './resources/served.ts'
import { ProgressBar, progressOutput } from './terminal/progress.ts'
import { visible } from './terminal/text.ts'

/** Poll interval. A poll is one search by name, which an index answers. */
const PAUSE_MS = 500

const FLAGS = [
  {
    name: 'for',
    value: 'WHAT',
    meaning: 'condition=TYPE, condition=TYPE=STATUS, create or delete',
    choices: ['condition=Ready', 'condition=Available', 'condition=Reconciled', 'create', 'delete'],
  },
  {
    name: 'timeout',
    value: 'TIME',
    meaning: 'how long to wait, such as 60s or 5m; 0 checks once',
    fallback: '30s',
  },
  CLUSTER_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const wait: Command = {
  help: () => `Usage: hyperfleet wait cluster NAME|ID... --for condition=Ready [--timeout 60s] [flags]
       hyperfleet wait nodepool NAME|ID|CLUSTER/NAME... --for condition=Ready [--cluster CLUSTER] [flags]

Waits until each resource has the condition with the status True, or with STATUS. TYPE may be an adapter's condition, such as
DnsSuccessful. 'create' waits until the resource exists, 'delete' until it is gone or if there is none; any other wait requires
that it exists. After the timeout the exit code is 1, and the command prints the last status that it saw.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet wait cluster my-cluster --for condition=Ready --timeout 10m'],
    ['hyperfleet wait nodepool my-cluster/workers --for condition=Available=False'],
    ['hyperfleet wait cluster my-cluster --for create'],
    ['hyperfleet wait cluster my-cluster --for delete --timeout 30m'],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('wait', FLAGS, args)
    const { list, names } = readNamed('wait', given.operands, ['clusters', 'nodepools'])
    if (names.length === 0) throw new UsageError(`wait for which of the ${list}? Give a name or an id`)
    const goal = readGoal(given.text('for'))
    const timeoutMs = readDuration('timeout', given.text('timeout') ?? '30s')
    const endMs = performance.now() + timeoutMs
    await withServer(readTarget(given, thisMachine()), async api => {
      for (const name of names) {
        const task = { list, name, cluster: given.text('cluster'), endMs, timeoutMs }
        const sentence =
          goal.kind === 'delete' ? await waitForRemoval(api, task) : await waitFor(api, { ...task, goal })
        output.write(`${visible(sentence)}\n`)
      }
    })
    return EXIT.ok
  },
}

type Goal =
  | { readonly kind: 'create' }
  | { readonly kind: 'condition'; readonly type: string; readonly status: string }

function readGoal(text: string | undefined): Goal | { readonly kind: 'delete' } {
  if (text === undefined) throw new UsageError('wait needs --for, such as --for condition=Ready')
  if (text === 'create' || text === 'delete') return { kind: text }
  const [, type, status = 'True'] =
    /^condition=([A-Za-z][A-Za-z0-9]*)(?:={1,2}(true|false))?$/i.exec(text) ?? []
  if (type !== undefined) return { kind: 'condition', type, status }
  throw new UsageError(
    `--for is '${text}': must be condition=TYPE, condition=TYPE=STATUS with a status of True or False, create or delete`,
  )
}

interface Wanted extends Patience {
  readonly list: ResourceList
  readonly name: string
  readonly cluster: string | undefined
}

interface Task extends Wanted {
  readonly goal: Goal
}

/** Waits for the resource that has the name now. A later one of the same name is another. */
async function waitForRemoval(api: Api, wanted: Wanted): Promise<string> {
  const { list, name, cluster } = wanted
  try {
    const { value } = await findResource(api, list, name, cluster)
    const full = await nameOfResource(api, value)
    const bar = new ProgressBar(progressOutput(), () => performance.now())
    await waitUntilGone(api, [{ full, path: resourcePath(value) }], wanted, bar)
    return `${full} is gone`
  } catch (error) {
    if (error instanceof FailedError && error.exitCode === EXIT.notFound)
      return `there is no ${list === 'clusters' ? 'cluster' : 'nodepool'} '${name}'`
    throw error
  }
}

/** Resolves with a sentence once the goal is reached. Throws FailedError with the last observation after the timeout. */
async function waitFor(api: Api, task: Task): Promise<string> {
  let seen: string | undefined
  for (;;) {
    const look = await lookOnce(api, task, seen !== undefined)
    if (look.kind === 'reached') return look.sentence
    if (look.kind === 'not yet') seen = look.sentence
    const leftMs = task.endMs - performance.now()
    if (leftMs <= 0) {
      const away = look.kind === 'away' ? `; then ${look.reason}` : ''
      throw new FailedError(`timed out after ${task.timeoutMs / 1000} s: ${seen}${away}`, EXIT.failed)
    }
    await pause(Math.min(PAUSE_MS, leftMs))
  }
}

type Look =
  | { readonly kind: 'reached' | 'not yet'; readonly sentence: string }
  | { readonly kind: 'away'; readonly reason: string }

/** The first poll must succeed. Later the command waits for a server that is away. */
async function lookOnce(api: Api, { list, name, cluster, goal }: Task, hasLooked: boolean): Promise<Look> {
  try {
    const { value } = await findResource(api, list, name, cluster)
    const full = await nameOfResource(api, value)
    if (goal.kind === 'create') return { kind: 'reached', sentence: `${full} exists` }
    return judged(value, full, goal)
  } catch (error) {
    if (!(error instanceof FailedError)) throw error
    if (goal.kind === 'create' && error.exitCode === EXIT.notFound)
      return { kind: 'not yet', sentence: error.message }
    if (hasLooked && error.exitCode === EXIT.unreachable) return { kind: 'away', reason: error.message }
    throw error
  }
}

function judged(resource: ServedResource, full: string, goal: Goal & { kind: 'condition' }): Look {
  const found = resource.status.conditions.find(({ type }) => sameWord(type, goal.type))
  if (found !== undefined && sameWord(found.status, goal.status))
    return { kind: 'reached', sentence: `${full} condition met` }
  const sentence =
    found === undefined
      ? `${full} has no condition ${goal.type}`
      : `${full} is ${found.type}=${found.status}, ${found.reason ?? 'no reason'}: ${found.message ?? ''}`
  return { kind: 'not yet', sentence }
}

/** Ignores case, as kubectl does. */
function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
