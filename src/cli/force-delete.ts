// `hyperfleet force-delete`: removes clusters and nodepools whose deletion does not end.
import { type Command, EXIT, FailedError, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { readList } from './resources/list.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResources, nameOfResource, resourcePath } from './resources/lookup.ts'
import { isBeingDeleted, type ServedResource } from './resources/served.ts'
import { count, visible } from './terminal/text.ts'
import { forEachResource } from './write/each.ts'

const FLAGS = [
  { name: 'reason', value: 'TEXT', meaning: 'required: the reason, which the server logs' },
  CLUSTER_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const forceDelete: Command = {
  help: () => `Usage: hyperfleet force-delete cluster NAME|ID... --reason TEXT [flags]
       hyperfleet force-delete nodepool NAME|ID|CLUSTER/NAME... [--cluster CLUSTER] --reason TEXT [flags]

Removes resources that are being deleted without waiting for their adapters, a cluster with all its nodepools. They are gone
when the command ends. What the adapters have not cleaned up remains outside the server. The command does not ask. It refuses a
resource that is not being deleted: use 'delete' first. The server logs who removed what, and the reason.

${flagLines(FLAGS)}`,
  examples: [
    ["hyperfleet force-delete cluster my-cluster --reason 'adapter dns is retired'"],
    [
      "hyperfleet force-delete $(hyperfleet get clusters --search \"deleted_time < '2026-01-01T00:00:00Z'\" -o name) --reason 'stuck'",
    ],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('force-delete', FLAGS, args)
    const { list, names } = readNamed('force-delete', given.operands, ['clusters', 'nodepools'])
    if (names.length === 0) throw new UsageError(`force-delete which of the ${list}? Give a name or an id`)
    const reason = given.text('reason')
    if (reason === undefined || reason.trim() === '')
      throw new UsageError('force-delete needs --reason, such as --reason "adapter dns is retired"')
    return withServer(readTarget(given, thisMachine()), async api =>
      forEachResource(await findResources(api, list, names, given.text('cluster')), async resource =>
        output.write(`${visible(await removeByForce(api, resource, reason))}\n`),
      ),
    )
  },
}

async function removeByForce(api: Api, resource: ServedResource, reason: string): Promise<string> {
  const full = await nameOfResource(api, resource)
  const path = resourcePath(resource)
  const nodepools = await countNodepools(api, resource)
  try {
    await api.post(`${path}/force-delete`, JSON.stringify({ reason }))
  } catch (error) {
    if (!(error instanceof FailedError) || error.exitCode !== EXIT.conflict || isBeingDeleted(resource))
      throw error
    throw new FailedError(`${error.message}\nmark it first: hyperfleet delete ${full}`, error.exitCode)
  }
  return `removed ${full}${nodepools === 0 ? '' : ` and its nodepools (${count(nodepools)})`} by force`
}

async function countNodepools(api: Api, resource: ServedResource): Promise<number> {
  if (resource.kind === 'NodePool') return 0
  const path = `${resourcePath(resource)}/nodepools`
  return (await readList(api, 'nodepools', { path, parameters: new Map(), limit: 1 })).total
}
