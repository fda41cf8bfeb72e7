// `hyperfleet describe`: shows clusters or nodepools with their statuses and nodepools.
import { type Command, EXIT, UsageError } from './command.ts'
import { type Api, withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { yamlText } from './documents/print.ts'
import { isTreeObject } from './documents/tree.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { columnsOf, type View } from './resources/columns.ts'
import { readNamed, SINGULARS } from './resources/kind.ts'
import { type Listed, readList } from './resources/list.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { findResource, ownerNames, resourcePath } from './resources/lookup.ts'
import { type Delay, delayTexts, unfinishedAdapters } from './resources/removal.ts'
import {
  isBeingDeleted,
  type ServedNodepool,
  type ServedResource,
  type ServedStatus,
} from './resources/served.ts'
import { type Screen, screenOf } from './terminal/screen.ts'
import { ageCell, type Column, statusCell, tableLines } from './terminal/table.ts'
import { ageText, visible } from './terminal/text.ts'

const FLAGS = [CLUSTER_FLAG, ...CONNECTION_FLAGS] as const satisfies readonly Flag[]

/** A whole list in the server's default order. */
const ALL = { parameters: new Map<string, string>(), limit: Number.POSITIVE_INFINITY } as const

export const describe: Command = {
  help: () => `Usage: hyperfleet describe cluster NAME|ID [flags]
       hyperfleet describe nodepool NAME|ID|CLUSTER/NAME [--cluster CLUSTER] [flags]

Shows labels, spec, conditions, the last report of each adapter, and a cluster's nodepools. Takes one or more names. For a
resource that is being deleted it shows since when, by whom, and which adapters and nodepools its removal waits for.

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

/** Returns what the removal of the described resource waits for. */
function delayOf({ resource: { value }, statuses, nodepools }: Described): Delay {
  return {
    adapters: unfinishedAdapters(value, statuses),
    nodepools: nodepools.map(({ name }) => name),
    nodepoolCount: nodepools.length,
  }
}

export interface Described {
  readonly resource: Listed<ServedResource>
  readonly statuses: readonly ServedStatus[]
  /** The nodepools of a cluster. */
  readonly nodepools: readonly ServedNodepool[]
  readonly view: View
}

type Place = Pick<Screen, 'hasColour' | 'size'>
type Condition = ServedResource['status']['conditions'][number]

const INDENT = '  '

/** Ends each line with a line feed. Nothing is truncated: this is the command that shows everything. */
export function describedText(described: Described, { hasColour }: Pick<Screen, 'hasColour'>): string {
  const { resource, statuses, nodepools, view } = described
  const within: Place = {
    hasColour,
    size: () => ({ columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }),
  }
  const { value, tree } = resource
  const spec = isTreeObject(tree) ? tree.get('spec') : undefined
  return [
    ...factLines(value, view, isBeingDeleted(value) ? delayTexts(delayOf(described)) : []),
    'Spec:',
    ...indented(spec === undefined ? [] : yamlText(spec).trimEnd().split('\n')),
    'Conditions:',
    ...indented(tableLines(conditionColumns(view), value.status.conditions, within)),
    'Adapters:',
    ...indented(
      statuses.length === 0
        ? ['no adapter has reported']
        : tableLines(columnsOf('statuses', view), statuses, within),
    ),
    ...(value.kind === 'Cluster' ? ['Nodepools:', ...indented(nodepoolLines(nodepools, view, within))] : []),
  ]
    .map(line => `${line}\n`)
    .join('')
}

/** @param delays the reasons why a removal waits */
function factLines(resource: ServedResource, { nowMs, owners }: View, delays: readonly string[]): string[] {
  const { labels = {}, created_time, created_by, updated_time, updated_by } = resource
  const { deleted_time, deleted_by } = resource
  const labelTexts = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const facts: [name: string, texts: readonly string[]][] = [
    ['Name', [resource.name]],
    ['Kind', [resource.kind]],
    ['ID', [resource.id]],
    ...(resource.kind === 'NodePool'
      ? [['Cluster', [ownerText(resource, owners)]] as [string, string[]]]
      : []),
    ['Generation', [String(resource.generation)]],
    ['Labels', labelTexts.length === 0 ? ['none'] : labelTexts],
    ['Created', [`${created_time} (${ageText(created_time, nowMs)} ago) by ${created_by}`]],
    ['Updated', [`${updated_time} (${ageText(updated_time, nowMs)} ago) by ${updated_by}`]],
  ]
  if (deleted_time !== undefined)
    facts.push(
      ['Deleted', [`${deleted_time} (${ageText(deleted_time, nowMs)} ago) by ${deleted_by}`]],
      ['Waiting for', delays],
    )
  const width = Math.max(...facts.map(([name]) => name.length)) + 3
  return facts.flatMap(([name, texts]) =>
    texts.map((text, i) => (i === 0 ? `${name}:` : '').padEnd(width) + visible(text)),
  )
}

function ownerText({ owner_references }: ServedNodepool, owners: View['owners']): string {
  const name = owners.get(owner_references.id)
  return name === undefined ? owner_references.id : `${name} (${owner_references.id})`
}

function conditionColumns({ nowMs }: View): Column<Condition>[] {
  return [
    { title: 'TYPE', cell: ({ type }) => ({ text: type }) },
    { title: 'STATUS', cell: ({ status }) => statusCell(status) },
    { title: 'GENERATION', cell: ({ observed_generation }) => ({ text: String(observed_generation) }) },
    { title: 'UPDATED', cell: ({ last_updated_time }) => ageCell(last_updated_time, nowMs) },
    { title: 'SINCE', cell: ({ last_transition_time }) => ageCell(last_transition_time, nowMs) },
    { title: 'REASON', cell: ({ reason = '-' }) => ({ text: reason }) },
    { title: 'MESSAGE', cell: ({ message = '-' }) => ({ text: message }) },
  ]
}

/** Omits the column of the cluster, which is the one described. */
function nodepoolLines(nodepools: readonly ServedNodepool[], view: View, place: Place): string[] {
  if (nodepools.length === 0) return ['none']
  const columns = columnsOf('nodepools', view).filter(({ title }) => title !== 'CLUSTER')
  return tableLines(columns, nodepools, place)
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => INDENT + line)
}
