// WebAssembly modules that the build adds to the program. Each works on a memory that it is given.
import { readFileSync } from 'node:fs'

/** Returns the functions of a module. Throws if it cannot be read, or if there is no WebAssembly. */
export function instantiate(module: Buffer | URL, memory: unknown): unknown {
  if (typeof WebAssembly === 'undefined') throw new Error('WebAssembly is not available')
  const compiled = new WebAssembly.Module(module instanceof URL ? readFileSync(module) : module)
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports
}
