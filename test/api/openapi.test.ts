// The OpenAPI document: valid for a public linter, and generated only from the table of operations and the validating
// schemas.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { DOCUMENT_ONLY } from '../../src/api/documented.ts'
import * as facets from '../../src/api/facets.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { operations } from '../../src/api/operations.ts'
import * as catalogue from '../../src/api/problems.ts'
import * as resources from '../../src/api/resources.ts'
import * as service from '../../src/api/service.ts'
import * as statuses from '../../src/api/statuses.ts'
import { benchOnBothEngines } from '../harness/bench.ts'

const PROBLEMS: Readonly<Record<string, { readonly status: number; readonly title: string }>> =
  catalogue.PROBLEMS
const LIMITS = { conditionsPerReport: 32, reasonMaxBytes: 1024, messageMaxBytes: 8192 }
const PAGES = { identityFormat: 'email', pageSizeDefault: 100 } as const
const VERSION = '0.1.0'
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']
const BASE = '/api/hyperfleet/v1'

/** The contract: the tables of sections 1 and 2, and section 15. */
const OPERATIONS = [
  'GET /api/hyperfleet',
  `GET ${BASE}/openapi`,
  `GET ${BASE}/openapi.html`,
  `GET ${BASE}/clusters`,
  `POST ${BASE}/clusters`,
  `GET ${BASE}/clusters/{cluster_id}`,
  `PATCH ${BASE}/clusters/{cluster_id}`,
  `GET ${BASE}/clusters/{cluster_id}/statuses`,
  `POST ${BASE}/clusters/{cluster_id}/statuses`,
  `PUT ${BASE}/clusters/{cluster_id}/statuses`,
  `GET ${BASE}/nodepools`,
  `GET ${BASE}/nodepools/{nodepool_id}`,
  `GET ${BASE}/clusters/{cluster_id}/nodepools`,
  `POST ${BASE}/clusters/{cluster_id}/nodepools`,
  `GET ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}`,
  `PATCH ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}`,
  `GET ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}/statuses`,
  `POST ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}/statuses`,
  `PUT ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}/statuses`,
  `DELETE ${BASE}/clusters/{cluster_id}`,
  `POST ${BASE}/clusters/{cluster_id}/force-delete`,
  `DELETE ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}`,
  `POST ${BASE}/clusters/{cluster_id}/nodepools/{nodepool_id}/force-delete`,
  `PATCH ${BASE}/nodepools/{nodepool_id}`,
  `DELETE ${BASE}/nodepools/{nodepool_id}`,
  `POST ${BASE}/nodepools/{nodepool_id}/force-delete`,
  `GET ${BASE}/nodepools/{nodepool_id}/statuses`,
  `POST ${BASE}/nodepools/{nodepool_id}/statuses`,
  `PUT ${BASE}/nodepools/{nodepool_id}/statuses`,
  `GET ${BASE}/explain/clusters`,
  `GET ${BASE}/explain/nodepools`,
  `GET ${BASE}/facets/clusters`,
  `GET ${BASE}/facets/nodepools`,
  `GET ${BASE}/clusters/{cluster_id}/facets/nodepools`,
  `GET ${BASE}/history/clusters`,
  `GET ${BASE}/history/nodepools`,
  `GET ${BASE}/metrics`,
]

interface Content {
  readonly schema?: object
  readonly example?: Readonly<Record<string, unknown>>
}

interface OperationObject {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security?: readonly object[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>
}

interface Document {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly parameters: Readonly<Record<string, object>>
    readonly headers: Readonly<Record<string, object>>
  }
}

/** The document as clients receive it: JSON. */
const source = JSON.stringify(openApiDocument(operations(LIMITS, 'documents'), VERSION, PAGES))
const document: Document = JSON.parse(source)

const every = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.flatMap(method => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method, operation }]
  }),
)

