// Requests a second with several servers, and the processor time that one takes. The client is on the same machine.
import { REPORT_TIME, wellBody } from '../load/fleet.ts'
import { runClosedLoop } from '../load/traffic/closed-loop.ts'
import { getRequest, inTurn, postRequest, type RequestSource } from '../load/traffic/requests.ts'
import { CLUSTERS_PATH } from '../load/workloads.ts'
import { processorMs } from './servers.ts'

export interface Rate {
  readonly perSecond: number
  /** Processor time of all servers for one request, without the database, in microseconds. */
  readonly cpuUs: number
}

export interface Span {
  readonly connections: number
  readonly warmupMs: number
  readonly durationMs: number
}

export function readsOf(ids: readonly string[]): RequestSource {
  return inTurn(ids.map(id => getRequest(`${CLUSTERS_PATH}/${id}`)))
}

/** One source for all reports of a fleet, so that their times never go back. */
export function reportsOn(ids: readonly string[]): RequestSource {
  return inTurn(
    ids.map((id, number) => postRequest(`${CLUSTERS_PATH}/${id}/statuses`, wellBody(number, 0, REPORT_TIME))),
  )
}

/**
 * Sends requests to some of the servers, to each over its own connections, as soon as the one before is answered.
 * @param pids all servers that work for it
 */
export async function rateOf(
  origins: readonly string[],
  pids: readonly number[],
  source: RequestSource,
  status: number,
  { connections, warmupMs, durationMs }: Span,
): Promise<Rate> {
  const loops = await Promise.all(
    origins.map(origin => {
      const load = { connections: Math.max(1, Math.floor(connections / origins.length)), source, status }
      const address = { port: Number(new URL(origin).port) }
      return runClosedLoop(address, load, { warmupMs, durationMs }, () => processorMs(pids))
    }),
  )
  const requests = loops.reduce((sum, loop) => sum + loop.requests, 0)
  const cpuMs = loops.reduce((sum, { from, to }) => sum + to - from, 0) / loops.length
  const perSecond = loops.reduce((sum, loop) => sum + (1000 * loop.requests) / loop.passedMs, 0)
  return { perSecond, cpuUs: (1000 * cpuMs) / requests }
}
