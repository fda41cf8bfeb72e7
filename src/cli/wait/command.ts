// `hyperfleet wait`: waits until clusters or nodepools exist, have a condition or are gone.
import { type Command, EXIT, UsageError } from '../command.ts'
import { withServer } from '../connection/api.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import { thisMachine } from '../connection/machine.ts'
import { readTarget } from '../connection/target.ts'
import { type Flag, flagLines } from '../flags/flag.ts'
import { readArguments, readDuration } from '../flags/flag-reader.ts'
import { readNamed, SINGULARS } from '../resources/kind.ts'
import { CLUSTER_FLAG, listParameters, SEARCH_FLAG, SELECTOR_FLAG } from '../resources/list-flags.ts'
import { visible } from '../terminal/text.ts'
import { readGoal } from './goal.ts'
import { waitForNamed } from './named.ts'
import { waitForSearch } from './search.ts'

const FLAGS = [
  {
    name: 'for',
    value: 'WHAT',
    meaning: 'condition=TYPE, condition=TYPE=STATUS, create or delete',
    choices: ['condition=Ready', 'condition=Available', 'condition=Reconciled', 'create', 'delete'],
  },
  {
    name: 'timeout',
    value: 'TIME',
    meaning: 'how long to wait, such as 60s or 5m; 0 checks once',
    fallback: '30s',
  },
  SEARCH_FLAG,
  SELECTOR_FLAG,
  CLUSTER_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const wait: Command = {
  help: () => `Usage: hyperfleet wait cluster NAME|ID... --for condition=Ready [--timeout 60s] [flags]
       hyperfleet wait nodepool NAME|ID|CLUSTER/NAME... --for condition=Ready [--cluster CLUSTER] [flags]
       hyperfleet wait clusters|nodepools --search QUERY --for condition=Ready [flags]

Waits until each resource has the condition with the status True, or with STATUS. TYPE may be an adapter's condition, such as
DnsSuccessful. 'create' waits until the resource exists, 'delete' until it is gone or if there is none; any other wait requires
that it exists. With --search or --selector, every match must have the condition, 'create' waits until something matches, and
'delete' until nothing does. After the timeout the exit code is 1, and the command prints the last status that it saw. It polls
nothing: a watch says when something has changed.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet wait cluster my-cluster --for condition=Ready --timeout 10m'],
    ['hyperfleet wait nodepool my-cluster/workers --for condition=Available=False'],
    ['hyperfleet wait cluster my-cluster --for create'],
    ['hyperfleet wait cluster my-cluster --for delete --timeout 30m'],
    ['hyperfleet wait clusters -l environment=staging --for condition=Ready --timeout 1h'],
    [
      'hyperfleet wait clusters --search "status.conditions.Ready = \'False\'" --for delete',
      'until none is unready',
    ],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('wait', FLAGS, args)
    const { list, names } = readNamed('wait', given.operands, ['clusters', 'nodepools'])
    const search = listParameters({
      text: name => (name === 'search' || name === 'selector' ? given.text(name) : undefined),
    }).get('search')
    if (names.length === 0 && search === undefined)
      throw new UsageError(`wait for which of the ${list}? Give a name, an id or --search`)
    if (names.length > 0 && search !== undefined)
      throw new UsageError('--search and --selector apply to a whole list, not to names')
    const cluster = given.text('cluster')
    const goal = readGoal(given.text('for'))
    const timeoutMs = readDuration('timeout', given.text('timeout') ?? '30s')
    const task = { list, cluster, goal, timeoutMs, endMs: performance.now() + timeoutMs }
    const say = (sentence: string) => output.write(`${visible(sentence)}\n`)
    await withServer(readTarget(given, thisMachine()), async api => {
      if (search !== undefined) say(await waitForSearch(api, { ...task, search }))
      for (const name of names) say(await waitForNamed(api, { ...task, name }))
    })
    return EXIT.ok
  },
}
