// Parses a served document back into the record that gives exactly this document.
import type Type from 'typebox'
import { Cluster, NodePool, withAnyAuthors } from '../../api/resources.ts'
import { AdapterStatus as AdapterStatusSchema } from '../../api/statuses.ts'
import { compileValidator } from '../../api/validation.ts'
import { encodeDocument } from '../../state/document.ts'
import type { RecordPut } from '../../state/put.ts'
import { readAdapterCondition, readResourceCondition } from '../../state/reader.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../../state/records.ts'
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { type JsonMember, readJsonObject } from '../../wire/json.ts'
import { sameJsonValue } from '../../wire/json-compare.ts'

/**
 * Nesting of a line: the document is one level deep in it, and a spec, with the depth that the API accepts (contract
 * 4.6), one level deep in the document.
 */
export const MAX_DEPTH = 66

export type ParsedDocument =
  | { readonly kind: 'record'; readonly put: RecordPut }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

export interface DocumentParser {
  /** @param text a scanned JSON object */
  resource(text: string, specChangedTime: Instant): ParsedDocument
  status(text: string, resourceKind: ResourceKind, resourceId: string): ParsedDocument
}

type Members = ReadonlyMap<string, JsonMember>

export function createDocumentParser(): DocumentParser {
  const resources = {
    Cluster: parserFor(withAnyAuthors(Cluster)),
    NodePool: parserFor(withAnyAuthors(NodePool)),
  }
  const statuses = parserFor(AdapterStatusSchema)
  return {
    resource(text, specChangedTime) {
      const members = membersOf(text)
      const kind = members.get('kind')?.value
      if (kind !== 'Cluster' && kind !== 'NodePool')
        return faults('document.kind must be "Cluster" or "NodePool"')
      if (members.has('deleted_time') && !members.has('deleted_by'))
        return faults('document.deleted_by is required with deleted_time')
      return resources[kind](members, () => ({
        kind: 'resource',
        record: resourceOf(members, specChangedTime),
      }))
    },
    status(text, resourceKind, resourceId) {
      const members = membersOf(text)
      return statuses(members, () => ({
        kind: 'status',
        record: statusOf(members, resourceKind, resourceId),
      }))
    },
  }
}

function parserFor(schema: Type.TSchema) {
  const validate = compileValidator(schema)
  return (members: Members, build: () => RecordPut): ParsedDocument => {
    const value = Object.fromEntries([...members].map(([name, member]) => [name, member.value]))
    const found = validate(value).map(({ field, message }) => `document.${field} ${message}`)
    if (found.length > 0) return faults(...found)
    try {
      const put = build()
      const differences = differencesFrom(members, membersOf(encodeDocument(put).toString('utf8')))
      return differences.length > 0 ? faults(...differences) : { kind: 'record', put }
    } catch (error) {
      if (error instanceof NoTimeError) return faults(error.message)
      throw error
    }
  }
}

function faults(...all: string[]): ParsedDocument & { kind: 'faults' } {
  return { kind: 'faults', faults: all }
}

/** The schema accepts the time, but it does not exist in the calendar. */
class NoTimeError extends Error {
  override readonly name = 'NoTimeError'
}

/** Empty for anything but an object, which no schema then accepts. */
function membersOf(text: string): Members {
  const read = readJsonObject(Buffer.from(text), { maxDepth: MAX_DEPTH })
  return read.kind === 'object' ? read.members : new Map()
}

/** Lists the members that the server would write differently, so that an import never drops or changes anything silently. */
function differencesFrom(given: Members, own: Members): string[] {
  const names = new Set([...given.keys(), ...own.keys()])
  return [...names].flatMap(name => {
    const [before, after] = [given.get(name)?.text, own.get(name)?.text]
    if (after === undefined) return [`document.${name} is not a member of such a document`]
    if (before !== undefined && sameJsonValue(before, after)) return []
    return [`document.${name} must be ${after}`]
  })
}

function resourceOf(members: Members, specChangedTime: Instant): Resource {
  // The schema has accepted the members.
  const value = <T>(name: string) => members.get(name)?.value as T
  const deletedTime = value<string | undefined>('deleted_time')
  return {
    kind: value<ResourceKind>('kind'),
    id: value<string>('id'),
    name: value<string>('name'),
    ownerId: value<{ id: string } | undefined>('owner_references')?.id,
    generation: value<number>('generation'),
    spec: members.get('spec')?.text ?? '{}',
    labels: labelsOf(members.get('labels')?.text),
    createdTime: instant(value<string>('created_time')),
    updatedTime: instant(value<string>('updated_time')),
    createdBy: value<string>('created_by'),
    updatedBy: value<string>('updated_by'),
    deletedTime: deletedTime === undefined ? undefined : instant(deletedTime),
    deletedBy: deletedTime === undefined ? undefined : value<string | undefined>('deleted_by'),
    conditions: value<{ conditions: Type.Static<typeof Cluster>['status']['conditions'] }>(
      'status',
    ).conditions.map(condition => readResourceCondition(condition, TIMES)),
    specChangedTime,
  }
}

function statusOf(members: Members, resourceKind: ResourceKind, resourceId: string): AdapterStatus {
  // The schema has accepted the members.
  const value = <T>(name: string) => members.get(name)?.value as T
  return {
    resourceKind,
    resourceId,
    adapter: value<string>('adapter'),
    observedGeneration: value<number>('observed_generation'),
    conditions: value<Type.Static<typeof AdapterStatusSchema>['conditions']>('conditions').map(condition =>
      readAdapterCondition(condition, TIMES),
    ),
    metadata: members.get('metadata')?.text,
    data: members.get('data')?.text,
    createdTime: instant(value<string>('created_time')),
    lastReportTime: instant(value<string>('last_report_time')),
  }
}

/** Keeps the order of the text: an object would put keys such as "10" first. */
function labelsOf(text: string | undefined): ReadonlyMap<string, string> | undefined {
  if (text === undefined) return undefined
  return new Map([...membersOf(text)].map(([key, { value }]) => [key, String(value)]))
}

function instant(text: string): Instant {
  const parsed = parseInstant(text)
  if (parsed === undefined) throw new NoTimeError(`document: ${JSON.stringify(text)} is not an RFC 3339 time`)
  return parsed
}

const TIMES = { read: instant }
