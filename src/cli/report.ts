// `hyperfleet report`: reports the status of a cluster or nodepool, as an adapter does.
import { type Command, EXIT, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { compactJson } from './documents/print.ts'
import { NumberText, type Tree, type TreeObject } from './documents/tree.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { type Arguments, readArguments, readInteger } from './flags/flag-reader.ts'
import { type OneNamed, readOneNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResource, nameOfResource, resourcePath } from './resources/lookup.ts'
import { visible } from './terminal/text.ts'
import { readValue } from './write/creations.ts'
import { OUTPUT_FLAG, type Result, readForm, resultText } from './write/result.ts'

const INT32_MAX = 2_147_483_647

const FLAGS = [
  { name: 'adapter', value: 'ADAPTER', meaning: 'the adapter that reports' },
  {
    name: 'condition',
    value: 'TYPE=STATUS[:REASON[:MESSAGE]]',
    meaning: 'a condition, such as Available=True; may be repeated',
    repeats: true,
  },
  {
    name: 'generation',
    value: 'N|current',
    meaning: 'the generation that the adapter observed',
    fallback: 'current',
    choices: ['current'],
  },
  { name: 'observed-time', value: 'TIME', meaning: 'the time of the observation, in RFC 3339 (default now)' },
  { name: 'data', value: 'JSON|@FILE', meaning: "the adapter's own data, in JSON or YAML" },
  { name: 'metadata', value: 'JSON|@FILE', meaning: "the adapter's metadata, in JSON or YAML" },
  CLUSTER_FLAG,
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

type Given = Arguments<(typeof FLAGS)[number]['name']>

export const report: Command = {
  help: () => `Usage: hyperfleet report cluster NAME|ID --adapter ADAPTER --condition TYPE=STATUS... [flags]
       hyperfleet report nodepool NAME|ID|CLUSTER/NAME --adapter ADAPTER --condition TYPE=STATUS... [flags]

The server requires the conditions Available, Applied and Health. A status is True, False or Unknown. A report that the server
discards, because it has a newer one, is not a failure: the command says so, and the exit code is 0.

${flagLines(FLAGS)}`,
  examples: [
    [
      'hyperfleet report cluster my-cluster --adapter validator --condition Available=True:AllValidationsPassed --condition Applied=True --condition Health=True',
    ],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named' }],
  async run(args, output) {
    const given = readArguments('report', FLAGS, args)
    const task = { ...readOneNamed('report', given.operands), ...(await readReport(given, Date.now())) }
    const form = readForm(given.text('output'))
    const result = await withServer(readTarget(given, thisMachine()), api => carryOut(api, task))
    if (result !== undefined) output.write(resultText(result, form))
    return EXIT.ok
  },
}

interface Report {
  readonly cluster: string | undefined
  readonly adapter: string
  /** Undefined for the resource's current generation. */
  readonly generation: number | undefined
  /** The body except for the generation. */
  readonly body: TreeObject
}

async function readReport(given: Given, nowMs: number): Promise<Report> {
  const adapter = given.text('adapter')
  if (adapter === undefined) throw new UsageError('report needs --adapter')
  const conditions = given.all('condition')
  if (conditions.length === 0)
    throw new UsageError('report needs --condition, for each of Available, Applied and Health')
  const generation = given.text('generation') ?? 'current'
  const body: TreeObject = new Map<string, Tree>([
    ['adapter', adapter],
    ['observed_time', given.text('observed-time') ?? new Date(nowMs).toISOString()],
    ['conditions', conditions.map(readCondition)],
  ])
  for (const name of ['metadata', 'data'] as const) {
    const value = given.text(name)
    if (value !== undefined) body.set(name, await readValue(value, `--${name}`))
  }
  return {
    cluster: given.text('cluster'),
    adapter,
    generation: generation === 'current' ? undefined : readInteger('generation', generation, 1, INT32_MAX),
    body,
  }
}

/** A message may contain colons, a reason may not. */
function readCondition(text: string): Tree {
  const [, type, status, reason, message] =
    /^([^=]+)=(True|False|Unknown)(?::([^:]*)(?::(.*))?)?$/s.exec(text) ?? []
  if (type === undefined || status === undefined)
    throw new UsageError(
      `--condition is '${text}': must be TYPE=STATUS[:REASON[:MESSAGE]] with a status of True, False or Unknown`,
    )
  const condition: TreeObject = new Map<string, Tree>([
    ['type', type],
    ['status', status],
  ])
  if (reason) condition.set('reason', reason)
  if (message) condition.set('message', message)
  return condition
}

/** Undefined after printing that the server discarded the report. */
async function carryOut(api: Api, task: OneNamed & Report): Promise<Result | undefined> {
  const { value } = await findResource(api, task.list, task.name, task.cluster)
  const generation = task.generation ?? value.generation
  const body = new Map([...task.body, ['observed_generation', new NumberText(String(generation))]])
  const { status, text } = await api.post(`${resourcePath(value)}/statuses`, compactJson(body))
  const name = await nameOfResource(api, value)
  const about = `${task.adapter} for ${name} at generation ${generation}`
  if (status === 204) {
    console.error(visible(`discarded: the report of ${about}; ${NOT_KEPT}`))
    return undefined
  }
  return { text, name: `status/${task.adapter}`, sentence: `reported ${about}` }
}

/** Reasons to discard a report (contract 5.3). */
const NOT_KEPT =
  "it is older than the adapter's last report, is for a generation that does not exist yet, or says Available=Unknown " +
  'after an earlier report'
