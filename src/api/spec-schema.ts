// Validation of `spec` against the user's own OpenAPI document (contract 4.9).
import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'
import type { FieldFault } from '../fleet/field-fault.ts'
import type { ResourceKind } from '../state/records.ts'
import { parseJson } from '../wire/json.ts'
import { JsonTape } from '../wire/json-tape.ts'
import { type CountedFaults, MAX_LISTED_FAULTS } from '../wire/listed-faults.ts'
import { reasonOf } from '../wire/text.ts'
import {
  addBoundedKeywords,
  countSteps,
  linearPatterns,
  MAX_STEPS,
  StepCounter,
  StepsExceeded,
} from './bounded-schema.ts'
import { fieldPath } from './validation.ts'

/** Returns the faults of a spec, given as the JSON text of an object. Their fields begin with `spec`. */
export type SpecValidator = (kind: ResourceKind, spec: string) => CountedFaults<FieldFault>

/** Maximum number of values in a spec checked against a schema, items and members at any depth (contract 4.11). */
export const MAX_CHECKED_VALUES = 20_000

const SCHEMA_OF: Readonly<Record<ResourceKind, string>> = { Cluster: 'ClusterSpec', NodePool: 'NodePoolSpec' }
const DOCUMENT_ID = 'openapi'

/**
 * Reads an OpenAPI document (YAML or JSON) and compiles its `ClusterSpec` and `NodePoolSpec`.
 * @throws Error saying what is wrong with the file: unreadable, not a document, a schema missing or invalid
 */
export function loadSpecValidator(path: string): SpecValidator {
  const document = readDocument(path)
  const steps = new StepCounter()
  const ajv = new Ajv2020({ allErrors: true, strict: false, code: { regExp: linearPatterns(steps) } })
  addFormats.default(ajv)
  addBoundedKeywords(ajv, steps)
  // `compile` adds the counting to the nested schemas, which are shared with the document.
  ajv.addSchema({ $id: DOCUMENT_ID, ...document })
  const validators = {
    Cluster: compile(ajv, document, 'Cluster', path),
    NodePool: compile(ajv, document, 'NodePool', path),
  }
  return (kind, text) => {
    const values = new JsonTape(text).size
    if (values > MAX_CHECKED_VALUES)
      return tooMuch(
        `contains ${values} values; at most ${MAX_CHECKED_VALUES} can be checked against its schema`,
      )
    const spec = parseJson(text)
    const errors = check(validators[kind], spec, steps)
    if (errors === undefined)
      return tooMuch(`takes more than ${MAX_STEPS} steps to be checked against its schema`)
    const listed = errors.slice(0, MAX_LISTED_FAULTS).map(error => faultOf(error, spec))
    return { faults: listed, count: errors.length }
  }
}

/** Errors of a validator. Undefined if the check takes too many steps, or the schema recurses without end. */
function check(validate: ValidateFunction, spec: unknown, steps: StepCounter): ErrorObject[] | undefined {
  steps.begin()
  try {
    return validate(spec) ? [] : (validate.errors ?? [])
  } catch (error) {
    if (error instanceof StepsExceeded || error instanceof RangeError) return undefined
    throw error
  }
}

function tooMuch(message: string): CountedFaults<FieldFault> {
  return { faults: [{ field: 'spec', constraint: 'cost', message }], count: 1 }
}

function readDocument(path: string): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(path, 'utf8'))
    if (typeof document === 'object' && document !== null) return { ...document }
  } catch (error) {
    throw new Error(`the OpenAPI document ${path} cannot be read: ${reasonOf(error)}`)
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
    countSteps(document, `/components/schemas/${name}`)
    return ajv.compile({ $ref: `${DOCUMENT_ID}#/components/schemas/${name}` })
  } catch (error) {
    throw new Error(`components.schemas.${name} of ${path} is not a valid schema: ${reasonOf(error)}`)
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
