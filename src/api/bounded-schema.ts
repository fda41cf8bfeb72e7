// A user's JSON Schema with bounded work (contract 4.11). The cost of a check is counted while it runs, patterns match
// in linear time, and a schema that cannot be bounded is refused at startup.
import { _, type Ajv2020, type KeywordCxt } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'
import { reasonOf } from '../wire/text.ts'

/** Steps per check: one per subschema applied to a value, or per 64 characters matched. 100,000 take about 20 ms. */
export const MAX_STEPS = 100_000
const CHARACTERS_PER_STEP = 64
/** Counting keyword, inserted into every subschema. */
const STEP = 'x-hyperfleet-step'

const SCHEMAS = ['items', 'contains', 'additionalProperties', 'propertyNames', 'if', 'then', 'else', 'not']
const MORE_SCHEMAS = ['additionalItems', 'unevaluatedItems', 'unevaluatedProperties', 'contentSchema']
const LISTS_OF_SCHEMAS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const MAPS_OF_SCHEMAS = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions']
const SINGLE_SCHEMAS: readonly string[] = [...SCHEMAS, ...MORE_SCHEMAS]

/** Thrown by a check that exceeds its steps. */
export class StepsExceeded extends Error {
  override readonly name = 'StepsExceeded'
}

/** Counts the steps of the current check. */
export class StepCounter {
  left = MAX_STEPS
  readonly exceeded = new StepsExceeded(`a check takes more than ${MAX_STEPS} steps`)

  begin(): void {
    this.left = MAX_STEPS
  }

  /** @throws StepsExceeded if none are left */
  spend(steps: number): void {
    this.left -= steps
    if (this.left < 0) throw this.exceeded
  }

  spendOn(text: string): void {
    this.spend(1 + text.length / CHARACTERS_PER_STEP)
  }
}

/**
 * Engine for `pattern` and `patternProperties`: RE2, which takes linear time for every pattern. A pattern must also be
 * valid in JavaScript.
 * @throws Error for a pattern with lookaround, a back reference or a repetition of more than 1000
 */
export function linearPatterns(steps: StepCounter) {
  const engine = (pattern: string, flags: string) => {
    new RegExp(pattern, flags)
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
    return {
      test: (text: string): boolean => {
        steps.spendOn(text)
        return compiled.test(text)
      },
      /** Ajv treats patterns with the same text as identical. */
      toString: () => `/${pattern}/${flags}`,
    }
  }
  return Object.assign(engine, { code: 'linearPatterns' })
}

/** Adds the counting keyword, a linear `uniqueItems` and a linear `url` format to a validator. */
export function addBoundedKeywords(ajv: Ajv2020, steps: StepCounter): void {
  ajv.addKeyword({
    keyword: STEP,
    code({ gen }: KeywordCxt) {
      const counter = gen.scopeValue('obj', { ref: steps })
      gen.if(_`--${counter}.left < 0`, () => gen.throw(_`${counter}.exceeded`))
    },
  })
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not contain duplicate items' },
    validate: (isWanted: boolean, items: readonly unknown[]) => !isWanted || areUnique(items, steps),
  })
  // The expression in ajv-formats can take more than linear time.
  ajv.addFormat('url', text => /^(?:https?|ftp):\/\/\S+$/i.test(text) && URL.canParse(text))
}

/** Compares items by their texts in a set. Pairwise comparison of 280 kB of objects took 17 s. */
function areUnique(items: readonly unknown[], steps: StepCounter): boolean {
  const texts = new Set<string>()
  for (const item of items) {
    const text = canonicalText(item, steps)
    if (texts.has(text)) return false
    texts.add(text)
  }
  return true
}

/** Canonical text of a value: equal values have equal texts, regardless of the order of keys. */
function canonicalText(value: unknown, steps: StepCounter): string {
  steps.spend(1)
  if (Array.isArray(value)) return `[${value.map(item => canonicalText(item, steps)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${canonicalText(member, steps)}`,
  )
  return `{${members.sort().join(',')}}`
}

/**
 * Inserts the counting keyword into a schema of a document and into every schema it refers to.
 * @param pointer location of the schema, such as `/components/schemas/ClusterSpec`
 * @throws Error naming the location of an unbounded schema
 */
export function countSteps(document: unknown, pointer: string): void {
  new Walk(document).visit(pointer)
}

class Walk {
  readonly #document: unknown
  readonly #seen = new Set<object>()

  constructor(document: unknown) {
    this.#document = document
  }

  visit(pointer: string): void {
    const schema = valueAt(this.#document, pointer)
    if (!isObject(schema) || this.#seen.has(schema)) return
    this.#seen.add(schema)
    this.#refuse(schema, pointer)
    for (const name of SINGLE_SCHEMAS) if (name in schema) this.visit(`${pointer}/${name}`)
    for (const name of LISTS_OF_SCHEMAS) this.#each(schema[name], `${pointer}/${name}`)
    for (const name of MAPS_OF_SCHEMAS) this.#each(schema[name], `${pointer}/${name}`)
    if (Array.isArray(schema.items)) this.#each(schema.items, `${pointer}/items`)
    if (typeof schema.$ref === 'string') this.visit(decodeURIComponent(schema.$ref.slice(1)))
    schema[STEP] = true
  }

  #each(schemas: unknown, pointer: string): void {
    if (typeof schemas !== 'object' || schemas === null) return
    for (const name of Object.keys(schemas)) this.visit(`${pointer}/${escaped(name)}`)
  }

  #refuse(schema: Record<string, unknown>, pointer: string): void {
    for (const name of ['$dynamicRef', '$recursiveRef'])
      if (name in schema) throw new Error(`${name} at #${pointer} cannot be bounded; use $ref`)
    const { $ref, pattern, patternProperties } = schema
    if (typeof $ref === 'string' && $ref !== '#' && !$ref.startsWith('#/'))
      throw new Error(`$ref at #${pointer} must lead to a place in the document (#/…), not to '${$ref}'`)
    if (typeof pattern === 'string') requireLinear(pattern, `${pointer}/pattern`)
    if (isObject(patternProperties))
      for (const name of Object.keys(patternProperties)) requireLinear(name, `${pointer}/patternProperties`)
  }
}

function requireLinear(pattern: string, pointer: string): void {
  try {
    new RegExp(pattern, 'u')
    RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(
      `the pattern '${pattern}' at #${pointer} cannot be matched in linear time (no lookaround, no back references, no more than 1000 repetitions): ${reason}`,
    )
  }
}

function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined,
      document,
    )
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
