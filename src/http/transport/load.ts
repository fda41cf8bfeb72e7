// Chooses and loads the engine: the native uWebSockets.js where it loads, node:http otherwise.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { embeddedNative } from '../../binary/native-module.ts'
import { MAX_HEAD_BYTES } from './limits.ts'
import { nodeTransport } from './node.ts'
import type { Transport } from './transport.ts'
import { NO_TLS, uwsTransport } from './uws.ts'
import type { UwsModule } from './uws-module.ts'

/** `auto` is uWebSockets.js where it loads and node:http elsewhere. */
export type EngineChoice = 'auto' | 'uws' | 'node'

/** A transport, with what the user should be told about the choice. */
export interface ChosenTransport extends Transport {
  readonly note: string | undefined
}

/** The native module, or why it does not load, in a sentence. */
export type Loaded =
  | { readonly kind: 'loaded'; readonly uws: UwsModule }
  | { readonly kind: 'unavailable'; readonly reason: string }

const PACKAGE = '@btc-vision/uwebsockets.js'
/** From the folder of the compiled module up to the root of the project, where `dist` is. */
const FOLDERS_UP = 5

/**
 * Chooses an engine; only here the native module is loaded. Throws, with the reason, when uWebSockets.js is asked for
 * by name and does not load, or is asked for TLS.
 */
export function chooseTransport(choice: EngineChoice, hasTls = false): ChosenTransport {
  if (choice === 'node') return { ...nodeTransport, note: undefined }
  if (hasTls && choice === 'uws') throw new Error(`server-engine is uws, and TLS is on: ${NO_TLS}`)
  if (hasTls)
    return {
      ...nodeTransport,
      note: `${NO_TLS}; serving TLS on node:https, which takes about three times the processor time`,
    }
  const loaded = loadUws(dirname(fileURLToPath(import.meta.url)))
  if (loaded.kind === 'loaded') return { ...uwsTransport(loaded.uws), note: undefined }
  if (choice === 'uws') throw new Error(loaded.reason)
  return { ...nodeTransport, note: `${loaded.reason}; serving on node:http, which is slower` }
}

/**
 * Loads the native module: the copy that the build has patched for an older glibc if there is one in `native` or
 * `dist/native` of `folder` or of a folder above it, otherwise the file of the package; the one file has its own. The
 * size of the request head has to be in the environment before; uWebSockets.js reads it while it loads (contract 8.1).
 */
export function loadUws(folder: string): Loaded {
  process.env.UWS_HTTP_MAX_HEADERS_SIZE = String(MAX_HEAD_BYTES)
  const require = createRequire(join(folder, 'load.js'))
  const name = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`
  try {
    const fromFolder = () =>
      require(findPatched(folder, name) ?? join(dirname(require.resolve(PACKAGE)), name))
    return checked(embeddedNative(name) ?? fromFolder())
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { kind: 'unavailable', reason: `uWebSockets.js does not load: ${reason}` }
  }
}

function findPatched(folder: string, name: string): string | undefined {
  let current = folder
  for (let i = 0; i < FOLDERS_UP; i++) {
    for (const file of [join(current, 'native', name), join(current, 'dist', 'native', name)]) {
      if (existsSync(file)) return file
    }
    current = dirname(current)
  }
  return undefined
}

function checked(loaded: unknown): Loaded {
  if (
    typeof loaded === 'object' &&
    loaded !== null &&
    'App' in loaded &&
    'us_listen_socket_close' in loaded
  ) {
    // A native module has no types; its version is pinned, and so is the file.
    return { kind: 'loaded', uws: loaded as UwsModule }
  }
  return { kind: 'unavailable', reason: 'uWebSockets.js does not load: the file is another module' }
}
