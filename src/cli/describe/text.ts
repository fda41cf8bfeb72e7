// A resource and all around it, for people.
import { yamlText } from '../documents/print.ts'
import { isTreeObject } from '../documents/tree.ts'
import { columnsOf, type View } from '../resources/columns.ts'
import type { Listed } from '../resources/list.ts'
import type { ServedNodepool, ServedResource, ServedStatus } from '../resources/served.ts'
import { ageCell, ageText } from '../terminal/age.ts'
import { type Column, statusCell, tableLines } from '../terminal/listing.ts'
import type { Screen } from '../terminal/screen.ts'
import { visible } from '../terminal/visible.ts'

export interface Described {
  readonly resource: Listed<ServedResource>
  readonly statuses: readonly ServedStatus[]
  /** Those of a cluster. */
  readonly nodepools: readonly ServedNodepool[]
  readonly view: View
}

type Place = Pick<Screen, 'hasColour' | 'size'>
type Condition = ServedResource['status']['conditions'][number]

const INDENT = '  '

/** Lines with a line end behind each; nothing is cut, for here is where all of it is looked for. */
export function describedText(
  { resource, statuses, nodepools, view }: Described,
  { hasColour }: Pick<Screen, 'hasColour'>,
): string {
  const within: Place = {
    hasColour,
    size: () => ({ columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY }),
  }
  const { value, tree } = resource
  const spec = isTreeObject(tree) ? tree.get('spec') : undefined
  return [
    ...factLines(value, view),
    'Spec:',
    ...indented(spec === undefined ? [] : yamlText(spec).trimEnd().split('\n')),
    'Conditions:',
    ...indented(tableLines(conditionColumns(view), value.status.conditions, within)),
    'Adapters:',
    ...indented(
      statuses.length === 0
        ? ['none has reported']
        : tableLines(columnsOf('statuses', view), statuses, within),
    ),
    ...(value.kind === 'Cluster' ? ['Nodepools:', ...indented(nodepoolLines(nodepools, view, within))] : []),
  ]
    .map(line => `${line}\n`)
    .join('')
}

function factLines(resource: ServedResource, { nowMs, owners }: View): string[] {
  const { labels = {}, created_time, created_by, updated_time, updated_by } = resource
  const labelTexts = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  const facts: [name: string, texts: string[]][] = [
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

/** The cluster is known: its column is left out. */
function nodepoolLines(nodepools: readonly ServedNodepool[], view: View, place: Place): string[] {
  if (nodepools.length === 0) return ['none']
  const columns = columnsOf('nodepools', view).filter(({ title }) => title !== 'CLUSTER')
  return tableLines(columns, nodepools, place)
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => INDENT + line)
}
