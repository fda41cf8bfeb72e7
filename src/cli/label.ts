// `hyperfleet label`: sets or removes individual labels; the others remain.
import { type Command, EXIT, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { compactJson } from './documents/print.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResources, nameOfResource, resourcePath } from './resources/lookup.ts'
import { isResource, type ServedResource } from './resources/served.ts'
import { visible } from './terminal/text.ts'
import { OUTPUT_FLAG, type Result, readForm, resultText } from './write/result.ts'

const FLAGS = [
  { name: 'overwrite', meaning: 'change labels that already have another value' },
  CLUSTER_FLAG,
  OUTPUT_FLAG,
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

export const label: Command = {
  help: () => `Usage: hyperfleet label cluster NAME|ID... KEY=VALUE|KEY-... [--overwrite] [flags]
       hyperfleet label nodepool NAME|ID|CLUSTER/NAME... KEY=VALUE|KEY-... [--cluster CLUSTER] [--overwrite] [flags]

KEY=VALUE sets a label, KEY- removes it; the others remain. A label that has another value is changed only with --overwrite.
The command reads, changes and writes back all labels: a concurrent change by another client may be lost.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet label cluster my-cluster tier=gold'],
    ['hyperfleet label cluster my-cluster tier=silver owner- --overwrite'],
    ['hyperfleet label $(hyperfleet get nodepools -l role=worker -o name) drained=yes'],
  ],
  flags: FLAGS,
  operands: [{ choices: SINGULARS }, { completes: 'named', repeats: true }],
  async run(args, output) {
    const given = readArguments('label', FLAGS, args)
    const form = readForm(given.text('output'))
    const { change, others } = readLabelChange(given.operands, given.has('overwrite'))
    const { list, names } = readNamed('label', others, ['clusters', 'nodepools'])
    if (names.length === 0) throw new UsageError(`label which of the ${list}? Give a name or an id`)
    return withServer(readTarget(given, thisMachine()), async api => {
      let code: number = EXIT.ok
      for (const resource of await findResources(api, list, names, given.text('cluster'))) {
        const result = await relabel(api, resource, change)
        if (result === undefined) code = EXIT.failed
        else output.write(resultText(result, form))
      }
      return code
    })
  },
}

/** Undefined after printing that a label has another value. */
async function relabel(api: Api, resource: ServedResource, change: LabelChange): Promise<Result | undefined> {
  const full = await nameOfResource(api, resource)
  const { labels, faults, absent } = changedLabels(new Map(Object.entries(resource.labels ?? {})), change)
  for (const key of absent) console.error(visible(`${full} has no label '${key}'`))
  if (faults.length > 0) {
    console.error(`hyperfleet: ${visible(full)} is unchanged: ${faults.map(visible).join('; ')}`)
    return undefined
  }
  const path = resourcePath(resource)
  const success = await api.patch(path, compactJson(new Map([['labels', labels]])))
  const after = api.json(path, success)
  if (!isResource(after)) throw api.misshapen(path)
  const verb = after.updated_time === resource.updated_time ? 'not labeled: nothing to change' : 'labeled'
  return { text: success.text, name: full, sentence: `${full} ${verb}` }
}

interface LabelChange {
  readonly set: ReadonlyMap<string, string>
  readonly removed: ReadonlySet<string>
  /** Permits changing a label that has another value. */
  readonly overwrites: boolean
}

/**
 * Separates the changes from the names: no name contains an equals sign or ends in a hyphen (contract 4.2).
 * @throws UsageError if there is none, or two for one label
 */
function readLabelChange(
  operands: readonly string[],
  overwrites: boolean,
): { readonly change: LabelChange; readonly others: readonly string[] } {
  const set = new Map<string, string>()
  const removed = new Set<string>()
  const others: string[] = []
  for (const operand of operands) {
    const at = operand.indexOf('=')
    const key = at === -1 ? operand.replace(/-$/, '') : operand.slice(0, at)
    if (at === -1 && key === operand) {
      others.push(operand)
      continue
    }
    if (key === '')
      throw new UsageError(`'${operand}' is not a label: must be KEY=VALUE, or KEY- to remove one`)
    if (set.has(key) || removed.has(key)) throw new UsageError(`the label '${key}' is given twice`)
    if (at === -1) removed.add(key)
    else set.set(key, operand.slice(at + 1))
  }
  if (set.size + removed.size === 0)
    throw new UsageError('label takes KEY=VALUE to set a label, or KEY- to remove one')
  return { change: { set, removed, overwrites }, others }
}

interface ChangedLabels {
  readonly labels: Map<string, string>
  /** One sentence for each label that has another value. */
  readonly faults: readonly string[]
  /** Keys to remove that the resource does not have. */
  readonly absent: readonly string[]
}

/** The labels after the change: existing ones keep their order, new ones come last. */
function changedLabels(
  before: ReadonlyMap<string, string>,
  { set, removed, overwrites }: LabelChange,
): ChangedLabels {
  const labels = new Map([...before, ...set])
  for (const key of removed) labels.delete(key)
  const other = [...set].filter(([key, value]) => before.has(key) && before.get(key) !== value)
  return {
    labels,
    faults: overwrites
      ? []
      : other.map(([key]) => `the label '${key}' is already '${before.get(key)}'; --overwrite changes it`),
    absent: [...removed].filter(key => !before.has(key)),
  }
}
