// Schemas of the OpenAPI document, by name: the validating ones, plus document-only keywords and an example each.
import type { TSchema } from 'typebox'
import { BASE_PATH } from '../wire/paths.ts'
import { DOCUMENT_ONLY } from './documented.ts'
import { exampleOf, OTHER_EXAMPLES, problemExample, REPORT_EXAMPLE } from './examples.ts'
import {
  ClusterFacets,
  ClusterHistory,
  Facet,
  FacetBucket,
  FacetValue,
  HistoryPoint,
  NodePoolFacets,
  NodePoolHistory,
} from './facets.ts'
import type { OperationTable } from './operations.ts'
import { Problem, ProblemFault } from './problems.ts'
import {
  Cluster,
  ClusterCreateRequest,
  ClusterList,
  ForceDeleteRequest,
  NodePool,
  NodePoolCreateRequest,
  NodePoolList,
  OwnerReference,
  ResourceCondition,
  ResourcePatchRequest,
  ResourceStatus,
  withAnyAuthors,
} from './resources.ts'
import { ApiInfo, QueryPlan, QueryStep } from './service.ts'
import { AdapterCondition, AdapterStatus, AdapterStatusList } from './statuses.ts'

/** A JSON value of the document. */
export type Json = { [name: string]: unknown }

/** Names of the schemas that the document refers to. */
export type SchemaNames = ReadonlyMap<TSchema, string>

export function namedSchemas(table: OperationTable): SchemaNames {
  const report = table.putClusterStatuses?.request
  const schemas: Record<string, TSchema> = {
    ApiInfo,
    Cluster,
    ClusterCreateRequest,
    ClusterFacets,
    ClusterHistory,
    ClusterList,
    Facet,
    FacetBucket,
    FacetValue,
    ForceDeleteRequest,
    NodePool,
    NodePoolCreateRequest,
    HistoryPoint,
    NodePoolFacets,
    NodePoolHistory,
    NodePoolList,
    OwnerReference,
    ResourceCondition,
    ResourcePatchRequest,
    ResourceStatus,
    AdapterCondition,
    AdapterStatus,
    AdapterStatusList,
    ...(report === undefined ? {} : { AdapterStatusReport: report }),
    Problem,
    ProblemFault,
    QueryPlan,
    QueryStep,
  }
  return new Map(Object.entries(schemas).map(([name, schema]) => [schema, name]))
}

/** Full schemas, by name. */
export function schemaComponents(names: SchemaNames, identityFormat: 'email' | 'any'): Json {
  return Object.fromEntries(
    [...names].map(([schema, name]) => [
      name,
      withExamples(
        withReferences(identityFormat === 'any' ? withAnyAuthors(schema) : schema, names, schema),
        examples(schema, name),
      ),
    ]),
  )
}

/** A copy of a schema as it appears in the document: every named schema below `root` becomes a reference. */
export function withReferences(schema: unknown, names: SchemaNames, root?: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(item => withReferences(item, names))
  if (!isObject(schema)) return schema
  const name = schema === root ? undefined : names.get(schema)
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  const said = schema[DOCUMENT_ONLY]
  return Object.fromEntries(
    Object.entries({ ...schema, ...(isObject(said) ? said : {}) })
      .filter(([name]) => !name.startsWith('~'))
      .map(([name, member]) => [name, withReferences(member, names)]),
  )
}

/** Example of a body, by its schema. */
export function bodyExample(schema: TSchema, names: SchemaNames): unknown {
  return examples(schema, names.get(schema))
}

function examples(schema: TSchema, name: string | undefined): unknown {
  if (name === 'AdapterStatusReport') return REPORT_EXAMPLE
  if (name === 'Problem') return problemExample(400, `${BASE_PATH}/clusters`)
  return exampleOf(schema)
}

/** Gives a schema its example, and each schema below it the matching part of that example. */
function withExamples(schema: unknown, example: unknown): unknown {
  if (!isObject(schema) || '$ref' in schema || example === undefined) return schema
  const { properties, items } = schema
  return {
    ...schema,
    ...(isObject(properties) && isObject(example)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, member]) => [
              name,
              withExamples(member, example[name] ?? OTHER_EXAMPLES[name]),
            ]),
          ),
        }
      : {}),
    ...(items !== undefined && Array.isArray(example) ? { items: withExamples(items, example[0]) } : {}),
    examples: [example],
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
