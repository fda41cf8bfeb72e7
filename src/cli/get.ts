// `hyperfleet get`: lists clusters, nodepools or statuses of a running server.
import { setTimeout as wait } from 'node:timers/promises'
import { type Command, EXIT } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { thisMachine } from './connection/machine.ts'
import { flagLines } from './flags/flag.ts'
import { GET_FLAGS, type GetOptions, readGetOptions } from './get/options.ts'
import { answerText, type Found, type Piece, pieces, tableOf } from './get/print.ts'
import { select } from './get/selection.ts'
import { changed, redraw, watch } from './get/watch.ts'
import { KIND_HELP, type ListName, PLURALS } from './resources/kind.ts'
import { ownerNames } from './resources/lookup.ts'
import { type Screen, standardScreen } from './terminal/screen.ts'
import { stopped } from './terminal/stopped.ts'

export const get: Command = {
  name: 'get',
  summary: 'list clusters, nodepools or statuses',
  help: () => `Usage: hyperfleet get clusters [NAME|ID]... [flags]
       hyperfleet get nodepools [NAME|ID|CLUSTER/NAME]... [--cluster CLUSTER] [flags]
       hyperfleet get statuses [ADAPTER]... --cluster CLUSTER [--nodepool NODEPOOL] [flags]

Also by other names: ${KIND_HELP}; and TYPE/NAME in one word.
On a terminal it shows a table. A pipe gets a line for each, without titles: tabs between the cells, times in place of ages.

${flagLines(GET_FLAGS)}`,
  flags: GET_FLAGS,
  operands: [{ choices: PLURALS }, { completes: 'named', repeats: true }],
  async run(args) {
    const options = readGetOptions(args, thisMachine())
    const screen = standardScreen()
    return withServer(options.target, api =>
      options.isWatching ? keepShowing(api, options, screen) : showOnce(api, options, screen),
    )
  },
}

async function showOnce(api: Api, options: GetOptions, screen: Screen): Promise<number> {
  const shown = await look(api, options)
  const text = answerText(shown, options, screen)
  screen.write(text)
  const { items, total } = shown.found
  if (text === '' && options.output !== 'name') console.error(`no ${options.list} found`)
  if (items.length < total && screen.isTerminal) console.error(`${items.length} of ${total} shown`)
  return EXIT.ok
}

async function keepShowing(api: Api, options: GetOptions, screen: Screen): Promise<number> {
  const isTable = options.output === 'table' || options.output === 'wide'
  let before: ReadonlyMap<string, Piece> | undefined
  const lookAgain = async () => {
    const shown = await look(api, options)
    const now = pieces(shown, options)
    if (isTable && screen.isTerminal) {
      const head = `every ${options.intervalS} s: ${shown.found.total} ${options.list}, ${timeOfDay(shown)}`
      redraw(screen, head, tableOf(shown, screen), before === undefined)
    } else {
      screen.write(changed(before ?? new Map(), now).join(''))
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
      signal: stop.signal,
      onOutage: error => console.error(`hyperfleet: ${error.message}; looking on`),
    })
  } finally {
    stop.end()
  }
  return EXIT.interrupted
}

async function look(api: Api, options: GetOptions): Promise<Found<ListName>> {
  const { list } = options
  const found = await select(api, list, options)
  const nodepools = found.items.flatMap(({ value }) => ('owner_references' in value ? [value] : []))
  const owners = await ownerNames(api, nodepools)
  return { list, found, view: { isWide: options.output === 'wide', nowMs: Date.now(), owners } }
}

function timeOfDay({ view }: Found<ListName>): string {
  return new Date(view.nowMs).toISOString().slice(11, 19)
}
