// The report of a run as Markdown.
import type { Churn, Memory, Moment } from './measure.ts'

export interface ChurnRun {
  readonly churn: Churn
  readonly fresh: Memory
  readonly moments: readonly Moment[]
}

/** Most times what a fresh fleet costs. */
const WANTED = 1.2

/** The whole page. `machine` describes the machine. */
export function churnReport({ churn, fresh, moments }: ChurnRun, machine: string): string {
  const heads = moments.map(({ memory }) => `at ${count(memory.slots)} slots`)
  const memory = (name: string, read: (memory: Memory) => number, text: (value: number) => string) => {
    const values = moments.map(moment => read(moment.memory))
    return `| ${name} | ${text(read(fresh))} | ${values.map(value => `${text(value)} ${times(value / read(fresh))}`).join(' | ')} |`
  }
  const poll = (name: string) => {
    const cells = moments.map(({ polls }) => pollCell(polls[name] ?? [0, 0]))
    const [, freshUs = 0] = moments[0]?.polls[name] ?? []
    return `| ${name} | ${freshUs.toPrecision(3)} µs | ${cells.join(' | ')} |`
  }
  return `# A fleet after a churn

Written by \`npm run bench:churn\` on ${machine}.
${count(churn.changes)} clusters were created over ${count(churn.size)} that live, each in place of a random one that was removed. A fresh fleet of the
same ${count(churn.size)} is the base of the ratios. Wanted are at most ${times(WANTED)} for polls and for memory.

Holes grow until they are a third as many as the clusters. So two moments are shown: the average and the most.

| poll, memory | fresh | ${heads.join(' | ')} |
|---|---:|${heads.map(() => '---:|').join('')}
${Object.keys(moments[0]?.polls ?? {})
  .map(poll)
  .join('\n')}
${memory('memory of the fleet', each => each.usedBytes, megabytes)}
${memory('linear memory of its indexes', each => each.linearBytes, megabytes)}

Polls take the first 20. They alternate with those of the fresh fleet in one process; a time is the tenth percentile. Memory is the growth of
heap and buffers since before the fleet, after a collection of garbage, and the linear memory of the indexes.
`
}

function pollCell([churnedUs, freshUs]: readonly [number, number]): string {
  return `${churnedUs.toPrecision(3)} µs ${times(churnedUs / freshUs)}`
}

function times(ratio: number): string {
  return `×${ratio.toFixed(2)}`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
