// The report of several servers.
import type { ClusterRun } from './measure.ts'
import type { Rate } from './throughput.ts'

export function clusterReport(run: ClusterRun, command: string, machine: string): string {
  const { options, reads, reports, killedMs, stoppedMs } = run
  const { clusters, span } = options
  return `# Several servers

Written by \`${command}\` on ${machine}, over ${count(clusters)} clusters. The servers, PostgreSQL 15 on its defaults
with its disk, and the client share these cores, so several servers cannot be faster here than one: on machines of their own each adds what it can do alone. The figure that carries over is
*processor time*, of all servers together for one request, without the database and the client.

## Without acknowledged writes after the end of the writer

Three servers; a client writes through each of the two that stay, and tries again after 10 ms. The longest time between two writes that were acknowledged.

| end of the writer | times | median, s | worst, s |
|---|---:|---:|---:|
${rowOfTimes('killed (`kill -9`)', killedMs)}
${rowOfTimes('stopped in order', stoppedMs)}

## Reads

\`GET /clusters/{id}\` over ${span.connections} connections in all, with \`cluster.reads=any\`.

| servers | reads a second | processor time of one, µs |
|---|---:|---:|
${reads.map((rate, i) => rowOfRate(String(i + 1), rate)).join('\n')}

## Reports

\`POST /clusters/{id}/statuses\` over ${span.connections} connections in all, each acknowledged when it is durable.

| servers and journal | reports a second | processor time of one, µs |
|---|---:|---:|
${[...reports].map(([name, rate]) => rowOfRate(name, rate)).join('\n')}
`
}

function rowOfTimes(name: string, times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const seconds = (ms = 0) => (ms / 1000).toFixed(2)
  return `| ${name} | ${times.length} | ${seconds(sorted[Math.floor((times.length - 1) / 2)])} | ${seconds(sorted.at(-1))} |`
}

function rowOfRate(name: string, { perSecond, cpuUs }: Rate): string {
  return `| ${name} | ${count(perSecond)} | ${count(cpuUs)} |`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
