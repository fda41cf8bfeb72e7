// Paths in the spec of a resource, as searches and settings write them: `spec.network.type` (contract 13.2, 13.4).

/** Most keys of a path. */
export const MAX_SPEC_KEYS = 8

/** Most paths with an index (contract 13.5). */
export const MAX_SPEC_INDEXES = 32

/** The setting that names them, as a variable. */
export const SPEC_INDEXES_VARIABLE = 'HYPERFLEET_SEARCH_SPEC_INDEXES'

/** JSON Schema of a path. */
export const SPEC_PATH = { pattern: `^spec(\\.[A-Za-z0-9_]+){1,${MAX_SPEC_KEYS}}$` } as const

/** The keys of a path, without `spec`. */
export function keysOf(path: string): readonly string[] {
  return path.split('.').slice(1)
}
