// The command line of `hyperfleet get`.
import { UsageError } from '../command.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import type { Machine } from '../connection/machine.ts'
import { readTarget, type Target } from '../connection/target.ts'
import type { Flag } from '../flags/flag.ts'
import { type Arguments, readArguments, readInteger } from '../flags/flag-reader.ts'
import { type ListName, PLURALS, readNamed } from '../resources/kind.ts'
import { listParameters, ORDER_FLAGS, SEARCH_FLAG, SELECTOR_FLAG } from '../resources/list-flags.ts'
import { fieldsParameter } from './field.ts'
import { type FieldColumn, readCustomColumns, readFieldColumns } from './field-columns.ts'
import { readTemplate, type Template } from './jsonpath.ts'

const OUTPUTS = ['table', 'wide', 'json', 'yaml', 'name'] as const
/** Forms with a value, behind `=`. */
const VALUED_OUTPUTS = ['custom-columns=', 'jsonpath='] as const
const INTERVAL_MAX_S = 86_400

export type GetOutput =
  | { readonly kind: (typeof OUTPUTS)[number] }
  | { readonly kind: 'columns'; readonly columns: readonly FieldColumn[] }
  | { readonly kind: 'template'; readonly template: Template }

export interface GetOptions {
  readonly list: ListName
  readonly names: readonly string[]
  /** Name or id of the cluster of the nodepools or statuses. */
  readonly cluster: string | undefined
  readonly nodepool: string | undefined
  readonly parameters: ReadonlyMap<string, string>
  readonly limit: number
  readonly output: GetOutput
  /** The parameter of the server; undefined for whole resources (contract 13.7). */
  readonly fields: string | undefined
  /** True to print column titles. */
  readonly hasHeaders: boolean
  readonly isWatching: boolean
  readonly intervalS: number
  readonly target: Target
}

export const GET_FLAGS = [
  {
    name: 'cluster',
    value: 'CLUSTER',
    meaning: 'only those in this cluster, by name or id',
    completes: 'clusters',
  },
  {
    name: 'nodepool',
    value: 'NODEPOOL',
    meaning: 'statuses of this nodepool, by name, id or CLUSTER/NAME',
    completes: 'nodepools',
  },
  SEARCH_FLAG,
  SELECTOR_FLAG,
  ...ORDER_FLAGS,
  { name: 'limit', value: 'N', meaning: 'the most items to list (default all, read page by page)' },
  {
    name: 'fields',
    value: 'FIELDS',
    meaning: "only these, such as 'name,labels.region,status.conditions.Ready', as a table, JSON or YAML",
    elsewhere: ['columns'],
    completes: 'fields',
  },
  {
    name: 'output',
    short: 'o',
    value: 'FORM',
    elsewhere: ['format'],
    meaning: 'table, wide, json, yaml, name, custom-columns=TITLE:PATH,… or jsonpath=TEMPLATE',
    fallback: 'table',
    choices: [...OUTPUTS, ...VALUED_OUTPUTS],
  },
  { name: 'no-headers', meaning: 'omit the column titles' },
  { name: 'watch', short: 'w', meaning: 'keep showing changes until Ctrl-C' },
  {
    name: 'interval',
    value: 'SECONDS',
    meaning: 'shortest time between two looks of --watch at the server',
    fallback: '1',
  },
  ...CONNECTION_FLAGS,
] as const satisfies readonly Flag[]

type Given = Arguments<(typeof GET_FLAGS)[number]['name']>

