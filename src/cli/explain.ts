// `hyperfleet explain`: asks a running server how it answers a list, and shows the plan.
import type { QueryPlan } from '../api/service.ts'
import { type Answer, createClient } from './client.ts'
import { type Command, EXIT } from './command.ts'
import { EXPLAIN_HELP, type ExplainOptions, parseOptions } from './explain/options.ts'
import { planText } from './explain/plan-text.ts'
import { type Refusal, refusalText } from './explain/refusal-text.ts'
import { noHyperfleet, unreachable } from './server-address.ts'

export const explain: Command = {
  name: 'explain',
  summary: 'show how a running server answers a search',
  help: () => EXPLAIN_HELP,
  async run(args) {
    const options = parseOptions(args)
    const path = `/api/hyperfleet/v1/explain/${options.list}`
    const answer = await ask(options, path)
    const said = readAnswer(answer)
    if (said === undefined) throw new Error(noHyperfleet(options.server, path, answer.status))
    const isPlan = said.kind === 'plan'
    const print = isPlan ? console.log : console.error
    if (options.output === 'json') console.log(JSON.stringify(isPlan ? said.plan : said.refusal, null, 2))
    else print(isPlan ? planText(said.plan) : refused(options, said.refusal))
    return isPlan ? EXIT.ok : EXIT.failed
  },
}

async function ask({ server, parameters }: ExplainOptions, path: string): Promise<Answer> {
  const client = createClient(server, 1)
  const query = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  try {
    return await client.send('GET', query === '' ? path : `${path}?${query}`)
  } catch (error) {
    throw new Error(unreachable(server, error), { cause: error })
  } finally {
    client.close()
  }
}

type Said =
  | { readonly kind: 'plan'; readonly plan: QueryPlan }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }

/** The answer as what it says of itself; undefined when no HyperFleet server speaks so. */
function readAnswer({ status, body }: Answer): Said | undefined {
  const json = parsed(body)
  if (typeof json !== 'object' || json === null) return undefined
  // The server holds its answers to the schemas that these types are made from (contract 1.3).
  if (status === 200 && 'kind' in json && json.kind === 'QueryPlan')
    return { kind: 'plan', plan: json as QueryPlan }
  if ('code' in json && 'detail' in json) return { kind: 'refusal', refusal: json as Refusal }
  return undefined
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

function refused({ parameters }: ExplainOptions, refusal: Refusal): string {
  return `hyperfleet: the server refuses: ${refusalText(refusal, parameters.get('search') ?? '')}`
}
