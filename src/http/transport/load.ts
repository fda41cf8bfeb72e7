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

/** `auto` is uWebSockets.js if it loads, otherwise node:http. */
export type EngineChoice = 'auto' | 'uws' | 'node'

/** A transport, with a note for the user about the choice. */
export interface ChosenTransport extends Transport {
  readonly note: string | undefined
}

/** The native module, or a sentence saying why it did not load. */
export type Loaded =
  | { readonly kind: 'loaded'; readonly uws: UwsModule; readonly isPatched: boolean }
  | { readonly kind: 'unavailable'; readonly reason: string }

const PACKAGE = '@btc-vision/uwebsockets.js'
/** Levels from the folder of the compiled module up to the project's root, which contains `dist`. */
const FOLDERS_UP = 5

/**
 * Chooses an engine. The native module is loaded only here.
 * @throws Error with the reason if uWebSockets.js is requested by name and does not load, or is requested for TLS
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
 * Loads the native module: the copy patched by the build for an older glibc, from `native` or `dist/native` of `folder`
 * or a parent folder, otherwise the file of the package. The one-file binary embeds its own. uWebSockets.js reads the
 * maximum head size from the environment while it loads, so it is set first (contract 8.1).
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

/** Folders in which the build may have put its copies, the nearest first. */
function nativeFolders(folder: string): string[] {
  let current = folder
  return Array.from({ length: FOLDERS_UP }, () => {
    const found = [join(current, 'native'), join(current, 'dist', 'native')]
    current = dirname(current)
    return found
  }).flat()
}

/**
 * The reason if patched copies exist, but none for this Node: the build ran with another one. The file of the package
 * is no alternative, even if it loads, because it lacks the patch.
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
    // A native module has no types. Its version and its file are pinned.
    return { kind: 'loaded', uws: loaded as UwsModule, isPatched }
  }
  return { kind: 'unavailable', reason: 'uWebSockets.js does not load: the file is a different module' }
}
