// `hyperfleet describe`: one cluster or nodepool with all around it.
import { type Command, EXIT, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Described, describedText } from './describe/text.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { type Listed, readList } from './resources/list.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResource, ownerNames, resourcePath } from './resources/lookup.ts'
import type { ServedResource } from './resources/served.ts'
import { screenOf } from './terminal/screen.ts'

const FLAGS = [CLUSTER_FLAG, ...CONNECTION_FLAGS] as const satisfies readonly Flag[]

/** All of a list; without an order the server's own. */
const ALL = { parameters: new Map<string, string>(), limit: Number.POSITIVE_INFINITY } as const

export const describe: Command = {
  help: () => `Usage: hyperfleet describe cluster NAME|ID [flags]
       hyperfleet describe nodepool NAME|ID|CLUSTER/NAME [--cluster CLUSTER] [flags]

Shows labels, spec, conditions, what each adapter has reported, and a cluster's nodepools. Several may be named.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet describe cluster my-cluster'],
    ['hyperfleet describe nodepool my-cluster/workers'],
    ['hyperfleet describe $(hyperfleet get nodepools -o name)'],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('describe', FLAGS, args)
    const { list, names } = readNamed('describe', given.operands, ['clusters', 'nodepools'])
    if (names.length === 0) throw new UsageError(`describe which of the ${list}? Give a name or an id`)
    const screen = screenOf(output)
    await withServer(readTarget(given, thisMachine()), async api => {
      for (const [i, name] of names.entries()) {
        const resource = await findResource(api, list, name, given.text('cluster'))
        const text = describedText(await readAround(api, resource), screen)
        screen.write(i === 0 ? text : `\n${text}`)
      }
    })
    return EXIT.ok
  },
}

async function readAround(api: Api, resource: Listed<ServedResource>): Promise<Described> {
  const { value } = resource
  const path = resourcePath(value)
  const statuses = await readList(api, 'statuses', { path: `${path}/statuses`, ...ALL })
  const nodepools =
    value.kind === 'Cluster'
      ? await readList(api, 'nodepools', { path: `${path}/nodepools`, ...ALL })
      : undefined
  const owners = value.kind === 'NodePool' ? await ownerNames(api, [value]) : new Map<string, string>()
  return {
    resource,
    statuses: statuses.items.map(item => item.value),
    nodepools: nodepools?.items.map(item => item.value) ?? [],
    view: { isWide: true, nowMs: Date.now(), owners },
  }
}
