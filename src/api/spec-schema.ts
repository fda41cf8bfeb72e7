// The user's own OpenAPI document against which `spec` is checked (contract 4.9).
import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import type { FieldFault } from '../fleet/outcome.ts'
import type { ResourceKind } from '../store/records.ts'
import { fieldPath } from './validate.ts'

/** Gives the faults of a spec, their fields beginning with `spec`. */
export type SpecValidator = (kind: ResourceKind, spec: unknown) => readonly FieldFault[]

const SCHEMA_OF: Readonly<Record<ResourceKind, string>> = { Cluster: 'ClusterSpec', NodePool: 'NodePoolSpec' }
const DOCUMENT_ID = 'openapi'

/**
 * Reads an OpenAPI document (YAML or JSON) and compiles its `ClusterSpec` and `NodePoolSpec`.
 * @throws Error that says what is wrong with the file: unreadable, no document, a schema missing or not valid
 */
export function loadSpecValidator(path: string): SpecValidator {
  const document = readDocument(path)
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: DOCUMENT_ID, ...document })
  const validators = {
    Cluster: compile(ajv, document, 'Cluster', path),
    NodePool: compile(ajv, document, 'NodePool', path),
  }
  return (kind, spec) => {
    const validate = validators[kind]
    return validate(spec) ? [] : (validate.errors ?? []).map(error => faultOf(error, spec))
  }
}

function readDocument(path: string): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(path, 'utf8'))
    if (typeof document === 'object' && document !== null) return { ...document }
  } catch (error) {
    throw new Error(`the OpenAPI document ${path} cannot be read: ${messageOf(error)}`)
  }
  throw new Error(`the OpenAPI document ${path} is not a YAML or JSON object`)
}

function compile(
  ajv: Ajv2020,
  document: Record<string, unknown>,
  kind: ResourceKind,
  path: string,
): ValidateFunction {
  const name = SCHEMA_OF[kind]
  const schemas = member(member(document, 'components'), 'schemas')
  if (member(schemas, name) === undefined)
    throw new Error(`the OpenAPI document ${path} lacks components.schemas.${name}`)
  try {
    return ajv.compile({ $ref: `${DOCUMENT_ID}#/components/schemas/${name}` })
  } catch (error) {
    throw new Error(`components.schemas.${name} of ${path} is not a valid schema: ${messageOf(error)}`)
  }
}

function faultOf(error: ErrorObject, spec: unknown): FieldFault {
  const segments: (string | number)[] = ['spec']
  let value = spec
  for (const segment of error.instancePath.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~')
    segments.push(Array.isArray(value) ? Number(name) : name)
    value = member(value, name)
  }
  if (error.keyword === 'required') segments.push(error.params.missingProperty)
  if (error.keyword === 'additionalProperties') segments.push(error.params.additionalProperty)
  return { field: fieldPath(segments), constraint: error.keyword, message: error.message ?? 'is not valid' }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
