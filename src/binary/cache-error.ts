// Why native modules cannot be loaded from the cache folder.

/** Where the cache folder may be named. */
export const CACHE_VARIABLE = 'HYPERFLEET_CACHE_DIR'

/** The message tells the user what to do. */
export class CacheError extends Error {
  override readonly name = 'CacheError'
}
