// Where the one file begins. A native module that cannot be loaded is told in a sentence, not with a stack.
import { CacheError } from '../binary/cache-error.ts'

import('./hyperfleet.ts').catch(error => {
  if (!(error instanceof CacheError)) throw error
  console.error(`hyperfleet: ${error.message}`)
  process.exit(1)
})
