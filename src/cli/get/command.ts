// `hyperfleet get`: lists clusters, nodepools or statuses of a running server.
import { setTimeout as wait } from 'node:timers/promises'
import { type Command, EXIT } from '../command.ts'
import { type Api, withServer } from '../connection/api.ts'
import { thisMachine } from '../connection/machine.ts'
import { flagLines } from '../flags/flag.ts'
import { columnsOf } from '../resources/columns.ts'
import { KIND_HELP, type ListName, PLURALS } from '../resources/kind.ts'
import { keyOf, type Listed } from '../resources/list.ts'
import { ownerNames } from '../resources/lookup.ts'
import type { ServedItems } from '../resources/served.ts'
import { type Screen, screenOf } from '../terminal/screen.ts'
import { stopped } from '../terminal/signals.ts'
import { columnsOfFields } from './field-columns.ts'
import { GET_FLAGS, type GetOptions, readGetOptions } from './options.ts'
import {
  answerText,
  type Found,
  foundItems,
  isTable,
  nameOf,
  type Piece,
  pieces,
  tableOf,
  titlesOf,
} from './print.ts'
import { select, selectFields } from './selection.ts'
import { changed, redraw, watch } from './watch.ts'

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
      options.isWatching ? keepShowing(api, options, screen, output.ended) : showOnce(api, options, screen),
    )
  },
}

async function showOnce(api: Api, options: GetOptions, screen: Screen): Promise<number> {
  const shown = await look(api, options)
  const text = answerText(shown, options, screen)
  screen.write(text)
  const { items, total } = shown
  if (items.length === 0 && isTable(options)) console.error(`no ${options.list} found`)
  if (items.length < total && screen.isTerminal) console.error(`${items.length} of ${total} shown`)
  return EXIT.ok
}

/** @param ended aborted once the output has no reader */
async function keepShowing(
  api: Api,
  options: GetOptions,
  screen: Screen,
  ended: AbortSignal,
): Promise<number> {
  let before: ReadonlyMap<string, Piece> | undefined
  let hasTitles = false
  const lookAgain = async () => {
    const shown = await look(api, options)
    const now = pieces(shown, options)
    if (isTable(options) && screen.isTerminal) {
      const head = `every ${options.intervalS} s: ${shown.total} ${options.list}, ${timeOfDay()}`
      redraw(screen, head, tableOf(shown, options, screen), before === undefined)
    } else {
      const pieces = changed(before ?? new Map(), now)
      if (!hasTitles && pieces.length > 0) {
        hasTitles = true
        screen.write(titlesOf(shown, options))
      }
      screen.write(pieces.join(''))
    }
    before = now
  }
  const stop = stopped()
  try {
    await watch({
      look: lookAgain,
      pause: async signal => {
        await wait(options.intervalS * 1000, undefined, { signal }).catch(() => undefined)
      },
      signal: AbortSignal.any([stop.signal, ended]),
      onOutage: error => console.error(`hyperfleet: ${error.message}; still watching`),
    })
  } finally {
    stop.end()
  }
  return ended.aborted ? EXIT.ok : EXIT.interrupted
}

async function look(api: Api, options: GetOptions): Promise<Found> {
  const { list, fields, output } = options
  const columns = output.kind === 'columns' ? columnsOfFields(output.columns) : []
  if (fields !== undefined && list !== 'statuses')
    return foundItems(list, await selectFields(api, list, options, fields), columns, ({ id }) => id)
  const found = await select(api, list, options)
  if (output.kind === 'columns') return foundItems(list, found, columns, keyOf)
  const nodepools = found.items.flatMap(({ value }) => ('owner_references' in value ? [value] : []))
  const view = {
    isWide: output.kind === 'wide',
    nowMs: Date.now(),
    owners: await ownerNames(api, output.kind === 'template' ? [] : nodepools),
  }
  const usual = columnsOf(list, view).map(column => ({
    ...column,
    cell: ({ value }: Listed<ServedItems[ListName]>) => column.cell(value),
  }))
  return foundItems(list, found, usual, item => nameOf(item, view))
}

function timeOfDay(): string {
  return new Date().toISOString().slice(11, 19)
}
