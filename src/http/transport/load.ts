// Chooses and loads the engine: the native uWebSockets.js where it loads, node:http otherwise.
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readBuildInfo } from '../../binary/build-info.ts'
import { embeddedNative } from '../../binary/native-module.ts'
import { reasonOf } from '../../wire/text.ts'
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
  | { readonly kind: 'loaded'; readonly uws: UwsModule; readonly isPatched: boolean }
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
  if (loaded.kind === 'loaded') return { ...uwsTransport(loaded.uws, loaded.isPatched), note: undefined }
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
    const embedded = embeddedNative(name)
    if (embedded !== undefined) return checked(embedded, true)
    const elsewhere = builtElsewhere(folder, name)
    if (elsewhere !== undefined) return { kind: 'unavailable', reason: elsewhere }
    const patched = findPatched(folder, name)
    return checked(require(patched ?? join(dirname(require.resolve(PACKAGE)), name)), patched !== undefined)
  } catch (error) {
    const [reason] = reasonOf(error).split('\n')
    return { kind: 'unavailable', reason: `uWebSockets.js does not load: ${reason}` }
  }
}

function findPatched(folder: string, name: string): string | undefined {
  return nativeFolders(folder)
    .map(native => join(native, name))
    .find(existsSync)
}

/** Where the build may have put its copies, the nearest first. */
function nativeFolders(folder: string): string[] {
  let current = folder
  return Array.from({ length: FOLDERS_UP }, () => {
    const found = [join(current, 'native'), join(current, 'dist', 'native')]
    current = dirname(current)
    return found
  }).flat()
}

/**
 * Why there are patched copies and none for this Node: another one has built them. The file of the package is no way out, even where
 * it loads: it lacks what the patch mends.
 */
function builtElsewhere(folder: string, name: string): string | undefined {
  const native = nativeFolders(folder).find(existsSync)
  if (native === undefined) return undefined
  const copies = readdirSync(native).flatMap(file => {
    const [, abi] = /^uws_\w+_(\d+)\.node$/.exec(file) ?? []
    return abi === undefined ? [] : [{ file, abi }]
  })
  if (copies.length === 0 || copies.some(({ file }) => file === name)) return undefined
  const here = `Node ${process.versions.node} (ABI ${process.versions.modules})`
  return `built with ${builders(copies.map(({ abi }) => abi))}, running on ${here}: run 'npm run build' with this Node`
}

function builders(abis: readonly string[]): string {
  const { node } = readBuildInfo()
  return abis.includes(node.abi)
    ? `Node ${node.version} (ABI ${node.abi})`
    : `a Node of ABI ${abis.join(' and ')}`
}

function checked(loaded: unknown, isPatched: boolean): Loaded {
  if (
    typeof loaded === 'object' &&
    loaded !== null &&
    'App' in loaded &&
    'us_listen_socket_close' in loaded
  ) {
    // A native module has no types; its version is pinned, and so is the file.
    return { kind: 'loaded', uws: loaded as UwsModule, isPatched }
  }
  return { kind: 'unavailable', reason: 'uWebSockets.js does not load: the file is another module' }
}
