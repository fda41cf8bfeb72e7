// The original server as a source of `hyperfleet import`.
import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../../config/schema.ts'
import { DocumentError } from '../../ops/original/document.ts'
import { type CopyReport, FleetCopy, UnsettledError } from '../../ops/original/fleet-copy.ts'
import { OriginalSource, SourceError } from '../../ops/original/source.ts'
import type { LeftOut } from '../../ops/original/translation.ts'
import { BASE_PATH } from '../../wire/paths.ts'
import { EXIT, FailedError } from '../command.ts'
import { createClient } from '../connection/client.ts'
import { tlsAdvice } from '../connection/server-address.ts'
import type { Target } from '../connection/target.ts'
import type { Surroundings } from '../folder/work.ts'
import { count, visible } from '../terminal/text.ts'
import type { ImportSource } from './source.ts'

/** Connections to the original. */
const CONNECTIONS = 8

export interface OriginalOptions {
  readonly target: Target
  readonly settings: Settings
  readonly acceptsChanges: boolean
}

export function originalSource(options: OriginalOptions): ImportSource {
  const target = withoutBasePath(options.target)
  let report: CopyReport | undefined
  return {
    called: target.url.href.replace(/\/$/, ''),
    part: 'record',
    async *lines(surroundings) {
      const copy = await readFleet({ ...options, target }, surroundings)
      report = copy.report
      yield* copy.lines()
    },
    account: () => (report === undefined ? [] : accountOf(report)),
  }
}

/** @throws FailedError with a message for the user */
async function readFleet(
  { target, settings, acceptsChanges }: OriginalOptions,
  { signal, onAdvance }: Surroundings,
): Promise<FleetCopy> {
  const client = createClient(target, CONNECTIONS)
  // The work of other connections ends with the first failure.
  const ended = new AbortController()
  const stop = AbortSignal.any([signal, ended.signal])
  signal.addEventListener('abort', client.close, { once: true })
  const source = new OriginalSource({
    address: target.url.href.replace(/\/$/, ''),
    hasToken: target.token !== undefined,
    get: path => {
      stop.throwIfAborted()
      return client.send('GET', path)
    },
    pause: ms => wait(ms, undefined, { signal: stop }),
  })
  const { compatibility, adapters } = settings
  const setting = {
    Cluster: { compatibility, required: adapters.required.cluster },
    NodePool: { compatibility, required: adapters.required.nodepool },
  }
  const copy = new FleetCopy(source, { setting, acceptsChanges, onAdvance })
  try {
    await copy.read()
    return copy
  } catch (error) {
    throw failureOf(error, target)
  } finally {
    ended.abort()
    signal.removeEventListener('abort', client.close)
    client.close()
  }
}

function failureOf(error: unknown, { url }: Target): unknown {
  const fail = (message: string, code: number) =>
    new FailedError(`${visible(message)}. Nothing was imported`, code, { cause: error })
  if (error instanceof SourceError) {
    const advice = tlsAdvice(error.cause, '--from')
    return fail(
      [error.message, ...(advice === undefined ? [] : [advice])].join('; '),
      EXIT_CODES[error.reason],
    )
  }
  if (error instanceof UnsettledError) return fail(error.message, EXIT.failed)
  if (error instanceof DocumentError)
    return fail(`the server at ${url.origin} is no original server: ${error.message}`, EXIT.failed)
  return error
}

const EXIT_CODES = {
  unreachable: EXIT.unreachable,
  unauthorised: EXIT.unauthorised,
  unexpected: EXIT.failed,
} as const satisfies Record<SourceError['reason'], number>

/** Users give the address with or without the base path. */
function withoutBasePath(target: Target): Target {
  const url = new URL(target.url)
  const path = url.pathname.replace(/\/+$/, '')
  url.pathname = path.endsWith(BASE_PATH) ? path.slice(0, -BASE_PATH.length) : path
  return { ...target, url }
}

/** Reasons why parts of a document are not taken over. */
const WHY: Readonly<Record<LeftOut, string>> = {
  tenancy: 'tenancy of %s not taken: this server keeps no tenants apart',
  references: 'references of %s not taken: resources here refer to no others',
  conditions: 'conditions of %s not taken that no adapter reported: this server has no rules for conditions',
  deleted_by: 'deletions of %s without an author: deleted_by is system@hyperfleet.local',
}

function accountOf({ passes, changed, removed, unsettled, leftOut, otherKinds }: CopyReport): string[] {
  const lines = [
    `read in ${passes} passes; ${count(changed)} changed and ${count(removed)} removed resources came after the first`,
  ]
  if (unsettled > 0)
    lines.push(
      `${resources(unsettled)} still changed during the last pass: later changes are missing. For an exact copy stop what writes ` +
        'to the original, and import again',
    )
  for (const [part, number] of leftOut) lines.push(WHY[part].replace('%s', resources(number)))
  for (const [kind, number] of otherKinds)
    lines.push(
      `${resources(number)} of kind ${visible(kind)} not taken: this server has clusters and nodepools`,
    )
  return lines
}

function resources(number: number): string {
  return `${count(number)} ${number === 1 ? 'resource' : 'resources'}`
}
