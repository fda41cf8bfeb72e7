// Entry point of the single-file build. Reports a native module that cannot be loaded in one sentence, without a stack trace.
import { CacheError } from '../binary/cache-error.ts'

import('./hyperfleet.ts').catch(error => {
  if (!(error instanceof CacheError)) throw error
  console.error(`hyperfleet: ${error.message}`)
  process.exit(1)
})