describe('the OpenAPI document', () => {
  // No rule is disabled.
  for (const rules of ['recommended', 'recommended-strict'])
    test(`a public linter finds nothing against its ${rules} rules (contract 1.3)`, async () => {
      const config = await createConfig({ extends: [rules] })
      const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
      assert.deepEqual(
        problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`),
        [],
      )
    })

  test('the linter does find faults (contract 1.3)', async () => {
    const config = await createConfig({ extends: ['recommended'] })
    const broken = source.replaceAll('"responses"', '"answers"')
    const problems = await lintFromString({ source: broken, absoluteRef: 'openapi.json', config })
    assert.ok(problems.some(({ severity }) => severity === 'error'))
  })

  test('it is OpenAPI 3.1 with the version of the server (contract 1.3)', () => {
    assert.match(document.openapi, /^3\.1\.\d+$/)
    assert.equal(document.info.version, VERSION)
  })

  test("it has every operation of the contract's tables and no other (contract 1.3, 2.2)", () => {
    const named = every.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    assert.deepEqual(named.sort(), [...OPERATIONS].sort())
  })

  test('operation ids are unique, and identifiers in any language (contract 1.3)', () => {
    const ids = every.map(({ operation }) => operation.operationId)
    assert.equal(new Set(ids.map(id => id.toLowerCase())).size, ids.length)
    for (const id of ids) assert.match(id, /^[a-z][A-Za-z0-9]*$/)
  })

  test('every tag of an operation is described (contract 1.3)', () => {
    const described = document.tags.map(({ name }) => name).sort()
    assert.deepEqual([...new Set(every.flatMap(({ operation }) => operation.tags))].sort(), described)
  })

  test('every problem is a Problem, and 401 is left out if no token is required (contract 9.1, 10.1)', () => {
    for (const { path, operation } of every) {
      const isOpen = path === '/api/hyperfleet' || path.startsWith(`${BASE}/openapi`)
      assert.equal(operation.responses['401'] === undefined, isOpen, path)
      assert.deepEqual(operation.security, isOpen ? [] : undefined, path)
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        assert.deepEqual(Object.keys(content ?? {}), ['application/problem+json'], `${path} ${status}`)
        const { schema, example } = content?.['application/problem+json'] ?? {}
        assert.deepEqual(schema, { $ref: '#/components/schemas/Problem' })
        assert.equal(example?.status, Number(status))
        assert.equal(PROBLEMS[String(example?.code)]?.title, example?.title, `${path} ${status}`)
        assert.equal(PROBLEMS[String(example?.code)]?.status, example?.status, `${path} ${status}`)
      }
    }
  })

  test('an operation with a body lists the refusals of a body (contract 4.6, 4.10)', () => {
    for (const { path, method, operation } of every)
      for (const status of ['411', '413', '415']) {
        // A DELETE ignores its body, except for the length (contract 11.1).
        const isLimited = 'requestBody' in operation || (method === 'delete' && status !== '415')
        assert.equal(status in operation.responses, isLimited, `${method} ${path} ${status}`)
      }
  })

  test('every part of it has a description and an example (contract 1.3)', () => {
    const bare: string[] = []
    const described = (value: object, path: string) => {
      if (!('$ref' in value) && !('description' in value)) bare.push(`${path} has no description`)
    }
    const shown = (value: object, path: string) => {
      if (!['$ref', 'example', 'examples'].some(name => name in value)) bare.push(`${path} has no example`)
    }
    for (const { schema, path } of schemas()) {
      // A parameter and a header have their own description.
      if (path.startsWith('/components/schemas/')) described(schema, path)
      shown(schema, path)
    }
    for (const { path, method, operation } of every) {
      described(operation, `${method} ${path}`)
      for (const [status, response] of Object.entries(operation.responses)) {
        described(response, `${method} ${path} ${status}`)
        for (const [type, content] of Object.entries(response.content ?? {}))
          if (type !== 'text/html' && !path.endsWith('/openapi'))
            shown(content, `${method} ${path} ${status}`)
      }
    }
    const { parameters, headers } = document.components
    for (const [name, part] of Object.entries({ ...parameters, ...headers })) described(part, name)
    assert.deepEqual(bare, [])
  })

  test('a generator finds the type of every enumeration and of every free object (contract 1.3)', () => {
    const found = schemas(true)
    const of = (name: string) => found.filter(({ schema }) => name in schema)
    assert.ok(of('enum').length > 5)
    for (const { schema, path } of [...of('enum'), ...of('const')])
      if (!path.includes('/contains/')) assert.equal(schema.type, 'string', path)
    const free = found.filter(
      ({ schema }) => [schema.type].flat().includes('object') && !('properties' in schema),
    )
    assert.ok(free.length > 5)
    for (const { schema, path } of free) assert.notEqual(schema.additionalProperties, undefined, path)
  })

  test('the examples satisfy their schemas (contract 1.3)', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats.default(ajv)
    ajv.addSchema({ $id: 'openapi', ...document })
    for (const { schema, path } of schemas()) {
      const validate = ajv.compile({ $ref: `openapi#${encodeURI(path)}` })
      for (const example of [schema.examples ?? []].flat())
        assert.ok(validate(example), `${path}: ${ajv.errorsText(validate.errors)}`)
    }
  })

  test('every reference resolves, and every component is referenced (contract 1.3)', () => {
    const references = new Set([...source.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)].map(([, to]) => to))
    const { schemas, parameters, headers } = document.components
    const components = [
      ...Object.keys(schemas).map(name => `schemas/${name}`),
      ...Object.keys(parameters).map(name => `parameters/${name}`),
      ...Object.keys(headers).map(name => `headers/${name}`),
    ]
    assert.deepEqual([...references].sort(), components.sort())
    assert.equal(source.match(/"\$ref":/g)?.length, source.match(/"\$ref":"#\/components\//g)?.length)
  })

  test('its schemas are valid JSON Schema 2020-12 and compile (contract 1.3)', () => {
    const ajv = new Ajv2020({ strict: false, validateSchema: true })
    addFormats.default(ajv)
    ajv.addFormat('int32', true)
    ajv.addSchema({ $id: 'openapi', ...document })
    for (const name of Object.keys(document.components.schemas))
      assert.doesNotThrow(() => ajv.compile({ $ref: `openapi#/components/schemas/${name}` }), name)
  })

  test('its schemas are the validating ones, with names for parts of them (contract 1.3)', () => {
    const validating: Readonly<Record<string, object>> = {
      ...onlySchemas(resources),
      ...onlySchemas(catalogue),
      ...onlySchemas(facets),
      ...onlySchemas(service),
      ...onlySchemas(statuses),
      AdapterStatusReport: statuses.statusReportSchema(LIMITS),
    }
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      const original = validating[name]
      assert.ok(original, `${name} is not a schema of the server`)
      assert.deepEqual(withoutExamples(inlined(schema, [name])), plain(original), name)
    }
  })
})

