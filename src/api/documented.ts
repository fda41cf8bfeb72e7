// What the OpenAPI document says of a schema in the words of JSON Schema, where the validator has words of its own or the
// value never reaches it. The validator does not read it.
import Type from 'typebox'

/** The member of a schema that holds it; the document has it in place of members of the same name. */
export const DOCUMENT_ONLY = '~document'

/** A copy of a schema with keywords for the document alone. */
export function documented<T extends Type.TSchema>(
  schema: T,
  keywords: Readonly<Record<string, unknown>>,
): T {
  const copy = clone(schema)
  return Object.assign(copy, {
    [DOCUMENT_ONLY]: { ...Reflect.get(schema, DOCUMENT_ONLY), ...keywords },
  })
}

/** For an optional member of a body: `null` counts as absent (contract 3.7), and is taken away before the validation. */
export function orNull<T extends Type.TSchema>(schema: T): T {
  return documented(schema, { type: [Reflect.get(schema, 'type'), 'null'] })
}

/** One of some words; the document names their type for generators, which make one of it. */
export function oneOf<Values extends string[]>(values: readonly [...Values], description: string) {
  return Type.Enum(values, { description, [DOCUMENT_ONLY]: { type: 'string' } })
}

/** Keeps the members that TypeBox hides from enumeration. */
function clone<T extends object>(value: T): T {
  return Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value))
}
