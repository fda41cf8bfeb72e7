// Audit of a single document: the schemas that it is served under, and the rules that they cannot express.

import Type from 'typebox'
import {
  Cluster,
  ClusterCreateRequest,
  NodePool,
  NodePoolCreateRequest,
  withAnyAuthors,
} from '../../api/resources.ts'
import { AdapterStatus as AdapterStatusSchema } from '../../api/statuses.ts'
import { compileValidator } from '../../api/validation.ts'
import { isAuthor } from '../../fleet/author.ts'
import type { AdapterStatus, Resource } from '../../state/records.ts'
import { parseJson } from '../../wire/json.ts'

/** Lists the faults in the documents of records. */
export interface DocumentChecks {
  resource(resource: Resource, json: Buffer): string[]
  status(status: AdapterStatus, json: Buffer): string[]
}

/** Conditions of every report (contract 5.2). */
const MANDATORY = ['Available', 'Applied', 'Health']

export function createDocumentChecks(): DocumentChecks {
  const chosen = ({ name, labels }: { readonly name: Type.TSchema; readonly labels: Type.TSchema }) =>
    faultsUnder(Type.Object({ name, labels }))
  const resources = {
    Cluster: faultsUnder(withAnyAuthors(Cluster)),
    NodePool: faultsUnder(withAnyAuthors(NodePool)),
  }
  /** Members that clients choose, within the rules for requests (contract 4.2, 4.4). */
  const choices = {
    Cluster: chosen(ClusterCreateRequest.properties),
    NodePool: chosen(NodePoolCreateRequest.properties),
  }
  const statuses = faultsUnder(AdapterStatusSchema)
  return {
    resource: (resource, json) => {
      const document = parseJson(json.toString('utf8'))
      return [
        ...resources[resource.kind](document),
        ...choices[resource.kind](document),
        ...timeFaults(resource),
        ...authorFaults(resource),
      ]
    },
    status: (status, json) => [...statuses(parseJson(json.toString('utf8'))), ...reportFaults(status)],
  }
}

function faultsUnder(schema: Type.TSchema): (document: unknown) => string[] {
  const validate = compileValidator(schema)
  return document => validate(document).map(({ field, message }) => `${field} ${message}`)
}

/** Contract 3.4, 6.13. */
function timeFaults({ createdTime, updatedTime, deletedTime, specChangedTime }: Resource): string[] {
  const faults: string[] = []
  if (updatedTime < createdTime) faults.push('updated_time is before created_time')
  if (specChangedTime < createdTime || specChangedTime > updatedTime)
    faults.push('the time of the last spec change is not between created_time and updated_time')
  if (deletedTime !== undefined && (deletedTime < createdTime || deletedTime > updatedTime))
    faults.push('deleted_time is not between created_time and updated_time')
  return faults
}

/** Contract 3.6: the schema checks the length only. */
function authorFaults({ createdBy, updatedBy, deletedBy = '' }: Resource): string[] {
  const authors = { created_by: createdBy, updated_by: updatedBy, deleted_by: deletedBy }
  return Object.entries(authors)
    .filter(([, author]) => author !== '' && !isAuthor('any', author))
    .map(([name]) => `${name} must not have control characters`)
}

/** Contract 5.1, 5.2. */
function reportFaults({ conditions }: AdapterStatus): string[] {
  const types = conditions.map(({ type }) => type)
  const faults = MANDATORY.filter(type => !types.includes(type)).map(
    type => `the condition ${type} is missing`,
  )
  if (new Set(types).size < types.length) faults.push('a condition type appears twice')
  return faults
}
