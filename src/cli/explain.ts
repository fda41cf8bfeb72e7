// `hyperfleet explain`: asks a running server how it answers a list, and shows the plan.
import type { QueryPlan, QueryStep } from '../api/service.ts'
import { type Command, EXIT, notGiven, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { type Machine, thisMachine } from './connection/machine.ts'
import { RefusedError } from './connection/refusal.ts'
import { readTarget, type Target } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments, readChoice } from './flags/flag-reader.ts'
import { listParameters, ORDER_FLAGS, SEARCH_FLAG, SELECTOR_FLAG } from './resources/list-flags.ts'
import { alignedTable, type TextColumn } from './terminal/table.ts'
import { count } from './terminal/text.ts'

const OUTPUTS = ['table', 'json'] as const

const FLAGS = [
  SEARCH_FLAG,
  SELECTOR_FLAG,
  ...ORDER_FLAGS,
  {
    name: 'output',
    short: 'o',
    value: 'table|json',
    meaning: "table, or the server's response as JSON",
    fallback: 'table',
    choices: OUTPUTS,
  },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const explain: Command = {
  help: () => `Usage: hyperfleet explain clusters|nodepools [flags]

Shows how a running server answers a list: each step with its index, the rows estimated, in and out, the records read one
by one, and the time.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet explain clusters --search "name like \'%x%\'"'],
    ['hyperfleet explain nodepools -l role=worker -o json'],
  ],
  flags: FLAGS,
  operands: [{ choices: ['clusters', 'nodepools'] }],
  async run(args, output) {
    const options = readOptions(args, thisMachine())
    const isJson = options.output === 'json'
    try {
      const plan = await withServer(options.target, api => readPlan(api, options))
      output.write(`${isJson ? JSON.stringify(plan, null, 2) : planText(plan)}\n`)
      return EXIT.ok
    } catch (error) {
      if (!isJson || !(error instanceof RefusedError)) throw error
      output.write(`${JSON.stringify(error.problem, null, 2)}\n`)
      return error.exitCode
    }
  },
}

async function readPlan(api: Api, { list, parameters }: ExplainOptions): Promise<QueryPlan> {
  const path = `/explain/${list}`
  const plan: unknown = api.json(path, await api.get(path, parameters))
  // Safe: the types come from the schemas that the server's responses follow (contract 1.3).
  if (typeof plan === 'object' && plan !== null && 'kind' in plan && plan.kind === 'QueryPlan')
    return plan as QueryPlan
  throw api.misshapen(path)
}

interface ExplainOptions {
  readonly list: 'clusters' | 'nodepools'
  readonly target: Target
  readonly output: (typeof OUTPUTS)[number]
  /** Query parameters of the list. The server validates their values. */
  readonly parameters: ReadonlyMap<string, string>
}

/** @throws UsageError that says what is wrong and what is allowed */
function readOptions(args: readonly string[], machine: Machine): ExplainOptions {
  const given = readArguments('explain', FLAGS, args)
  const [list, ...rest] = given.operands
  if ((list !== 'clusters' && list !== 'nodepools') || rest.length > 0)
    throw new UsageError(`explain takes one list, clusters or nodepools${notGiven(given.operands)}`)
  return {
    list,
    output: readChoice('output', given.text('output') ?? 'table', OUTPUTS),
    target: readTarget(given, machine),
    parameters: listParameters(given),
  }
}

/** The number of records read one by one from which a hint is printed. */
const MANY_RECORDS = 1000

const COLUMNS: readonly TextColumn[] = [
  { title: 'operation', align: 'left' },
  { title: 'index', align: 'left' },
  { title: 'estimated', align: 'right' },
  { title: 'in', align: 'right' },
  { title: 'out', align: 'right' },
  { title: 'scanned', align: 'right' },
  { title: 'time', align: 'right' },
]

/** Formats a plan: a table of its steps, the totals, and hints that would make the search cheaper. */
function planText(plan: QueryPlan): string {
  const order = plan.order.map(({ field, direction }) => `${field} ${direction}`).join(', ')
  const cache = plan.plan_cache === undefined ? '' : `, plan cache ${plan.plan_cache}`
  const found = `${count(plan.total)} found, ${count(plan.rows_scanned)} records scanned`
  return [
    `search: ${plan.search === '' ? '(none)' : oneLine(plan.search)}`,
    ...(plan.now === undefined ? [] : [`now:    ${plan.now}`]),
    `order:  ${order}`,
    '',
    alignedTable(
      COLUMNS,
      plan.steps.flatMap(step => stepRows(step, '', '')),
    ),
    '',
    `${found}, ${duration(plan.duration_us)}${cache}`,
    ...hints(plan),
  ].join('\n')
}

/** Replaces control characters with spaces: a query may contain line ends, and its strings any character. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}

/** Recursion is bounded: a plan is no deeper than its query. */
function stepRows(step: QueryStep, lead: string, below: string): string[][] {
  const row = [
    `${lead}${step.negated === true ? 'not ' : ''}${step.operation}`,
    step.index ?? (step.fields === undefined ? '' : `(${step.fields.join(', ')})`),
    ...[step.estimated_rows, step.rows_in, step.rows_out, step.rows_scanned].map(count),
    duration(step.duration_us),
  ]
  const steps = step.steps ?? []
  const rowsBelow = steps.flatMap((child, i) =>
    i === steps.length - 1
      ? stepRows(child, `${below}└ `, `${below}  `)
      : stepRows(child, `${below}├ `, `${below}│ `),
  )
  return [row, ...rowsBelow]
}

/** The search and the order need different remedies, so each has its own hint. */
function hints({ steps }: QueryPlan): string[] {
  const selected = sum(steps.filter(step => step.operation === 'selection').map(scanned))
  const filtered = sum(steps.map(scanned)) - selected
  const found = steps.flatMap(({ hint }) => (hint === undefined ? [] : [`hint: ${hint}`]))
  if (filtered >= MANY_RECORDS)
    found.push(
      `hint: no index covers this whole search: ${count(filtered)} records were read one by one; ` +
        'add an indexed predicate with "and" to read fewer',
    )
  if (selected >= MANY_RECORDS)
    found.push(`hint: no index provides this order: ${count(selected)} records were compared for the page`)
  return found
}

function scanned(step: QueryStep): number {
  return step.rows_scanned + sum((step.steps ?? []).map(scanned))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function duration(us: number): string {
  if (us < 1000) return `${us} µs`
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(1)} s`
}
