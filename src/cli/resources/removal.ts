// The deletion of resources as a client sees it: the adapters and nodepools that delay a removal, and the wait for its end
// (contract, section 11).
import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import type { ProgressBar } from '../terminal/progress.ts'
import { ChangeSignal } from './change-signal.ts'
import { readList } from './list.ts'
import { resourcePath } from './lookup.ts'
import { quoted } from './selector.ts'
import { isResource, type ServedResource, type ServedStatus } from './served.ts'

/** Pause between two looks while there is no watch. */
const PAUSE_MS = 500
/** Pause between two looks without news: the nodepools and adapters that a removal waits for may be others meanwhile. */
const QUIET_PAUSE_MS = 5000
/** The most resources whose removal one watch announces. */
const WATCHED_MAX = 100
/** The number of nodepools that a sentence names. */
const NAMES_MAX = 10
/** `Reconciled` names the unfinished adapters (contract 6.15). */
const UNFINISHED = /^Required adapters not reporting Finalized=True: \[([^\]]*)\]/

/** The reasons why a removal waits (contract 11.8). */
export interface Delay {
  /** Adapters that have not finished. */
  readonly adapters: readonly string[]
  /** Names of remaining nodepools, at least the first ones. */
  readonly nodepools: readonly string[]
  readonly nodepoolCount: number
}

/** Reads what the removal of a resource waits for. */
async function readDelay(api: Api, resource: ServedResource): Promise<Delay> {
  const path = resourcePath(resource)
  const all = { parameters: new Map<string, string>(), limit: Number.POSITIVE_INFINITY }
  const statuses = await readList(api, 'statuses', { ...all, path: `${path}/statuses` })
  const nodepools =
    resource.kind === 'Cluster'
      ? await readList(api, 'nodepools', { ...all, path: `${path}/nodepools`, limit: NAMES_MAX })
      : { items: [], total: 0 }
  return {
    adapters: unfinishedAdapters(
      resource,
      statuses.items.map(({ value }) => value),
    ),
    nodepools: nodepools.items.map(({ value }) => value.name),
    nodepoolCount: nodepools.total,
  }
}

/**
 * The adapters that have not finished. Without the condition `Reconciled` a client knows only those that have reported: a
 * required adapter that has never reported is then missing.
 */
export function unfinishedAdapters(resource: ServedResource, statuses: readonly ServedStatus[]): string[] {
  const finished = new Set(
    statuses.filter(status => hasFinished(status, resource.generation)).map(({ adapter }) => adapter),
  )
  const named = adaptersOfReconciled(resource) ?? statuses.map(({ adapter }) => adapter)
  return named.filter(adapter => !finished.has(adapter))
}

/** Contract 11.7. */
function hasFinished({ conditions, observed_generation }: ServedStatus, generation: number): boolean {
  const finalized = conditions.find(({ type }) => type === 'Finalized')
  return finalized?.status === 'True' && observed_generation === generation
}

function adaptersOfReconciled({ status }: ServedResource): string[] | undefined {
  const reconciled = status.conditions.find(({ type }) => type === 'Reconciled')
  if (reconciled?.reason === 'ReconciledWaitingForChildren') return []
  const [, names] = UNFINISHED.exec(reconciled?.message ?? '') ?? []
  return names?.split(', ').filter(name => name !== '')
}

/** `adapters dns, validator` and `2 nodepools: blue, green`. */
export function delayTexts({ adapters, nodepools, nodepoolCount }: Delay): string[] {
  const texts: string[] = []
  if (adapters.length > 0) texts.push(`${plural(adapters.length, 'adapter')} ${adapters.join(', ')}`)
  if (nodepoolCount > 0) {
    const shown = nodepools.slice(0, NAMES_MAX)
    const rest = nodepoolCount > shown.length ? ', …' : ''
    texts.push(`${nodepoolCount} ${plural(nodepoolCount, 'nodepool')}: ${shown.join(', ')}${rest}`)
  }
  return texts.length > 0 ? texts : ['a required adapter that has not reported']
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}

