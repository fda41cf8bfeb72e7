// The catalogue of fields: the names that each kind of record can be searched and ordered by, their types, and the readers of
// their values (contract 7.4, 7.6, 8.3).
import { SPEC_INDEXES_VARIABLE } from '../../index/spec-path.ts'
import { specJsonOf } from '../../state/reader.ts'
import type { AdapterStatus, Resource, ResourceCondition } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'
import type { JsonSpan } from '../../wire/json-paths.ts'

/** The kind of record in the lists of each target. */
export interface RecordOf {
  readonly Cluster: Resource
  readonly NodePool: Resource
  readonly AdapterStatus: AdapterStatus
}

export type SearchTarget = keyof RecordOf
export type SearchRecord = RecordOf[SearchTarget]

type ResourceColumnName =
  | 'id'
  | 'name'
  | 'kind'
  | 'created_by'
  | 'updated_by'
  | 'deleted_by'
  | 'owner_id'
  | 'generation'
  | 'created_time'
  | 'updated_time'
  | 'deleted_time'

type StatusColumnName = 'adapter' | 'observed_generation' | 'created_time' | 'last_report_time'

export type ColumnName = ResourceColumnName | StatusColumnName

// Readers are methods, so that a column of one kind of record can be used where the kind is only known at run time.

/** Text compares by Unicode code point. */
export interface TextColumn<R> {
  readonly kind: 'text'
  readonly name: ColumnName
  read(record: R): string | undefined
}

export interface IntegerColumn<R> {
  readonly kind: 'integer'
  readonly name: ColumnName
  read(record: R): bigint
}

export interface TimeColumn<R> {
  readonly kind: 'time'
  readonly name: ColumnName
  read(record: R): Instant | undefined
}

export type Column<R> = TextColumn<R> | IntegerColumn<R> | TimeColumn<R>

/** A label: text that a record may lack. */
export interface LabelField<R> {
  readonly kind: 'label'
  readonly key: string
  labels(record: R): ReturnType<LabelsReader<R>>
}

export type TextField<R> = TextColumn<R> | LabelField<R>

/** The value at a path of the spec (contract 13.2). */
export interface SpecField<R> {
  readonly kind: 'spec'
  /** As in a search: `spec.network.type`. */
  readonly name: string
  /** At least one key, and at most `MAX_SPEC_KEYS`. */
  readonly path: readonly string[]
  spec(record: R): ReturnType<SpecReader<R>>
}

/** A condition, or a subfield of one, that a record may lack. */
export interface ConditionField<R> {
  readonly kind: 'condition'
  readonly type: string
  /** `status` for the condition itself; undefined for a subfield that does not exist, which is a fault. */
  readonly subfield: 'status' | ConditionSubfield | undefined
  conditions(record: R): ReturnType<ConditionsReader<R>>
}

export type ConditionTimeSubfield = 'last_updated_time' | 'last_transition_time'
export type ConditionSubfield = ConditionTimeSubfield | 'observed_generation'

export type LabelsReader<R> = (record: R) => ReadonlyMap<string, string> | undefined
export type SpecReader<R> = (record: R) => JsonSpan
export type ConditionsReader<R> = (record: R) => readonly ResourceCondition[]

/** The fields that a list of records can be searched and ordered by. */
export interface Catalogue<R> {
  readonly columns: ReadonlyMap<string, Column<R>>
  /** Undefined if the records have no labels, no spec or no conditions. */
  readonly labels: LabelsReader<R> | undefined
  readonly spec: SpecReader<R> | undefined
  readonly conditions: ConditionsReader<R> | undefined
  /** The columns that an order may name. */
  readonly orderable: ReadonlySet<string>
  /** The paths in the spec that an order may name: they have an index (contract 13.6). */
  readonly specOrders: ReadonlySet<string>
  /** The order of a list without `orderBy` and `order`. */
  readonly defaultOrder: { readonly column: Column<R>; readonly direction: Direction }
  /** The column that breaks ties: its values are unique within a list. */
  readonly tieBreaker: TextColumn<R>
}

export type Direction = 'asc' | 'desc'

const RESOURCE_LABELS: LabelsReader<Resource> = resource => resource.labels
const RESOURCE_SPEC: SpecReader<Resource> = specJsonOf
const RESOURCE_CONDITIONS: ConditionsReader<Resource> = resource => resource.conditions

const ID = text<Resource>('id', resource => resource.id)
const CREATED_TIME = time<Resource>('created_time', resource => resource.createdTime)

