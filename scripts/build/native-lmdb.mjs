// Writes a patched copy of lmdb's native file to dist/native/lmdb on Linux, from where the store loads it. The original is never
// changed, and is used if there is no copy.
//
// lmdb 3.5.6 formats the message about a failed page write into 100 bytes: position, size, number of blocks, and the sizes of
// three buffers, two of which may be arbitrary. A longer message overflows, and the C library ends the process without a message,
// also on a full disk (contract 9.2 requires 503). The copy ends the format string before the buffers, which leaves at most
// 80 bytes.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { sha256 } from './native.mjs'
import { LMDB_PINS } from './native-pins.mjs'

const FORMAT = 'Attempting to write page at position %u, size %u, blocks %u, buffer sizes %i %i %i\0'
const END = FORMAT.indexOf(', buffer sizes')

/** The file with a shortened format string. Throws unless it occurs exactly once. */
export function mend(original) {
  const at = original.indexOf(FORMAT, 0, 'latin1')
  if (at === -1 || original.indexOf(FORMAT, at + 1, 'latin1') !== -1) {
    throw new Error('the message about a failed page write does not occur exactly once')
  }
  const mended = Buffer.from(original)
  mended[at + END] = 0
  return mended
}

/** Writes copies of a package's files for this ABI of Node. Returns the number of new ones. */
export function install({ arch, abi, packageFolder, targetFolder }) {
  mkdirSync(targetFolder, { recursive: true })
  let written = 0
  const isLoadable = name => name.startsWith(`node.abi${abi}.`) || name.startsWith('node.napi.')
  for (const name of readdirSync(packageFolder).filter(isLoadable)) {
    const pin = LMDB_PINS.get(`${arch}/${name}`)
    const target = join(targetFolder, name)
    if (pin !== undefined && hashOf(target) === pin.after) continue
    rmSync(target, { force: true })
    const original = readFileSync(join(packageFolder, name))
    if (pin === undefined || sha256(original) !== pin.before) continue
    const mended = mend(original)
    if (sha256(mended) !== pin.after) throw new Error(`the patch of ${name} does not give the pinned file`)
    // Written atomically, because another process may be loading it.
    writeFileSync(`${target}.new`, mended, { mode: 0o755 })
    renameSync(`${target}.new`, target)
    written++
  }
  return written
}

function hashOf(path) {
  try {
    return sha256(readFileSync(path))
  } catch {
    return undefined
  }
}

function main() {
  const { platform, arch } = process
  if (platform !== 'linux') return
  const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
  // The folder that the loader of native files searches on this machine.
  const targetFolder = join(root, 'dist', 'native', 'lmdb', 'prebuilds', `linux-${arch}`)
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('lmdb'))
    const packageFolder = dirname(require.resolve(`@lmdb/lmdb-linux-${arch}`))
    const written = install({ arch, abi: process.versions.modules, packageFolder, targetFolder })
    if (written > 0) console.log(`native: wrote ${written} files to dist/native/lmdb`)
  } catch (error) {
    console.log(`native: using lmdb as published: ${error.message}`)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  main()
}
