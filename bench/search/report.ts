// The report of a run as Markdown.
import { type Bar, barsOf, timesFaster } from './bars.ts'
import type { SearchRun, Table } from './measure.ts'

/** The whole page. `machine` describes the machine. */
export function reportOf(run: SearchRun, machine: string): string {
  return `# What a search costs

Written by \`npm run bench:search -- --long\` on ${machine}.

A duration is the median in microseconds (tinybench, p50). ×2.0 behind a number is what it is of the number to its left. The
sample fleet stands in \`bench/micro/sample-fleet.ts\`: a cluster has eight labels and four conditions, and a hundred of all
clusters, evenly spread, are not ready, another hundred stale.

## What it is held to

Over ${count(run.sizes.at(-1) ?? 0)} clusters; the bars are set for a million.

${barTable(barsOf(run))}

## Searches

From the text of the query to the first page of 20, or to a page at 99 % of the matches. *Row by row* is the slow evaluator
over ${count(run.sizes.at(-1) ?? 0)} clusters, *faster* how many times longer it takes. The queries stand in \`bench/search/queries.ts\`.

${searchTable(run)}

## Memory

Bytes of each index for a cluster.

${growthTable('index', run.sizes, run.memory)}

## Updates

What keeping all indexes adds to one write.

${growthTable('write', run.sizes, run.updates)}

## Planning

What comes before the indexes are asked; its cost does not know the fleet.

${table(
  ['step', 'duration'],
  [...run.planning].map(([name, us]) => [name, number(us)]),
)}

## Kernels

In WebAssembly and in plain TypeScript, over a million slots unless a row says otherwise.

${kernelTable(run.kernels)}
`
}

function barTable(bars: readonly Bar[]): string {
  return table(
    ['bar', 'wanted', 'measured', 'holds'],
    bars.map(({ name, wanted, measured, holds }) => [name, wanted, measured, holds ? 'yes' : '**no**']),
  )
}

function searchTable(run: SearchRun): string {
  const rows = [...run.searches].map(([name, durations]) => [
    name,
    ...withGrowth(durations),
    number(run.rowByRow.get(name) ?? 0),
    times(timesFaster(run, name)),
  ])
  return table(['search', ...run.sizes.map(count), 'row by row', 'faster'], rows)
}

function growthTable(head: string, sizes: readonly number[], numbers: Table): string {
  const rows = [...numbers].map(([name, values]) => [name, ...withGrowth(values)])
  return table([head, ...sizes.map(count)], rows)
}

function kernelTable(kernels: Table): string {
  const rows = [...kernels].map(([name, [wasm = 0, plain = 0]]) => [
    name,
    number(wasm),
    number(plain),
    times(plain / wasm),
  ])
  return table(['kernel', 'WebAssembly', 'TypeScript', 'faster'], rows)
}

/** Each number, with its ratio to the one before. */
function withGrowth(values: readonly number[]): string[] {
  return values.map((value, i) => {
    const before = values[i - 1]
    return before === undefined ? number(value) : `${number(value)} ${times(value / before)}`
  })
}

/** Three significant digits, or all before the decimal point. */
function number(value: number): string {
  return value >= 100 ? count(Math.round(value)) : value.toPrecision(3)
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function times(factor: number): string {
  return `×${factor < 100 ? factor.toFixed(1) : count(Math.round(factor))}`
}

/** All columns but the first hold numbers. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