function onlySchemas(module: object): Record<string, object> {
  return Object.fromEntries(Object.entries(module).filter(([, value]) => typeof value === 'object'))
}

/** A schema without compiler-only members, and with document-only keywords. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = { ...schema, ...Reflect.get(schema, DOCUMENT_ONLY) }
  return Object.fromEntries(
    Object.entries(members)
      .filter(([key]) => !key.startsWith('~'))
      .map(([key, member]) => [key, plain(member)]),
  )
}

interface Place {
  readonly schema: Readonly<Record<string, unknown>>
  /** A pointer into the document. */
  readonly path: string
}

/** The named schemas, the schemas of parameters and headers, and the schemas of all their members. */
function schemas(withConditions = false): Place[] {
  const { schemas, parameters, headers } = document.components
  const below = (schema: unknown, path: string): Place[] => {
    if (typeof schema !== 'object' || schema === null) return []
    const { properties, items, additionalProperties, allOf, contains } = schema as Record<string, unknown>
    return [
      { schema: { ...schema }, path },
      ...Object.entries(properties ?? {}).flatMap(([name, member]) =>
        below(member, `${path}/properties/${name}`),
      ),
      ...below(items, `${path}/items`),
      ...(withConditions ? below(additionalProperties, `${path}/additionalProperties`) : []),
      ...(withConditions ? [allOf ?? []].flat().flatMap((each, i) => below(each, `${path}/allOf/${i}`)) : []),
      ...(withConditions ? below(contains, `${path}/contains`) : []),
    ]
  }
  return [
    ...Object.entries(schemas).flatMap(([name, schema]) => below(schema, `/components/schemas/${name}`)),
    ...Object.entries({ parameters, headers }).flatMap(([kind, parts]) =>
      Object.entries(parts).flatMap(([name, part]) =>
        below(Reflect.get(part, 'schema'), `/components/${kind}/${name}/schema`),
      ),
    ),
  ]
}

/** A schema without examples, at any depth. */
function withoutExamples(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema, (key, value) => (key === 'examples' ? undefined : value)))
}

/** A schema of the document with each reference resolved, except references of a schema to itself. */
function inlined(schema: unknown, around: readonly string[]): unknown {
  if (Array.isArray(schema)) return schema.map(member => inlined(member, around))
  if (typeof schema !== 'object' || schema === null) return schema
  const reference: unknown = Reflect.get(schema, '$ref')
  const name = typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : undefined
  if (name !== undefined && around.includes(name)) return schema
  if (name !== undefined) return inlined(document.components.schemas[name], [...around, name])
  return Object.fromEntries(Object.entries(schema).map(([key, member]) => [key, inlined(member, around)]))
}

benchOnBothEngines(
  'the OpenAPI document as it is served',
  bench => {
    test('it is generated from the schemas, with the configured limits (contract 1.3)', async () => {
      const { status, headers, json } = await bench.client.get('/openapi')
      assert.equal(status, 200)
      assert.equal(headers['content-type'], 'application/json')
      const limits = { conditionsPerReport: 7, reasonMaxBytes: 100, messageMaxBytes: 200 }
      const expected = openApiDocument(operations(limits, 'documents'), json.info.version, {
        pageSizeDefault: 30,
        identityFormat: 'email',
      })
      assert.deepEqual(json, JSON.parse(JSON.stringify(expected)))
      assert.equal(json.info.version, (await bench.client.get('/api/hyperfleet')).json.version)
      assert.equal(json.components.schemas.AdapterStatusReport.properties.conditions.maxItems, 7)
      assert.equal(json.components.parameters.pageSize.schema.default, 30)
    })
  },
  {
    HYPERFLEET_SERVER_PAGE_SIZE_DEFAULT: '30',
    HYPERFLEET_LIMITS_CONDITIONS_PER_REPORT: '7',
    HYPERFLEET_LIMITS_REASON_MAX_BYTES: '100',
    HYPERFLEET_LIMITS_MESSAGE_MAX_BYTES: '200',
  },
)
