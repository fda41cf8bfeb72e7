// The whole report as Markdown: first the bars, then the tables.
import { inWords } from '../../machine.ts'
import { type Bar, barsOf, type Sizes, verdictOf } from '../bars.ts'
import type { Results } from '../results.ts'
import { fairnessParts, mixedDayParts, pausesParts } from './day.ts'
import { decimals, percent, spread, table, whole } from './format.ts'
import { memoryParts, startParts } from './memory.ts'
import { watchesParts } from './watches.ts'
import { garbageParts, logCostParts, workloadParts } from './workloads.ts'

/** The whole of `bench/results/load.md`. */
export function loadReport(results: Results, sizes: Sizes): string {
  const parts = [
    '# Load',
    introduction(results),
    '## Bars',
    table(['bar', 'must', 'aim', 'measured', 'holds'], barsOf(results, sizes).map(barRow)),
    ...workloadParts(results.rows),
    ...garbageParts(results.garbage),
    ...logCostParts(results.logCost),
    ...watchesParts(results.watches),
    ...mixedDayParts(results.mixedDay),
    ...pausesParts(results.pauses),
    ...fairnessParts(results.fairness),
    ...memoryParts(results.memory),
    ...startParts(results.start),
  ]
  return `${parts.join('\n\n')}\n`
}

function introduction({ machine, measuredAt, rounds, client }: Results): string {
  const lines = [
    `Written by \`npm run bench:load\` on ${inWords(machine)}, on ${measuredAt.slice(0, 10)}.`,
    `Over loopback, server and client on the same machine. Medians of ${rounds} rounds that alternate between the server ` +
      'and its ceilings, with the least and the most in brackets.',
  ]
  if (client !== undefined)
    lines.push(
      `The client reaches ${spread(client.perSecond, whole)} requests a second against a bare server that answers two bytes ` +
        `(client ${percent(client.clientBusy.median)} busy, server ${percent(client.serverBusy.median)}).`,
    )
  return lines.join('\n')
}

const VERDICTS = { aim: 'the aim', must: 'yes', missed: '**no**' }

function barRow(bar: Bar): string[] {
  const { name, bound, must, aim, unit, value } = bar
  const verdict = verdictOf(bar)
  return [
    name,
    `${bound} ${must}${unit}`,
    `${aim}${unit}`,
    value === undefined ? 'not measured' : `${decimals(value)}${unit}`,
    verdict === undefined ? '' : VERDICTS[verdict],
  ]
}