/** @throws UsageError that says what is wrong and what is allowed */
export function readGetOptions(args: readonly string[], machine: Machine): GetOptions {
  const given = readArguments('get', GET_FLAGS, args)
  const { list, names } = readNamed('get', given.operands, PLURALS)
  assertFits(list, names, given)
  const limit = given.text('limit')
  const { output, fields } = readOutput(list, names, given)
  return {
    list,
    names,
    cluster: given.text('cluster'),
    nodepool: given.text('nodepool'),
    parameters: listParameters(given),
    limit:
      limit === undefined
        ? Number.POSITIVE_INFINITY
        : readInteger('limit', limit, 1, Number.MAX_SAFE_INTEGER),
    output,
    fields,
    hasHeaders: !given.has('no-headers'),
    isWatching: given.has('watch'),
    intervalS: readInteger('interval', given.text('interval') ?? '1', 1, INTERVAL_MAX_S),
    target: readTarget(given, machine),
  }
}

type Shown = Pick<GetOptions, 'output' | 'fields'>

function readOutput(list: ListName, names: readonly string[], given: Given): Shown {
  const text = given.text('output') ?? 'table'
  const [form = '', value] = text.split(/=(.*)/s)
  const fields = given.text('fields')
  const shown = valuedOutput(form, value ?? '', list, names, given)
  if (shown !== undefined) {
    if (fields !== undefined) throw new UsageError(`-o ${form} names its own fields: omit --fields`)
    // Statuses are served whole. Those named are few, and read whole to be found.
    const isWhole = list === 'statuses' || names.length > 0
    return { output: shown.output, fields: isWhole ? undefined : shown.fields }
  }
  const kind = OUTPUTS.find(output => output === text)
  if (kind === undefined)
    throw new UsageError(
      `--output is '${text}': must be one of ${OUTPUTS.join(', ')}, custom-columns=TITLE:PATH,…, jsonpath=TEMPLATE`,
    )
  return fields === undefined ? { output: { kind }, fields } : fieldsOutput(fields, kind, list)
}

/** Undefined for a form without a value. */
function valuedOutput(
  form: string,
  value: string,
  list: ListName,
  names: readonly string[],
  given: Given,
): Shown | undefined {
  if (form === 'custom-columns') {
    const columns = readCustomColumns(value, list)
    return {
      output: { kind: 'columns', columns },
      fields: fieldsParameter(columns.map(({ field }) => field)),
    }
  }
  if (form !== 'jsonpath') return undefined
  if (given.has('watch'))
    throw new UsageError(
      '-o jsonpath takes no --watch: use -o custom-columns, which shows each item that changes',
    )
  const template = readTemplate(value, list, names.length !== 1)
  return { output: { kind: 'template', template }, fields: template.fields }
}

function fieldsOutput(fields: string, kind: (typeof OUTPUTS)[number], list: ListName): Shown {
  if (list === 'statuses')
    throw new UsageError('get statuses takes no --fields: use -o custom-columns, such as NAME:.adapter')
  if (kind === 'wide' || kind === 'name')
    throw new UsageError(`--fields does not go with -o ${kind}: use -o table, json or yaml`)
  const columns = readFieldColumns(fields)
  if (kind !== 'table') return { output: { kind }, fields }
  // The server refuses what is no field.
  return {
    output: { kind: 'columns', columns },
    fields: fieldsParameter(columns.map(({ field }) => field)) ?? fields,
  }
}

function assertFits(list: ListName, names: readonly string[], given: Given): void {
  if (list === 'clusters' && given.has('cluster'))
    throw new UsageError("get clusters takes no --cluster: name the cluster as in 'get clusters NAME'")
  if (list === 'statuses' && given.has('selector'))
    throw new UsageError('get statuses takes no --selector: statuses have no labels')
  if (list !== 'statuses' && given.has('nodepool'))
    throw new UsageError(`get ${list} takes no --nodepool: only statuses take it`)
  if (list === 'statuses' && !given.has('cluster') && !given.has('nodepool'))
    throw new UsageError('get statuses needs --cluster, or --nodepool CLUSTER/NAME')
  const unfit = (['search', 'selector', 'order-by', 'order', 'limit'] as const).find(name => given.has(name))
  if (names.length > 0 && unfit !== undefined)
    throw new UsageError(`--${unfit} applies to a whole list, not to names`)
}
