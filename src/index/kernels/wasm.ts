// Loads the kernels in WebAssembly SIMD, or the plain ones if that fails.
import { embeddedFile } from '../../binary/embedded.ts'
import { instantiate } from '../../binary/wasm-module.ts'
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
    // The module comes from the same build, and a test compares each of its functions with the plain one.
    const functions = instantiate(module, memory.pages) as KernelFunctions
    return { ...functions, kind: 'wasm', whyPlain: undefined, memory }
  } catch (error) {
    return plainKernels(memory, reasonOf(error))
  }
}
