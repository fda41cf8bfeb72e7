// `hyperfleet explain`: asks a running server how it answers a list, and shows the plan.
import type { QueryPlan } from '../api/service.ts'
import { type Command, EXIT } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { thisMachine } from './connection/machine.ts'
import { RefusedError } from './connection/refusal.ts'
import { EXPLAIN_FLAGS, type ExplainOptions, parseOptions } from './explain/options.ts'
import { planText } from './explain/plan-text.ts'
import { flagLines } from './flags/flag.ts'

export const explain: Command = {
  help: () => `Usage: hyperfleet explain clusters|nodepools [flags]

Asks a running server how it answers a list: step by step with the index used, the rows expected, taken in and given
out, the records read one by one, and the time.

${flagLines(EXPLAIN_FLAGS)}`,
  examples: [
    ['hyperfleet explain clusters --search "name like \'%x%\'"'],
    ['hyperfleet explain nodepools -l role=worker -o json'],
  ],
  flags: EXPLAIN_FLAGS,
  operands: [{ choices: ['clusters', 'nodepools'] }],
  async run(args, output) {
    const options = parseOptions(args, thisMachine())
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
  // The server holds its answers to the schemas that these types are made from (contract 1.3).
  if (typeof plan === 'object' && plan !== null && 'kind' in plan && plan.kind === 'QueryPlan')
    return plan as QueryPlan
  throw api.misshapen(path)
}
