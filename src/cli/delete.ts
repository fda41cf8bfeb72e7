// `hyperfleet delete`: deletes clusters and nodepools.
import { type Command, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { type Arguments, readArguments, readDuration } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResources, nameOfResource, resourcePath } from './resources/lookup.ts'
import { type Leaving, type Patience, readDelaySentence, waitUntilGone } from './resources/removal.ts'
import { isResource, type ServedResource } from './resources/served.ts'
import { ProgressBar, progressOutput } from './terminal/progress.ts'
import { visible } from './terminal/text.ts'
import { forEachResource } from './write/each.ts'
import { OUTPUT_FLAG, readForm, resultText } from './write/result.ts'

const TIMEOUT = '30s'

const FLAGS = [
  { name: 'wait', meaning: 'wait until they are gone' },
  { name: 'timeout', value: 'TIME', meaning: 'how long --wait waits, such as 60s or 5m', fallback: TIMEOUT },
  CLUSTER_FLAG,
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const deleteCommand: Command = {
  help: () => `Usage: hyperfleet delete cluster NAME|ID... [--wait [--timeout 5m]] [flags]
       hyperfleet delete nodepool NAME|ID|CLUSTER/NAME... [--cluster CLUSTER] [--wait [--timeout 5m]] [flags]

Deletes without asking, a cluster with all its nodepools. There is no way back. The server removes a resource once its adapters
have reported Finalized=True and no nodepool is left; a resource that no adapter has to finish is removed at once. The command
prints for each what was done, and what its removal waits for. --wait ends when all are gone. After the timeout the exit code
is 1; the deletion continues. Looks up all names first: a wrong one deletes nothing.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet delete cluster my-cluster --wait --timeout 10m'],
    ['hyperfleet delete nodepool my-cluster/workers'],
    ['hyperfleet delete $(hyperfleet get clusters -l environment=ci -o name)'],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('delete', FLAGS, args)
    const form = readForm(given.text('output'))
    const { list, names } = readNamed('delete', given.operands, ['clusters', 'nodepools'])
    if (names.length === 0) throw new UsageError(`delete which of the ${list}? Give a name or an id`)
    const patience = readPatience(given)
    const say = (sentence: string) => {
      if (form === 'sentence') output.write(`${visible(sentence)}\n`)
    }
    return withServer(readTarget(given, thisMachine()), async api => {
      const leaving: Leaving[] = []
      const code = await forEachResource(
        await findResources(api, list, names, given.text('cluster')),
        async resource => {
          const { full, path, text } = await remove(api, resource)
          if (form !== 'sentence') output.write(resultText({ text, name: full, sentence: full }, form))
          // The response to a deletion does not say if the resource was removed at once (contract 11.8).
          if (patience === undefined) say((await readDelaySentence(api, { full, path })) ?? `deleted ${full}`)
          else leaving.push({ full, path })
        },
      )
      if (patience !== undefined)
        await waitUntilGone(
          api,
          leaving,
          patience,
          new ProgressBar(progressOutput(), () => performance.now()),
          ({ full }) => say(`deleted ${full}`),
        )
      return code
    })
  },
}

function readPatience(given: Arguments<(typeof FLAGS)[number]['name']>): Patience | undefined {
  const timeout = given.text('timeout')
  if (given.has('wait')) {
    const timeoutMs = readDuration('timeout', timeout ?? TIMEOUT)
    return { timeoutMs, endMs: performance.now() + timeoutMs }
  }
  if (timeout !== undefined) throw new UsageError('--timeout is for --wait')
  return undefined
}

interface Deleted extends Leaving {
  /** The server's response. */
  readonly text: string
}

async function remove(api: Api, resource: ServedResource): Promise<Deleted> {
  const full = await nameOfResource(api, resource)
  const path = resourcePath(resource)
  const success = await api.delete(path)
  if (!isResource(api.json(path, success))) throw api.misshapen(path)
  return { full, path, text: success.text }
}
