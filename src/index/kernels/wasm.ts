// Loads the kernels in WebAssembly SIMD, or the plain ones if that fails.
import { readFileSync } from 'node:fs'
import { embeddedFile } from '../../binary/embedded.ts'
import { reasonOf } from '../../wire/text.ts'
import type { LinearMemory } from '../memory.ts'
import type { Kernels } from './kernels.ts'
import { plainKernels } from './plain.ts'

/** The exports of the module: the kernels by their names. */
type KernelFunctions = Omit<Kernels, 'kind' | 'whyPlain' | 'memory'>

/** Loads the WebAssembly module. If it cannot be found or run, returns the plain kernels with the reason. */
export function loadKernels(
  memory: LinearMemory,
  module: Buffer | URL = embeddedFile('kernels.wasm') ?? new URL('./kernels.wasm', import.meta.url),
): Kernels {
  try {
    return { ...instantiate(memory, module), kind: 'wasm', whyPlain: undefined, memory }
  } catch (error) {
    return plainKernels(memory, reasonOf(error))
  }
}

function instantiate(memory: LinearMemory, module: Buffer | URL): KernelFunctions {
  if (typeof WebAssembly === 'undefined') throw new Error('WebAssembly is not available')
  const compiled = new WebAssembly.Module(module instanceof URL ? readFileSync(module) : module)
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: memory.pages } })
  // The module comes from the same build, and a test compares each of its functions with the plain one.
  return exports as KernelFunctions
}
