// Waits for one named resource: looks at it again whenever its watch says that it may have changed.
import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import { ChangeSignal } from '../resources/change-signal.ts'
import type { ResourceList } from '../resources/kind.ts'
import { findResource, nameOfResource, namesSearch, resourcePath } from '../resources/lookup.ts'
import { type Patience, waitUntilGone } from '../resources/removal.ts'
import { ProgressBar, progressOutput } from '../terminal/progress.ts'
import { type Goal, unmet } from './goal.ts'

/** Pause between two looks while there is no watch. */
const PAUSE_MS = 500

export interface NamedTask extends Patience {
  readonly list: ResourceList
  readonly name: string
  readonly cluster: string | undefined
  readonly goal: Goal
}

/**
 * Resolves with a sentence once the goal is reached.
 * @throws FailedError with the last observation after the timeout
 */
export function waitForNamed(api: Api, task: NamedTask): Promise<string> {
  return task.goal.kind === 'delete' ? waitForRemoval(api, task) : waitForGoal(api, task)
}

/** Waits for the resource that has the name now. A later one of the same name is another. */
async function waitForRemoval(api: Api, task: NamedTask): Promise<string> {
  const { list, name, cluster } = task
  try {
    const { value } = await findResource(api, list, name, cluster)
    const full = await nameOfResource(api, value)
    const bar = new ProgressBar(progressOutput(), () => performance.now())
    await waitUntilGone(api, [{ full, path: resourcePath(value) }], task, bar)
    return `${full} is gone`
  } catch (error) {
    if (error instanceof FailedError && error.exitCode === EXIT.notFound)
      return `there is no ${list === 'clusters' ? 'cluster' : 'nodepool'} '${name}'`
    throw error
  }
}

async function waitForGoal(api: Api, task: NamedTask): Promise<string> {
  const first = await lookOnce(api, task, false)
  if (first.kind === 'reached') return first.sentence
  let seen = first.sentence
  if (task.endMs <= performance.now()) throw timedOut(task, seen)
  const changes = ChangeSignal.open(api, {
    // In all clusters: the cluster of a nodepool may not exist yet.
    path: `/${task.list}`,
    parameters: new Map([
      ['search', namesSearch([task.name])],
      ['fields', 'id'],
    ]),
  })
  try {
    for (;;) {
      const leftMs = Math.max(0, task.endMs - performance.now())
      await changes.changed(changes.isAway ? Math.min(PAUSE_MS, leftMs) : leftMs)
      const look = await lookOnce(api, task, true)
      if (look.kind === 'reached') return look.sentence
      if (look.kind === 'not yet') seen = look.sentence
      const away = look.kind === 'away' ? `; then ${look.sentence}` : ''
      if (task.endMs <= performance.now()) throw timedOut(task, `${seen}${away}`)
    }
  } finally {
    changes.close()
  }
}

export function timedOut({ timeoutMs }: Patience, seen: string): FailedError {
  return new FailedError(`timed out after ${timeoutMs / 1000} s: ${seen}`, EXIT.failed)
}

interface Look {
  readonly kind: 'reached' | 'not yet' | 'away'
  readonly sentence: string
}

/** The first look must succeed. Later the command waits for a server that is away. */
async function lookOnce(
  api: Api,
  { list, name, cluster, goal }: NamedTask,
  hasLooked: boolean,
): Promise<Look> {
  try {
    const { value } = await findResource(api, list, name, cluster)
    const full = await nameOfResource(api, value)
    if (goal.kind !== 'condition') return { kind: 'reached', sentence: `${full} exists` }
    const observation = unmet(value.status.conditions, goal)
    return observation === undefined
      ? { kind: 'reached', sentence: `${full} condition met` }
      : { kind: 'not yet', sentence: `${full} ${observation}` }
  } catch (error) {
    if (!(error instanceof FailedError)) throw error
    if (goal.kind === 'create' && error.exitCode === EXIT.notFound)
      return { kind: 'not yet', sentence: error.message }
    if (hasLooked && error.exitCode === EXIT.unreachable) return { kind: 'away', sentence: error.message }
    throw error
  }
}
