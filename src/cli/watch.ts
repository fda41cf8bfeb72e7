// `hyperfleet watch`: prints the events of a watch as lines of JSON, as the server writes them (contract 12.2).
import { type Command, EXIT, UsageError } from './command.ts'
import { withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { watchEvents } from './connection/watch-stream.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { readSearchedList, SEARCH_FLAG, SEARCHED_LISTS, SELECTOR_FLAG } from './resources/list-flags.ts'
import { findCluster, resourcePath } from './resources/lookup.ts'
import { stopped } from './terminal/signals.ts'

/** Types that a client can choose (contract 12.9). */
const TYPES = ['ADDED', 'MODIFIED', 'LEFT', 'DELETED'] as const

const FLAGS = [
  {
    name: 'cluster',
    value: 'CLUSTER',
    meaning: 'only nodepools of this cluster, by name or id',
    completes: 'clusters',
  },
  SEARCH_FLAG,
  SELECTOR_FLAG,
  {
    name: 'fields',
    value: 'FIELDS',
    meaning: "the members of the objects, such as 'id,name,status.conditions.Ready' (default all)",
    completes: 'fields',
  },
  {
    name: 'events',
    value: 'TYPES',
    meaning: "the types of events, such as 'ADDED,LEFT' (default all); RESET, BOOKMARK and ERROR always come",
  },
  { name: 'since', value: 'TEXT', meaning: 'begin after the BOOKMARK that has this text' },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const watch: Command = {
  help: () => `Usage: hyperfleet watch clusters [flags]
       hyperfleet watch nodepools [--cluster CLUSTER] [flags]

Prints a JSON object a line: what matches now, and each change of it as it happens, until Ctrl-C. After an outage of the server the
command connects again and resumes: the events continue, or a RESET says that everything before is void. A slow reader gets fewer
events, never wrong ones. 'hyperfleet docs watching' explains the events. 'hyperfleet get --watch' prints a table instead.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet watch clusters --search "status.conditions.Ready = \'False\'"'],
    ['hyperfleet watch nodepools --cluster my-cluster --fields id,name,generation'],
    ['hyperfleet watch clusters | jq -r \'select(.type == "DELETED").object.name\''],
  ],
  flags: FLAGS,
  operands: [{ choices: SEARCHED_LISTS }],
  async run(args, output) {
    const given = readArguments('watch', FLAGS, args)
    const { list, cluster, parameters } = readSearchedList('watch', given)
    const [fields, events, since] = [
      given.text('fields'),
      readTypes(given.text('events')),
      given.text('since'),
    ]
    if (fields !== undefined) parameters.set('fields', fields)
    if (events !== undefined) parameters.set('events', events)
    const stop = stopped()
    const signal = AbortSignal.any([stop.signal, output.ended])
    const onNote = (note: string) => console.error(`hyperfleet: ${note}`)
    try {
      await withServer(readTarget(given, thisMachine()), async api => {
        const owner = cluster === undefined ? '' : resourcePath((await findCluster(api, cluster)).value)
        const request = { path: `${owner}/${list}`, parameters, ...(since === undefined ? {} : { since }) }
        for await (const batch of watchEvents(api, request, { signal, onNote }))
          await output.send(Buffer.from(batch.map(({ line }) => `${line}\n`).join('')))
      })
    } finally {
      stop.end()
    }
    return output.ended.aborted ? EXIT.ok : EXIT.interrupted
  },
}

/** Types in any case. */
function readTypes(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const types = text.split(',').map(type => type.trim().toUpperCase())
  const wrong = types.find(type => !TYPES.some(known => known === type))
  if (wrong === undefined) return types.join(',')
  throw new UsageError(`--events is '${text}': must be types of ${TYPES.join(', ')}, separated by commas`)
}
