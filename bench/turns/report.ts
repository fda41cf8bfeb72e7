// The report of the longest turns.
import type { TurnsRun } from './measure.ts'
import type { TurnTimes } from './meter.ts'

export function turnsReport({ options, work }: TurnsRun, command: string, machine: string): string {
  const { clusters, nodepools, rounds } = options
  const rows = [...work].map(([name, times]) => rowOf(name, times))
  return `# The longest turns of the event loop

Written by \`${command}\` on ${machine}, over ${count(clusters)}
clusters and a cluster with ${count(nodepools)} nodepools, all with a report each, ${rounds === 1 ? 'once' : `${rounds} times`}. In process, without HTTP. A turn
is what the main thread does from one callback of \`setImmediate\` to the next, in processor time, with its garbage collections. *Longest* is
the longest turn of all rounds, and *without* the longest of those without a garbage collection. The other figures are medians of the rounds. The time of
*99 of 100* turns is not longer.

| work | turns | in all, ms | half of them, ms | 99 of 100, ms | longest, ms | without, ms | turns over 1 ms |
|---|---:|---:|---:|---:|---:|---:|---:|
${rows.join('\n')}
`
}

function rowOf(name: string, rounds: readonly TurnTimes[]): string {
  const ofRounds = (figure: (times: readonly number[]) => number) =>
    quantile(
      rounds.map(turns => figure(turns.map(({ ms }) => ms))),
      0.5,
    )
  const turns = rounds.flat()
  const cells = [
    count(ofRounds(times => times.length)),
    ofRounds(times => times.reduce((sum, each) => sum + each, 0)).toFixed(0),
    ofRounds(times => quantile(times, 0.5)).toFixed(2),
    ofRounds(times => quantile(times, 0.99)).toFixed(1),
    longest(turns).toFixed(1),
    longest(turns.filter(({ hasCollection }) => !hasCollection)).toFixed(1),
    count(ofRounds(times => times.filter(each => each > 1).length)),
  ]
  return `| ${name} | ${cells.join(' | ')} |`
}

function longest(turns: TurnTimes): number {
  return turns.reduce((most, { ms }) => Math.max(most, ms), 0)
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}
