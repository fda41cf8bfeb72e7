// The command line of `hyperfleet explain`.
import { parseArgs } from 'node:util'
import { UsageError } from '../command.ts'
import { DEFAULT_SERVER, readServer } from '../server-address.ts'

export interface ExplainOptions {
  readonly list: 'clusters' | 'nodepools'
  readonly server: URL
  readonly output: 'table' | 'json'
  /** Parameters of the list, by their names on the wire; what they hold is for the server to judge. */
  readonly parameters: ReadonlyMap<'search' | 'orderBy' | 'order', string>
}

const FLAGS = {
  server: { type: 'string', default: DEFAULT_SERVER },
  search: { type: 'string' },
  'order-by': { type: 'string' },
  order: { type: 'string' },
  output: { type: 'string', short: 'o', default: 'table' },
} as const

export const EXPLAIN_HELP = `Usage: hyperfleet explain clusters|nodepools [flags]

Asks a running server how it answers a list: step by step with the index used, the rows expected, taken in and given
out, the records read one by one, and the time.

  --search QUERY     the search of the list (default none)
  --order-by FIELDS  its orderBy, such as 'name desc, id' (default created_time desc)
  --order asc|desc   the direction of fields that name none
  --server URL       address of the server (default ${DEFAULT_SERVER})
  -o, --output FORM  table, or json for the server's own answer (default table)`

/** @throws UsageError that says what is wrong and what is allowed */
export function parseOptions(args: readonly string[]): ExplainOptions {
  const { values, positionals } = readFlags(args)
  const [list, ...rest] = positionals
  if ((list !== 'clusters' && list !== 'nodepools') || rest.length > 0)
    throw new UsageError(`explain takes one list, clusters or nodepools, not '${positionals.join(' ')}'`)
  const { output } = values
  if (output !== 'table' && output !== 'json')
    throw new UsageError(`--output is '${output}': must be table or json`)
  const parameters = new Map<'search' | 'orderBy' | 'order', string>()
  if (values.search !== undefined) parameters.set('search', values.search)
  if (values['order-by'] !== undefined) parameters.set('orderBy', values['order-by'])
  if (values.order !== undefined) parameters.set('order', values.order)
  return { list, server: readServer(values.server), output, parameters }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
