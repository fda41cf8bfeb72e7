// `hyperfleet get`: lists clusters, nodepools or statuses of a running server.
import { type Command, EXIT } from '../command.ts'
import { type Api, withServer } from '../connection/api.ts'
import { thisMachine } from '../connection/machine.ts'
import { flagLines } from '../flags/flag.ts'
import { KIND_HELP, PLURALS } from '../resources/kind.ts'
import type { Output } from '../terminal/output.ts'
import { type Screen, screenOf } from '../terminal/screen.ts'
import { stopped } from '../terminal/signals.ts'
import { followEvents } from './events.ts'
import { look } from './look.ts'
import { GET_FLAGS, type GetOptions, readGetOptions } from './options.ts'
import { answerText, isTable } from './print.ts'
import { isRedrawn, watchLooks } from './watch.ts'

export const get: Command = {
  help: () => `Usage: hyperfleet get clusters [NAME|ID]... [flags]
       hyperfleet get nodepools [NAME|ID|CLUSTER/NAME]... [--cluster CLUSTER] [flags]
       hyperfleet get statuses [ADAPTER]... --cluster CLUSTER [--nodepool NODEPOOL] [flags]

Types have other names: ${KIND_HELP}. TYPE/NAME is accepted, too.
Prints a table on a terminal. A pipe gets tab-separated lines below the titles, with times instead of ages.

--fields and -o custom-columns show fields by their paths: name, labels.region, spec.nodes.count, status.conditions.Ready (its status),
status.conditions.Ready.message. The server answers only these. -o jsonpath takes text with paths in braces, as kubectl does.

${flagLines(GET_FLAGS)}`,
  examples: [
    ['hyperfleet get clusters'],
    ["hyperfleet get clusters -l 'environment in (staging, production),!retired' -o wide"],
    ['hyperfleet get clusters --search "status.conditions.Ready = \'False\'" --watch'],
    ['hyperfleet get clusters --fields name,labels.region,status.conditions.Ready'],
    [
      'hyperfleet get clusters -o custom-columns=NAME:.name,REGION:.spec.region,WHY:.status.conditions.Ready.reason',
    ],
    [`hyperfleet get clusters -o jsonpath='{range .items[*]}{.name}{"\\t"}{.generation}{"\\n"}{end}'`],
    ['hyperfleet get nodepools --cluster my-cluster --no-headers'],
    ['hyperfleet get statuses --nodepool my-cluster/workers -o yaml'],
    [
      'hyperfleet get cluster my-cluster -o yaml | hyperfleet --server https://other.example.com create -f -',
      'copy a cluster to another server',
    ],
  ],
  flags: GET_FLAGS,
  operands: [{ choices: PLURALS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const options = readGetOptions(args, thisMachine())
    const screen = screenOf(output)
    return withServer(options.target, api =>
      options.isWatching ? keepShowing(api, options, screen, output) : showOnce(api, options, screen),
    )
  },
}

async function showOnce(api: Api, options: GetOptions, screen: Screen): Promise<number> {
  const shown = (await look(api, options))()
  const text = answerText(shown, options, screen)
  screen.write(text)
  const { items, total } = shown
  if (items.length === 0 && isTable(options)) console.error(`no ${options.list} found`)
  if (items.length < total && screen.isTerminal) console.error(`${items.length} of ${total} shown`)
  return EXIT.ok
}

async function keepShowing(api: Api, options: GetOptions, screen: Screen, output: Output): Promise<number> {
  const stop = stopped()
  const signal = AbortSignal.any([stop.signal, output.ended])
  const onNote = (note: string) => console.error(`hyperfleet: ${note}`)
  try {
    if (isEachEventShown(options, screen)) await followEvents(api, options, { output, signal, onNote })
    else await watchLooks(api, options, { screen, signal, onNote })
  } finally {
    stop.end()
  }
  return output.ended.aborted ? EXIT.ok : EXIT.interrupted
}

/** A watch has no statuses, no order, no limit and no names. */
function isEachEventShown(options: GetOptions, screen: Screen): boolean {
  const { list, names, limit, parameters } = options
  const isOrdered = parameters.has('orderBy') || parameters.has('order')
  const isPart = isOrdered || names.length > 0 || limit < Number.POSITIVE_INFINITY
  return list !== 'statuses' && !isPart && !isRedrawn(options, screen)
}
