// The entry of the one file. A native module that cannot be loaded is reported with a sentence, not with a stack.
import { CacheError } from '../binary/cache-error.ts'

import('./hyperfleet.ts').catch(error => {
  if (!(error instanceof CacheError)) throw error
  console.error(`hyperfleet: ${error.message}`)
  process.exit(1)
})
