// Throughput: every connection sends its next request as soon as the previous one is answered.
import { setTimeout as wait } from 'node:timers/promises'
import type { Host } from '../host.ts'
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
  /** CPU time of all the server's threads for one request, in microseconds. */
  readonly cpuUs: number
  /** CPU time of the server and of the client divided by elapsed time. */
  readonly serverBusy: number
  readonly clientBusy: number
}

export async function measureThroughput(
  host: Host,
  { connections, source, status }: Load,
  { warmupMs, durationMs }: Span,
): Promise<Throughput> {
  const crowd = await Crowd.open(host.port, connections, status)
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
  const look = async () => ({ ...(await host.usage()), answered, ms: performance.now(), own: ownCpuMs() })
  await crowd.during(wait(warmupMs))
  const from = await crowd.during(look())
  await crowd.during(wait(durationMs))
  const to = await crowd.during(look())
  isOver = true
  await crowd.resting()
  crowd.close()
  const [passedMs, cpuMs] = [to.ms - from.ms, to.cpuMs - from.cpuMs]
  const requests = to.answered - from.answered
  return {
    perSecond: (1000 * requests) / passedMs,
    cpuUs: (1000 * cpuMs) / requests,
    serverBusy: cpuMs / passedMs,
    clientBusy: (to.own - from.own) / passedMs,
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
