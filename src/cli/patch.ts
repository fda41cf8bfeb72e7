// `hyperfleet patch`: replaces the spec or the labels of a cluster or nodepool.
import { type Command, EXIT, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { compactJson } from './documents/print.ts'
import { readDocument, readSource } from './documents/read.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { type Arguments, readArguments } from './flags/flag-reader.ts'
import { type OneNamed, readOneNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResource, nameOfResource, resourcePath } from './resources/lookup.ts'
import { isResource } from './resources/served.ts'
import { OUTPUT_FLAG, type Result, readForm, resultText } from './write/result.ts'

const FLAGS = [
  {
    name: 'patch',
    short: 'p',
    value: 'JSON',
    meaning: 'the change, in JSON or YAML: {"spec": {...}, "labels": {...}}',
  },
  {
    name: 'file',
    short: 'f',
    value: 'FILE',
    meaning: 'file with the change, - for standard input',
    completes: 'file',
  },
  CLUSTER_FLAG,
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const patch: Command = {
  help: () => `Usage: hyperfleet patch cluster NAME|ID -p JSON|-f FILE [flags]
       hyperfleet patch nodepool NAME|ID|CLUSTER/NAME [--cluster CLUSTER] -p JSON|-f FILE [flags]

The change replaces the spec, the labels or both as a whole. A different spec increases the generation.

${flagLines(FLAGS)}`,
  examples: [
    ["hyperfleet patch cluster my-cluster -p '{spec: {region: us-east4}}'"],
    ['hyperfleet patch nodepool my-cluster/workers -f change.yaml'],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named' }],
  async run(args, output) {
    const given = readArguments('patch', FLAGS, args)
    const named = readOneNamed('patch', given.operands)
    const form = readForm(given.text('output'))
    const body = await readBody(given)
    const result = await withServer(readTarget(given, thisMachine()), api =>
      carryOut(api, { ...named, cluster: given.text('cluster'), body }),
    )
    output.write(resultText(result, form))
    return EXIT.ok
  },
}

async function readBody(given: Arguments<(typeof FLAGS)[number]['name']>): Promise<string> {
  const [inline, file] = [given.text('patch'), given.text('file')]
  if (inline !== undefined && file === undefined) return compactJson(readDocument(inline, '--patch'))
  if (inline !== undefined || file === undefined)
    throw new UsageError('patch takes the change with -p or with -f')
  const { called, text } = await readSource(file)
  return compactJson(readDocument(text, called))
}

interface Change extends OneNamed {
  readonly cluster: string | undefined
  readonly body: string
}

async function carryOut(api: Api, { list, name, cluster, body }: Change): Promise<Result> {
  const before = await findResource(api, list, name, cluster)
  const path = resourcePath(before.value)
  const success = await api.patch(path, body)
  const after = api.json(path, success)
  if (!isResource(after)) throw api.misshapen(path)
  const full = await nameOfResource(api, after)
  // A patch without effect changes nothing, not even the time (contract 3.5).
  const isChanged = after.updated_time !== before.value.updated_time
  const verb = isChanged ? 'patched' : 'nothing to change in'
  return { text: success.text, name: full, sentence: `${verb} ${full}, generation ${after.generation}` }
}
