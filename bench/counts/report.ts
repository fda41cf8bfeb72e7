// The report of a run as Markdown.
import { barsOf, milliseconds } from './bars.ts'
import type { CountsRun, Measured } from './measure.ts'

/** The whole page. `machine` describes the machine. */
export function reportOf(run: CountsRun, machine: string): string {
  const [names] = run.scans
  return `# What a count costs, and a scan of the spec

Written by \`npm run bench:counts -- --long\` on ${machine}.

Median processor time of one request, without HTTP, in one slice. The fleets are in \`bench/counts/fleets.ts\`.

## Bars

${table(
  ['bar', 'wanted', 'measured', 'holds'],
  barsOf(run).map(({ name, wanted, measured, holds }) => [name, wanted, measured, holds ? 'yes' : '**no**']),
)}

## Counts

Over ${number(run.counted)} clusters.

${table(
  ['count', 'milliseconds'],
  run.counts.map(({ name, ms }) => [name, milliseconds(ms)]),
)}

## Scans

No index answers these searches. Over ${number(run.scanned)} clusters with specs of ${number(run.specBytes)} bytes.

${table(
  ['scan for', 'milliseconds', 'of names'],
  run.scans.map(({ name, ms }: Measured) => [
    name,
    milliseconds(ms),
    `×${(ms / (names?.ms ?? Number.NaN)).toFixed(1)}`,
  ]),
)}
`
}

function number(value: number): string {
  return value.toLocaleString('en')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
