// The parameter `fields` of lists, watches and resources: the members that an answer has (contract 13.7).
import {
  beginsWith,
  fieldItems,
  fieldPathOf,
  MAX_FIELDS,
  nearestPath,
  RESOURCE_KEYS,
} from '../state/field-path.ts'
import { Projection } from '../state/projection.ts'
import { listedFaults } from '../wire/listed-faults.ts'
import { readParameters } from './list-request.ts'
import { type ProblemReply, problem } from './problems.ts'

/** Projections by the text that they were compiled from: polls repeat theirs. */
const MAX_KEPT = 256
const MAX_KEPT_LENGTH = 512
const kept = new Map<string, Projection>()

/** The projection that all values of `fields` ask for. Undefined if they name nothing: then the answer is whole. */
export function readFields(values: readonly string[]): Projection | ProblemReply | undefined {
  const text = values.join(',')
  if (text === '') return undefined
  const known = kept.get(text)
  if (known !== undefined) return known
  const items = fieldItems(text)
  if (items.length === 0) return undefined
  if (items.length > MAX_FIELDS) return tooMany(items.length)
  const unknown = items.filter(item => !beginsWith(fieldPathOf(item), RESOURCE_KEYS))
  if (unknown.length > 0) return unknownFields(unknown)
  const projection = new Projection(items.map(fieldPathOf))
  if (text.length <= MAX_KEPT_LENGTH) {
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(text, projection)
  }
  return projection
}

/**
 * The same from the query string of a resource, whose other parameters are ignored.
 * @param query the bytes after the `?`, one character each
 */
export function readFieldsOf(query: string): Projection | ProblemReply | undefined {
  if (query === '') return undefined
  const values: string[] = []
  const undecodable = readParameters(query, {
    add(name, value) {
      if (name === PARAMETER) values.push(value)
    },
  })
  if (undecodable !== undefined) return query.includes(PARAMETER) ? undecodable : undefined
  return readFields(values)
}

export const PARAMETER = 'fields'
function tooMany(count: number): ProblemReply {
  const message = `must name at most ${MAX_FIELDS} fields, not ${count}`
  return problem('HYPERFLEET-VAL-000', `${PARAMETER} ${message}`, {
    errors: [{ field: PARAMETER, constraint: 'maxItems', message }],
  })
}

function unknownFields(items: readonly string[]): ProblemReply {
  const faults = items.map(item => {
    const near = nearestPath(fieldPathOf(item), RESOURCE_KEYS)
    const hint = near === undefined ? '' : `; did you mean '${near}'?`
    return {
      field: PARAMETER,
      constraint: 'field',
      message: `'${item}' is not a field of a resource${hint}`,
      value: item,
    }
  })
  const [first = ''] = items
  return problem('HYPERFLEET-VAL-000', `${PARAMETER}: '${first}' is not a field of a resource`, {
    errors: listedFaults(faults),
  })
}
