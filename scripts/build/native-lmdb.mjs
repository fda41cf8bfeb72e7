// Writes a mended copy of lmdb's native file to dist/native/lmdb on Linux, where the store loads it from. The original is
// never touched; where there is no copy the original serves.
//
// lmdb 3.5.6 prints its words about a page that could not be written into 100 bytes: position, size, number of blocks, and
// the sizes of three buffers, of which two may be anything. When they are too long, the C library finds its memory spoilt
// and ends the process without a word, on a full disk too (contract 9.2 wants 503). The copy ends the format string
// before the buffers: what is left is 80 bytes at most.
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

/** The file with the format string cut off. Throws when it is not there exactly once. */
export function mend(original) {
  const at = original.indexOf(FORMAT, 0, 'latin1')
  if (at === -1 || original.indexOf(FORMAT, at + 1, 'latin1') !== -1) {
    throw new Error('the words about a page that cannot be written are not there once')
  }
  const mended = Buffer.from(original)
  mended[at + END] = 0
  return mended
}

/** Writes the copies of a package's files that a Node with this ABI can load; returns how many are new. */
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
    if (sha256(mended) !== pin.after) throw new Error(`${name} did not become what it should`)
    // Another process may load it at this moment: it sees the whole file or none.
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
  // Folder where the loader of native files looks for files of this machine.
  const targetFolder = join(root, 'dist', 'native', 'lmdb', 'prebuilds', `linux-${arch}`)
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('lmdb'))
    const packageFolder = dirname(require.resolve(`@lmdb/lmdb-linux-${arch}`))
    const written = install({ arch, abi: process.versions.modules, packageFolder, targetFolder })
    if (written > 0) console.log(`native: wrote ${written} files to dist/native/lmdb`)
  } catch (error) {
    console.log(`native: lmdb is used as it is published: ${error.message}`)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  main()
}