const CLUSTER_COLUMNS: readonly Column<Resource>[] = [
  ID,
  text('name', resource => resource.name),
  text('kind', resource => resource.kind),
  text('created_by', resource => resource.createdBy),
  text('updated_by', resource => resource.updatedBy),
  text('deleted_by', resource => resource.deletedBy),
  integer('generation', resource => BigInt(resource.generation)),
  CREATED_TIME,
  time('updated_time', resource => resource.updatedTime),
  time('deleted_time', resource => resource.deletedTime),
]

const NODEPOOL_COLUMNS: readonly Column<Resource>[] = [
  ...CLUSTER_COLUMNS,
  text('owner_id', resource => resource.ownerId),
]

const ADAPTER = text<AdapterStatus>('adapter', status => status.adapter)
const STATUS_CREATED_TIME = time<AdapterStatus>('created_time', status => status.createdTime)

const STATUS_COLUMNS: readonly Column<AdapterStatus>[] = [
  ADAPTER,
  integer('observed_generation', status => BigInt(status.observedGeneration)),
  STATUS_CREATED_TIME,
  time('last_report_time', status => status.lastReportTime),
]

const NO_PATHS: ReadonlySet<string> = new Set()

/** The catalogue of each target. */
export const CATALOGUES: { readonly [T in SearchTarget]: Catalogue<RecordOf[T]> } = {
  Cluster: resourceCatalogue(CLUSTER_COLUMNS),
  NodePool: resourceCatalogue(NODEPOOL_COLUMNS),
  AdapterStatus: {
    columns: byName(STATUS_COLUMNS),
    labels: undefined,
    spec: undefined,
    conditions: undefined,
    orderable: names(STATUS_COLUMNS),
    specOrders: NO_PATHS,
    defaultOrder: { column: STATUS_CREATED_TIME, direction: 'asc' },
    tieBreaker: ADAPTER,
  },
}

/** The catalogue of resources whose paths in the spec are indexed. */
export function withSpecIndexes<R>(catalogue: Catalogue<R>, paths: Iterable<string>): Catalogue<R> {
  return { ...catalogue, specOrders: new Set(paths) }
}

/** Says how to index paths in the spec. */
export function specIndexHint(paths: readonly string[]): string {
  const are = paths.length === 1 ? 'is' : 'are'
  return `${paths.join(', ')} ${are} not indexed; ${SPEC_INDEXES_VARIABLE}=${JSON.stringify(paths)} would index ${paths.length === 1 ? 'it' : 'them'} from the next start on`
}

/** The text of a field; undefined if the record lacks it. */
export function readText<R>(field: TextField<R>, record: R): string | undefined {
  return field.kind === 'label' ? field.labels(record)?.get(field.key) : field.read(record)
}

/** The name of a field as a user writes it. */
export function fieldName<R>(field: Column<R> | LabelField<R> | SpecField<R> | ConditionField<R>): string {
  switch (field.kind) {
    case 'label':
      return `labels.${field.key}`
    case 'condition': {
      const name = `status.conditions.${field.type}`
      return field.subfield === 'status' ? name : `${name}.${field.subfield}`
    }
    default:
      return field.name
  }
}

const LABEL_KEY = /^[a-z0-9_]+$/

/** True if a label key can be searched and ordered by (contract 4.4, 8.6). */
export function isSearchableLabelKey(key: string): boolean {
  return LABEL_KEY.test(key)
}

const CONDITION_TYPE = /^[A-Z][A-Za-z0-9]*$/

/** True if a type of condition can be searched and counted (contract 8.7). */
export function isConditionType(type: string): boolean {
  return CONDITION_TYPE.test(type)
}

function resourceCatalogue(columns: readonly Column<Resource>[]): Catalogue<Resource> {
  return {
    columns: byName(columns),
    labels: RESOURCE_LABELS,
    spec: RESOURCE_SPEC,
    conditions: RESOURCE_CONDITIONS,
    orderable: names(columns.filter(column => column.name !== 'kind')),
    specOrders: NO_PATHS,
    defaultOrder: { column: CREATED_TIME, direction: 'desc' },
    tieBreaker: ID,
  }
}

function byName<R>(columns: readonly Column<R>[]): ReadonlyMap<string, Column<R>> {
  return new Map(columns.map(column => [column.name, column]))
}

function names<R>(columns: readonly Column<R>[]): ReadonlySet<string> {
  return new Set(columns.map(column => column.name))
}

function text<R>(name: ColumnName, read: TextColumn<R>['read']): TextColumn<R> {
  return { kind: 'text', name, read }
}

function integer<R>(name: ColumnName, read: IntegerColumn<R>['read']): IntegerColumn<R> {
  return { kind: 'integer', name, read }
}

function time<R>(name: ColumnName, read: TimeColumn<R>['read']): TimeColumn<R> {
  return { kind: 'time', name, read }
}
