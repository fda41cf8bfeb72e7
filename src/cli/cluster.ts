// `hyperfleet cluster`: begins a cluster of servers that share a journal, shows its servers, copies the data folder of one, and lets a data folder
// leave it.
import { beginCluster, clusterOverview, leaveCluster, reseedFolder } from '../start/membership.ts'
import { type Command, EXIT, FailedError, notGiven, UsageError } from './command.ts'
import { flagLines } from './flags/flag.ts'
import { CONFIG_FLAG } from './flags/global-flags.ts'
import { processConfiguration, settingFlags } from './flags/settings.ts'
import { countsText, finishCutOff, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'
import { alignedTable, type TextColumn } from './terminal/table.ts'
import { count } from './terminal/text.ts'

const COLUMNS: readonly TextColumn[] = [
  { title: 'server', align: 'left' },
  { title: 'role', align: 'left' },
  { title: 'on disk', align: 'right' },
  { title: 'lacks', align: 'right' },
  { title: 'version', align: 'left' },
  { title: 'heard', align: 'right' },
]

export const cluster: Command = {
  help: () => `Usage: hyperfleet cluster init|status|reseed|leave [flags of serve]

Several servers share one journal, which a database keeps (cluster.engine, cluster.url). It takes the settings that 'hyperfleet
serve' takes.

init    begins the journal with the fleet in the data folder of this server, which may be empty. Once, on one server, while it is
        stopped. The others start with empty data folders.
status  shows the servers that have registered with the database: the role of each, the newest entry of the journal on its own disk,
        and how many it lacks.
reseed  replaces the data folder of this server, while it is stopped, by a copy of another server's. The earlier one is moved aside; it is
        never deleted. A server that is only behind does that at its start.
leave   lets the data folder of this server, while it is stopped, leave the cluster for good: it keeps its fleet, and can be started
        alone.

${flagLines([CONFIG_FLAG])}

It also takes every flag of 'hyperfleet serve'.`,
  examples: [
    ['hyperfleet cluster init --config /etc/hyperfleet/config.yaml'],
    [
      'hyperfleet cluster reseed --config /etc/hyperfleet/config.yaml',
      'with the server stopped, after its log said that it is lost',
    ],
    [
      'HYPERFLEET_CLUSTER_ENGINE=postgres hyperfleet cluster status --cluster-url postgres://hyperfleet@db:5432/hyperfleet',
    ],
  ],
  get flags() {
    return [CONFIG_FLAG, ...settingFlags()]
  },
  operands: [{ choices: ['init', 'status', 'reseed', 'leave'] }],
  async run(args, output) {
    // Flags that preceded the command precede the action, too.
    const at = args.findIndex(arg => !arg.startsWith('-'))
    const actions = at === -1 ? [] : args.slice(at, at + 1)
    const run = ACTIONS.get(actions[0] ?? '')
    if (run === undefined)
      throw new UsageError(`cluster takes init, status, reseed or leave${notGiven(actions)}`)
    const { settings } = processConfiguration(args.toSpliced(at, 1))
    await run(settings, output)
    return EXIT.ok
  },
}

type Settings = ReturnType<typeof processConfiguration>['settings']
type Action = (settings: Settings, output: Output) => Promise<void>

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'init',
    async (settings, output) => {
      const { journal, sequence } = await beginCluster(settings, endAfterFault)
      output.write(
        `journal ${journal} begins after change ${count(sequence)} of ${settings.storage.path}: start the servers\n`,
      )
    },
  ],
  [
    'status',
    async (settings, output) => {
      const overview = await clusterOverview(settings)
      if (overview === undefined)
        throw new FailedError('the database keeps no journal yet: see hyperfleet cluster init', EXIT.notFound)
      const { journal, last, servers } = overview
      output.write(`journal ${journal}, ${count(last)} entries\n\n`)
      const rows = servers.map(({ server, role, position, version, heardMsAgo }) => [
        server,
        role,
        count(position),
        count(Math.max(0, last - position)),
        version,
        `${count(Math.round(heardMsAgo / 1000))} s ago`,
      ])
      output.write(`${alignedTable(COLUMNS, rows)}\n`)
    },
  ],
  [
    'reseed',
    (settings, output) =>
      watched(async ({ signal, onAdvance, elapsed }) => {
        const { path } = settings.storage
        await finishCutOff(path)
        const { from, aside, ...facts } = await reseedFolder(settings, signal, onAdvance)
        const what = `${countsText(facts)} as of journal entry ${count(facts.sequence)}`
        output.write(`copied ${what} from ${from} to ${path} in ${elapsed()}: start the server\n`)
        if (aside !== undefined) output.write(`the previous data folder is now ${aside}\n`)
      }),
  ],
  [
    'leave',
    async (settings, output) => {
      const journal = await leaveCluster(settings, endAfterFault)
      output.write(`the data folder ${settings.storage.path} no longer follows journal ${journal}\n`)
    },
  ],
])

/** Nothing of the command has an effect that is half done. */
function endAfterFault(error: Error): void {
  console.error(`hyperfleet: ${error.message}`)
  process.exit(EXIT.failed)
}
