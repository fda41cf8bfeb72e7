// Keywords that only the OpenAPI document shows: the validator has checks of its own in their place, or the value never
// reaches it. The validator ignores them.
import Type from 'typebox'

/** Member of a schema that contains these keywords. In the document they replace members of the same name. */
export const DOCUMENT_ONLY = '~document'

/** A copy of a schema with document-only keywords. */
export function documented<T extends Type.TSchema>(
  schema: T,
  keywords: Readonly<Record<string, unknown>>,
): T {
  const copy = clone(schema)
  return Object.assign(copy, {
    [DOCUMENT_ONLY]: { ...Reflect.get(schema, DOCUMENT_ONLY), ...keywords },
  })
}

/** For an optional member of a body: `null` counts as absent (contract 3.7) and is removed before validation. */
export function orNull<T extends Type.TSchema>(schema: T): T {
  return documented(schema, { type: [Reflect.get(schema, 'type'), 'null'] })
}

/** An enumeration of strings. The document states the type, because client generators need it. */
export function oneOf<Values extends string[]>(values: readonly [...Values], description: string) {
  return Type.Enum(values, { description, [DOCUMENT_ONLY]: { type: 'string' } })
}

/** A copy that keeps TypeBox's non-enumerable members. */
function clone<T extends object>(value: T): T {
  return Object.create(Object.getPrototypeOf(value), Object.getOwnPropertyDescriptors(value))
}