/** A resource whose removal is awaited. */
export interface Leaving {
  /** `cluster/NAME`. */
  readonly full: string
  /** Holds its id: the name may be another's meanwhile. */
  readonly path: string
}

export interface Patience {
  /** The deadline, by the clock of `performance`. */
  readonly endMs: number
  readonly timeoutMs: number
}

/** A sentence about what the removal of a resource waits for. Undefined once it is gone. */
export async function readDelaySentence(api: Api, { full, path }: Leaving): Promise<string | undefined> {
  const resource = await unlessGone(() => readResource(api, path))
  if (resource === undefined) return undefined
  if (resource.deleted_time === undefined) return `${full} is not being deleted`
  const delay = await unlessGone(() => readDelay(api, resource))
  return delay === undefined
    ? undefined
    : `${full} is being deleted, waiting for ${delayTexts(delay).join('; ')}`
}

/**
 * Waits until all are gone. Calls `onGone` for each, and shows on the progress bar what the first of the others waits for.
 * Continues while the server is away.
 * @throws FailedError with the last observation after the timeout
 */
export async function waitUntilGone(
  api: Api,
  leaving: readonly Leaving[],
  { endMs, timeoutMs }: Patience,
  bar: ProgressBar,
  onGone: (gone: Leaving) => void = () => {},
): Promise<void> {
  const remaining = new Set(leaving)
  let seen = ''
  const lookOnce = async () => {
    let first: string | undefined
    for (const one of remaining) {
      const found =
        first === undefined
          ? await readDelaySentence(api, one)
          : await unlessGone(async () => (await readResource(api, one.path)).id)
      if (found === undefined) {
        remaining.delete(one)
        onGone(one)
      }
      first ??= found
    }
    if (first === undefined) return
    seen = first
    bar.show({ doing: `gone (${seen})`, done: leaving.length - remaining.size, total: leaving.length })
  }
  let changes: ChangeSignal | undefined
  try {
    for (;;) {
      const away = await unlessAway(lookOnce, seen !== '')
      if (remaining.size === 0) return
      const leftMs = endMs - performance.now()
      if (leftMs <= 0)
        throw new FailedError(`timed out after ${timeoutMs / 1000} s: ${seen}${away}`, EXIT.failed)
      changes ??= signalOf(api, [...remaining])
      const pauseMs = changes.isAway || remaining.size > WATCHED_MAX ? PAUSE_MS : QUIET_PAUSE_MS
      await changes.changed(Math.min(pauseMs, leftMs))
    }
  } finally {
    changes?.close()
    bar.end()
  }
}

/** Watches the first of them. */
function signalOf(api: Api, leaving: readonly Leaving[]): ChangeSignal {
  const paths = leaving.slice(0, WATCHED_MAX).map(({ path }) => path)
  const ids = paths.map(path => quoted(path.slice(path.lastIndexOf('/') + 1)))
  return ChangeSignal.open(api, {
    path: paths.some(path => path.includes('/nodepools/')) ? '/nodepools' : '/clusters',
    parameters: new Map([
      ['search', `id in (${ids.join(', ')})`],
      ['fields', 'id'],
    ]),
  })
}

async function readResource(api: Api, path: string): Promise<ServedResource> {
  const resource = api.json(path, await api.get(path))
  if (isResource(resource)) return resource
  throw api.misshapen(path)
}

/** Undefined if the server answers that the resource is not there. */
async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof FailedError && error.exitCode === EXIT.notFound) return undefined
    throw error
  }
}

/** Returns a text about a server that is away. The first look must succeed. */
async function unlessAway(look: () => Promise<void>, hasLooked: boolean): Promise<string> {
  try {
    await look()
    return ''
  } catch (error) {
    if (hasLooked && error instanceof FailedError && error.exitCode === EXIT.unreachable)
      return `; then ${error.message}`
    throw error
  }
}
