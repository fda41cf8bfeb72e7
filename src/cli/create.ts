// `hyperfleet create`: creates clusters and nodepools, from files or from flags.
import { type Command, EXIT, FailedError, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { thisMachine } from './connection/machine.ts'
import { CONNECTION_FLAGS, readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { type Arguments, readArguments } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findCluster } from './resources/lookup.ts'
import { called, isResource, type ServedCluster } from './resources/served.ts'
import { standardScreen } from './terminal/screen.ts'
import { type Creation, creationFromFlags, creationsOf } from './write/creations.ts'
import { OUTPUT_FLAG, type Result, readOutput, resultText } from './write/result.ts'

const FLAGS = [
  {
    name: 'file',
    short: 'f',
    value: 'FILE',
    meaning: 'documents in YAML or JSON, - for standard input; may stand several times',
    completes: 'file',
    repeats: true,
  },
  CLUSTER_FLAG,
  { name: 'label', value: 'KEY=VALUE', meaning: 'a label; may stand several times', repeats: true },
  { name: 'spec', value: 'JSON|@FILE', meaning: 'the spec, in JSON or YAML', fallback: '{}' },
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const create: Command = {
  name: 'create',
  summary: 'create clusters and nodepools',
  help: () => `Usage: hyperfleet create -f FILE|- [flags]
       hyperfleet create cluster NAME [--label KEY=VALUE]... [--spec JSON] [flags]
       hyperfleet create nodepool NAME --cluster CLUSTER [--label KEY=VALUE]... [--spec JSON] [flags]

The kind of a document, Cluster or NodePool, says what it is; a nodepool names its cluster with 'cluster: NAME'. They are
created in their order. One that is refused does not keep the others from being created; the exit code is then that of the first.

${flagLines(FLAGS)}`,
  flags: FLAGS,
  operands: [{ choices: SINGULARS }],
  async run(args) {
    const given = readArguments('create', FLAGS, args)
    const output = readOutput(given.text('output'))
    const creations = await readCreations(given)
    const screen = standardScreen()
    return withServer(readTarget(given, thisMachine()), async api => {
      const failures: FailedError[] = []
      for (const creation of creations) {
        try {
          screen.write(resultText(await carryOut(api, creation), output))
        } catch (error) {
          if (
            !(error instanceof FailedError) ||
            error.exitCode === EXIT.unreachable ||
            creations.length === 1
          )
            throw error
          console.error(`hyperfleet: ${creation.called}: ${error.message}`)
          failures.push(error)
        }
      }
      return failures[0]?.exitCode ?? EXIT.ok
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
      throw new UsageError(`create takes one name, not '${names.join(' ')}', or documents with -f`)
    if (list === 'clusters' && cluster !== undefined)
      throw new UsageError('create cluster takes no --cluster: it goes with nodepools')
    const kind = list === 'clusters' ? 'Cluster' : 'NodePool'
    return [
      await creationFromFlags({ kind, name, cluster, labels: given.all('label'), spec: given.text('spec') }),
    ]
  }
  if (given.operands.length > 0 || given.has('label') || given.has('spec'))
    throw new UsageError(
      'create takes documents with -f, or a type and a name with --label and --spec, not both',
    )
  if (files.filter(file => file === '-').length > 1) throw new UsageError('-f - may stand once')
  const creations: Creation[] = []
  for (const file of files) creations.push(...(await creationsOf(file, cluster)))
  return creations
}

async function carryOut(api: Api, { kind, cluster, body }: Creation): Promise<Result> {
  const owner = kind === 'NodePool' ? (await findCluster(api, cluster ?? '')).value : undefined
  const path = owner === undefined ? '/clusters' : `/clusters/${owner.id}/nodepools`
  const success = await api.post(path, body)
  const resource = api.json(path, success)
  if (!isResource(resource)) throw api.misshapen(path)
  const name = called(resource, ownerName(owner))
  return { text: success.text, name, sentence: `created ${name} with id ${resource.id}` }
}

function ownerName(owner: ServedCluster | undefined): string | undefined {
  return owner?.name
}
