// `hyperfleet count`: counts everything that a search matches by the values of fields, as tables with bars on a terminal.
import type { Facet, Facets } from '../api/facets.ts'
import { type Command, EXIT } from './command.ts'
import { withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { jsonText } from './documents/print.ts'
import { readTree } from './documents/tree.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments, readChoice } from './flags/flag-reader.ts'
import { readSearchedList, SEARCH_FLAG, SEARCHED_LISTS, SELECTOR_FLAG } from './resources/list-flags.ts'
import { findCluster } from './resources/lookup.ts'
import { type Screen, screenOf } from './terminal/screen.ts'
import { cutTo, displayWidth } from './terminal/table.ts'
import { count as formatted, visible } from './terminal/text.ts'

const OUTPUTS = ['table', 'json'] as const
const LONGEST_BAR = 40
const LONGEST_VALUE = 40

const COUNT_FLAGS = [
  {
    name: 'by',
    value: 'FIELDS',
    meaning: "the fields, such as 'labels.region,status.conditions.Ready,created_time'",
    completes: 'counted',
  },
  {
    name: 'cluster',
    value: 'CLUSTER',
    meaning: 'only nodepools of this cluster, by name or id',
    completes: 'clusters',
  },
  SEARCH_FLAG,
  SELECTOR_FLAG,
  { name: 'limit', value: 'N', meaning: 'the most values of a field', fallback: '20' },
  {
    name: 'buckets',
    value: 'DURATIONS',
    meaning: 'bounds of times before now',
    fallback: '1m,5m,30m,2h,1d,7d',
  },
  {
    name: 'output',
    short: 'o',
    value: 'FORM',
    meaning: 'table or json',
    fallback: 'table',
    choices: OUTPUTS,
  },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const count: Command = {
  help: () => `Usage: hyperfleet count clusters [--by FIELDS] [flags]
       hyperfleet count nodepools [--cluster CLUSTER] [--by FIELDS] [flags]

Prints tables with bars on a terminal. A pipe gets tab-separated lines: the field, the value and the count.

${flagLines(COUNT_FLAGS)}`,
  examples: [
    ['hyperfleet count clusters --by labels.region,status.conditions.Ready'],
    ['hyperfleet count clusters --by labels.region --search "status.conditions.Ready = \'False\'" -o json'],
  ],
  flags: COUNT_FLAGS,
  operands: [{ choices: SEARCHED_LISTS }],
  async run(args, output) {
    const given = readArguments('count', COUNT_FLAGS, args)
    const { list, cluster, parameters } = readSearchedList('count', given)
    const form = readChoice('output', given.text('output') ?? 'table', OUTPUTS)
    for (const name of ['by', 'limit', 'buckets'] as const) {
      const value = given.text(name)
      if (value !== undefined) parameters.set(name, value)
    }
    const screen = screenOf(output)
    return withServer(readTarget(given, thisMachine()), async api => {
      const owner = cluster === undefined ? '' : `/clusters/${(await findCluster(api, cluster)).value.id}`
      const path = `${owner}/facets/${list}`
      const success = await api.get(path, parameters)
      const answer = api.json(path, success)
      if (!isFacets(answer)) throw api.misshapen(path)
      if (form === 'json') screen.write(`${jsonText(readTree(success.text))}\n`)
      else screen.write(screen.isTerminal ? tables(answer, list, screen) : plainLines(answer))
      return EXIT.ok
    })
  },
}

function isFacets(value: unknown): value is Facets {
  return (
    typeof value === 'object' &&
    value !== null &&
    'total' in value &&
    'facets' in value &&
    Array.isArray(value.facets)
  )
}

type Row = readonly [value: string, count: number]

function rowsOf({ values, others, buckets, missing }: Facet): Row[] {
  const rows: Row[] = [
    ...(values ?? []).map(({ value, count }): Row => [value === '' ? "''" : value, count]),
    ...(buckets ?? []).map(({ from, to, count }): Row => [`${from ?? ''}..${to ?? ''}`, count]),
  ]
  if (others !== undefined && others > 0) rows.push(['(others)', others])
  if (missing > 0) rows.push(['(missing)', missing])
  return rows
}

function plainLines({ total, facets }: Facets): string {
  const lines = facets.flatMap(facet =>
    rowsOf(facet).map(([value, count]) => `${visible(facet.field)}\t${visible(value)}\t${count}\n`),
  )
  return `total\t\t${total}\n${lines.join('')}`
}

/** The tables for a terminal. No line is longer than the terminal is wide, unless the numbers alone are. */
export function tables({ total, facets }: Facets, list: string, screen: Pick<Screen, 'size'>): string {
  const { columns } = screen.size()
  const parts = facets.map(facet => {
    const lines = [cutTo(visible(facet.field), columns), ...tableLines(facet, total, columns)]
    return `\n${lines.join('\n')}\n`
  })
  return `${cutTo(`${formatted(total)} ${list}`, columns)}\n${parts.join('')}`
}

const INDENT = '  '
const BETWEEN = '  '
const PERCENT_WIDTH = 5
const SHORTEST_VALUE = 4
const SHORTEST_BAR = 4

/** A narrow terminal first has no bars, then no percentages, then shorter values. */
function tableLines(facet: Facet, total: number, columns: number): string[] {
  const rows = rowsOf(facet).map(([value, count]): Row => [cutTo(visible(value), LONGEST_VALUE), count])
  const digits = Math.max(0, ...rows.map(([, count]) => formatted(count).length))
  const longest = Math.max(0, ...rows.map(([value]) => displayWidth(value)))
  const numbers = INDENT.length + BETWEEN.length + digits
  const percent = BETWEEN.length + PERCENT_WIDTH
  const hasPercent = longest + numbers + percent <= columns
  const width = Math.min(longest, Math.max(SHORTEST_VALUE, columns - numbers - (hasPercent ? percent : 0)))
  const room = Math.min(LONGEST_BAR, columns - width - numbers - percent - BETWEEN.length)
  return rows.map(([value, count]) => {
    const share = total === 0 ? 0 : count / total
    const shown = cutTo(value, width)
    const cells = [shown + ' '.repeat(width - displayWidth(shown)), formatted(count).padStart(digits)]
    if (hasPercent) cells.push(percentText(share).padStart(PERCENT_WIDTH))
    if (hasPercent && room >= SHORTEST_BAR) cells.push('█'.repeat(Math.round(share * room)))
    return (INDENT + cells.join(BETWEEN)).trimEnd()
  })
}

/** A small share is not nothing, and a large one not everything. */
function percentText(share: number): string {
  const rounded = Math.round(share * 100)
  if (share > 0 && rounded === 0) return '<1 %'
  return rounded === 100 && share < 1 ? '>99 %' : `${rounded} %`
}
