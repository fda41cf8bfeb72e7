// `hyperfleet create`: creates clusters and nodepools from files or from flags.
import { type Command, notGiven, UsageError } from './command.ts'
import { withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { type Arguments, readArguments } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { type Creation, creationFromFlags, creationsOfAll, FILES_FLAG } from './write/creations.ts'
import { DocumentWriter, writeAll } from './write/document-writer.ts'
import { OUTPUT_FLAG, readForm } from './write/result.ts'

const FLAGS = [
  FILES_FLAG,
  CLUSTER_FLAG,
  { name: 'label', value: 'KEY=VALUE', meaning: 'a label; may be repeated', repeats: true },
  { name: 'spec', value: 'JSON|@FILE', meaning: 'the spec, in JSON or YAML', fallback: '{}' },
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const create: Command = {
  help: () => `Usage: hyperfleet create -f FILE|- [flags]
       hyperfleet create cluster NAME [--label KEY=VALUE]... [--spec JSON] [flags]
       hyperfleet create nodepool NAME --cluster CLUSTER [--label KEY=VALUE]... [--spec JSON] [flags]

A document has the kind Cluster or NodePool; a nodepool names its cluster with 'cluster: NAME'. Documents are created in order.
If one is refused, the others are still created; the exit code is that of the first refusal. Members that the server sets, such
as ids and times, are ignored, so the output of 'get -o yaml' can be used.

${flagLines(FLAGS)}`,
  examples: [
    ["hyperfleet create cluster my-cluster --label environment=production --spec '{region: us-east1}'"],
    ["hyperfleet create nodepool workers --cluster my-cluster --spec '{replicas: 3}'"],
    ['hyperfleet create -f fleet.yaml'],
    [
      'hyperfleet get clusters -o yaml | hyperfleet --server https://other.example.com create -f -',
      'copy clusters to another server',
    ],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }],
  async run(args, output) {
    const given = readArguments('create', FLAGS, args)
    const form = readForm(given.text('output'))
    const creations = await readCreations(given)
    return withServer(readTarget(given, thisMachine()), api => {
      const writer = new DocumentWriter(api)
      return writeAll(creations, creation => writer.create(creation), form, output)
    })
  },
}

async function readCreations(given: Arguments<(typeof FLAGS)[number]['name']>): Promise<Creation[]> {
  const files = given.all('file')
  const cluster = given.text('cluster')
  if (files.length === 0) {
    const { list, names } = readNamed('create', given.operands, ['clusters', 'nodepools'])
    const [name, ...others] = names
    if (name === undefined || others.length > 0)
      throw new UsageError(`create takes one name${notGiven(names)}, or documents with -f`)
    if (list === 'clusters' && cluster !== undefined)
      throw new UsageError('create cluster takes no --cluster: only nodepools have one')
    const kind = list === 'clusters' ? 'Cluster' : 'NodePool'
    return [
      await creationFromFlags({ kind, name, cluster, labels: given.all('label'), spec: given.text('spec') }),
    ]
  }
  if (given.operands.length > 0 || given.has('label') || given.has('spec'))
    throw new UsageError(
      'create takes documents with -f, or a type and a name with --label and --spec, not both',
    )
  return creationsOfAll(files, cluster)
}
