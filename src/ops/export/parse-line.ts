// Parses a line of an export into a record, or into all its faults.

import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { RecordPut } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { type JsonMember, readJsonObject } from '../../wire/json.ts'
import { FORMAT_NAME, VERSION } from './format.ts'
import { type DocumentParser, MAX_DEPTH, type ParsedDocument } from './parse-document.ts'

export type ParsedHeader =
  | { readonly kind: 'header'; readonly counts: Counts }
  | { readonly kind: 'faults'; readonly faults: readonly string[] }

export type ParsedRecord =
  | { readonly kind: 'record'; readonly put: RecordPut }
  /** `begins` is true if the line should have been a resource, which begins a group. */
  | { readonly kind: 'faults'; readonly faults: readonly string[]; readonly begins: boolean }

const count = Type.Integer({ minimum: 0 })
const Header = Compile(
  Type.Object({
    format: Type.Literal(FORMAT_NAME),
    version: count,
    clusters: count,
    nodepools: count,
    statuses: count,
  }),
)
const Reference = Compile(
  Type.Object({ kind: Type.Enum(['Cluster', 'NodePool']), id: Type.String({ minLength: 1 }) }),
)

/** Parses the first line of an export. */
export function parseHeader(bytes: Buffer): ParsedHeader {
  const read = readJsonObject(bytes, { maxDepth: MAX_DEPTH })
  if (read.kind === 'malformed') return faults(`this is not an export: ${inALine(read.reason)}`)
  const header = Object.fromEntries([...read.members].map(([name, { value }]) => [name, value]))
  if (!Header.Check(header))
    return faults(
      'this is not an export: its first line must look like ' +
        `{"format":"${FORMAT_NAME}","version":${VERSION},"clusters":0,"nodepools":0,"statuses":0}`,
    )
  if (header.version > VERSION)
    return faults(
      `this export has version ${header.version}, but this program reads ${VERSION}: use a newer program`,
    )
  const { clusters, nodepools, statuses } = header
  return { kind: 'header', counts: { clusters, nodepools, statuses } }
}

/** Parses any other line. */
export function parseRecord(bytes: Buffer, documents: DocumentParser): ParsedRecord {
  const read = readJsonObject(bytes, { maxDepth: MAX_DEPTH })
  if (read.kind === 'malformed') return { ...faults(inALine(read.reason)), begins: false }
  const begins = read.members.get('record')?.value === 'resource'
  const parsed = parseMembers(read.members, documents)
  return parsed.kind === 'record' ? parsed : { ...parsed, begins }
}

function parseMembers(members: ReadonlyMap<string, JsonMember>, documents: DocumentParser): ParsedDocument {
  const known = ['record', 'spec_changed_time', 'resource', 'document']
  const unknown = [...members.keys()].filter(name => !known.includes(name))
  if (unknown.length > 0)
    return faults(...unknown.map(name => `${JSON.stringify(name)} is not a member of a line`))
  const document = members.get('document')?.text
  if (document === undefined) return faults('document is required: the record as served')
  switch (members.get('record')?.value) {
    case 'resource': {
      const specChangedTime = timeOf(members.get('spec_changed_time')?.value)
      if (specChangedTime !== undefined) return documents.resource(document, specChangedTime)
      return faults('spec_changed_time must be an RFC 3339 time, such as "2026-01-01T00:00:00Z"')
    }
    case 'status': {
      const resource = members.get('resource')?.value
      if (Reference.Check(resource)) return documents.status(document, resource.kind, resource.id)
      return faults('resource must identify what the status is about, such as {"kind":"Cluster","id":"2…"}')
    }
    default:
      return faults('record must be "resource" or "status"')
  }
}

function timeOf(value: unknown): Instant | undefined {
  return typeof value === 'string' ? parseInstant(value) : undefined
}

function faults(...all: string[]): { readonly kind: 'faults'; readonly faults: readonly string[] } {
  return { kind: 'faults', faults: all }
}

/** Adapts a message about a request body to a line. */
function inALine(reason: string): string {
  return reason.replaceAll('the body', 'the line').replace(' at line 1, column ', ' at column ')
}
