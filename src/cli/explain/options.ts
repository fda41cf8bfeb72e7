// The command line of `hyperfleet explain`.
import { UsageError } from '../command.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import type { Machine } from '../connection/machine.ts'
import { readTarget, type Target } from '../connection/target.ts'
import type { Flag } from '../flags/flag.ts'
import { readArguments, readChoice } from '../flags/flag-reader.ts'
import { listParameters, ORDER_FLAGS, SEARCH_FLAG, SELECTOR_FLAG } from '../resources/list-flags.ts'

const OUTPUTS = ['table', 'json'] as const

export interface ExplainOptions {
  readonly list: 'clusters' | 'nodepools'
  readonly target: Target
  readonly output: (typeof OUTPUTS)[number]
  /** Parameters of the list, by their names on the wire; what they hold is for the server to judge. */
  readonly parameters: ReadonlyMap<string, string>
}

export const EXPLAIN_FLAGS = [
  SEARCH_FLAG,
  SELECTOR_FLAG,
  ...ORDER_FLAGS,
  {
    name: 'output',
    short: 'o',
    value: 'table|json',
    meaning: "table, or the server's own answer",
    fallback: 'table',
    choices: OUTPUTS,
  },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

/** @throws UsageError that says what is wrong and what is allowed */
export function parseOptions(args: readonly string[], machine: Machine): ExplainOptions {
  const given = readArguments('explain', EXPLAIN_FLAGS, args)
  const [list, ...rest] = given.operands
  if ((list !== 'clusters' && list !== 'nodepools') || rest.length > 0)
    throw new UsageError(`explain takes one list, clusters or nodepools, not '${given.operands.join(' ')}'`)
  return {
    list,
    output: readChoice('output', given.text('output') ?? 'table', OUTPUTS),
    target: readTarget(given, machine),
    parameters: listParameters(given),
  }
}
