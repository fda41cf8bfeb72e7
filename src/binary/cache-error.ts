// Failure to load native modules from the cache folder.

/** Names the cache folder. */
export const CACHE_VARIABLE = 'HYPERFLEET_CACHE_DIR'

/** The message tells the user how to fix it. */
export class CacheError extends Error {
  override readonly name = 'CacheError'
}
