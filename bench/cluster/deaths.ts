// The time in which no write is acknowledged after the end of the writer, as clients of the other servers see it.

import type { ClusterServer } from '../../test/harness/cluster.ts'
import { CLUSTERS_PATH } from '../load/workloads.ts'
import type { MeasuredServers } from './servers.ts'

/** A client that gets no answer, or is refused, tries again after so long. */
const RETRY_MS = 10
/** Time in which writes are acknowledged before the end. */
const BEFORE_MS = 500
/** Times without a writer that last longer are a fault. */
const LONGEST_MS = 60_000

export type Ending = 'kill' | 'stop'

/**
 * Ends the writer, and resolves with the longest time between two writes that were acknowledged one after the other, in milliseconds. Starts the
 * server again.
 */
export async function timeWithoutWrites(cluster: MeasuredServers, ending: Ending): Promise<number> {
  const writer = await cluster.writer()
  const others = cluster.servers.filter(server => server !== writer)
  const clients = others.map(server => new WritingClient(server))
  const running = clients.map(client => client.run())
  await pause(BEFORE_MS)
  const endedMs = performance.now()
  const ended = ending === 'kill' ? writer.kill() : writer.stop()
  while (!clients.some(({ hasWrittenAfter }) => hasWrittenAfter(endedMs + 1))) {
    if (performance.now() > endedMs + LONGEST_MS) throw new Error('no server took over')
    await pause(RETRY_MS)
  }
  await ended
  // An orderly stop acknowledges some writes more before the writer resigns.
  await cluster.writer()
  await pause(BEFORE_MS)
  for (const client of clients) client.stop()
  await Promise.all(running)
  await writer.start()
  const times = clients.flatMap(({ acknowledgedMs }) => acknowledgedMs).toSorted((a, b) => a - b)
  return times.reduce((longest, ms, i) => Math.max(longest, ms - (times[i - 1] ?? ms)), 0)
}

/** Writes through one server, one after the other. */
class WritingClient {
  readonly #origin: string
  readonly #name: string
  readonly acknowledgedMs: number[] = []
  #isStopped = false

  constructor(server: ClusterServer) {
    this.#origin = server.origin
    this.#name = `w-${Math.random().toString(36).slice(2, 10)}`
  }

  readonly hasWrittenAfter = (ms: number): boolean => (this.acknowledgedMs.at(-1) ?? 0) > ms

  stop(): void {
    this.#isStopped = true
  }

  async run(): Promise<void> {
    for (let n = 0; !this.#isStopped; n++) {
      const body = JSON.stringify({ kind: 'Cluster', name: `${this.#name}-${n}`, spec: {} })
      const headers = { 'content-type': 'application/json' }
      const status = await fetch(`${this.#origin}${CLUSTERS_PATH}`, { method: 'POST', headers, body }).then(
        async answer => {
          await answer.arrayBuffer()
          return answer.status
        },
        () => 0,
      )
      if (status === 201) this.acknowledgedMs.push(performance.now())
      else await pause(RETRY_MS)
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
