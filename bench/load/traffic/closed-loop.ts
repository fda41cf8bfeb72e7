// Throughput: every connection sends its next request as soon as the previous one is answered.
import { setTimeout as wait } from 'node:timers/promises'
import type { Host } from '../host.ts'
import type { Address } from './connection.ts'
import { Crowd } from './crowd.ts'
import type { RequestSource } from './requests.ts'

export interface Load {
  readonly connections: number
  readonly source: RequestSource
  /** Expected status of every answer; another one ends the measurement with an error. */
  readonly status: number
}

export interface Span {
  readonly warmupMs: number
  readonly durationMs: number
}

export interface Throughput {
  readonly perSecond: number
  /** Processor time of all the server's threads for one request, in microseconds: user and system together, and each. */
  readonly cpuUs: number
  readonly userUs: number
  readonly systemUs: number
  /** Processor time of the server and of the client divided by elapsed time. */
  readonly serverBusy: number
  readonly clientBusy: number
}

/** Requests that were answered in a period, between two looks at something else. */
export interface ClosedLoop<Look> {
  readonly requests: number
  readonly passedMs: number
  readonly from: Look
  readonly to: Look
}

export async function measureThroughput(host: Host, load: Load, span: Span): Promise<Throughput> {
  const look = () => ({ server: host.processorTime, client: ownProcessorMs() })
  const { requests, passedMs, from, to } = await runClosedLoop(host, load, span, look)
  const userMs = to.server.userMs - from.server.userMs
  const systemMs = to.server.systemMs - from.server.systemMs
  const perRequestUs = (ms: number) => (1000 * ms) / requests
  return {
    perSecond: (1000 * requests) / passedMs,
    cpuUs: perRequestUs(userMs + systemMs),
    userUs: perRequestUs(userMs),
    systemUs: perRequestUs(systemMs),
    serverBusy: (userMs + systemMs) / passedMs,
    clientBusy: (to.client - from.client) / passedMs,
  }
}

/** Sends requests for so long. Returns how many were answered. */
export async function keepBusy(address: Address, load: Load, durationMs: number): Promise<number> {
  const { requests } = await runClosedLoop(address, load, { warmupMs: 0, durationMs }, () => undefined)
  return requests
}

/** @param look called at the start and at the end of the period */
export async function runClosedLoop<Look>(
  address: Address,
  { connections, source, status }: Load,
  { warmupMs, durationMs }: Span,
  look: () => Look | Promise<Look>,
): Promise<ClosedLoop<Look>> {
  const crowd = await Crowd.open(address, connections, status)
  let isOver = false
  let answered = 0
  for (const connection of crowd.connections) {
    crowd.onAnswer(connection, () => {
      answered += 1
      if (isOver) crowd.rest(connection)
      else crowd.send(connection, source.next())
    })
    crowd.send(connection, source.next())
  }
  const lookNow = async () => ({ look: await look(), answered, ms: performance.now() })
  try {
    await crowd.during(wait(warmupMs))
    const from = await crowd.during(lookNow())
    await crowd.during(wait(durationMs))
    const to = await crowd.during(lookNow())
    isOver = true
    await crowd.resting()
    const [requests, passedMs] = [to.answered - from.answered, to.ms - from.ms]
    return { requests, passedMs, from: from.look, to: to.look }
  } finally {
    crowd.close()
  }
}

function ownProcessorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
