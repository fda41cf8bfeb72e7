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

/** SHA-256 of each file of the package before and after; a file not listed is never mended. */
export const PINNED = new Map([
  [
    'x64/node.abi115.glibc.node',
    {
      before: 'f0fa4692f2574eb941f8ed98c722c71ef9c9738589e1279dd265124e45d8feed',
      after: '2837e6dfd7aed5d6346ddf6cbf5734c3660e5ee1c2a8cbe0789489af20e0eb6e',
    },
  ],
  [
    'x64/node.abi127.glibc.node',
    {
      before: '34b64bb44a713689b17a043c3562f48486ccfca59eaa036613995e9fcaae03ae',
      after: 'fe9bbb3f772a2ebe4625aafe1389ef23efeec97d06b6c4a6dc216af08282f777',
    },
  ],
  [
    'x64/node.napi.glibc.node',
    {
      before: '0029b0965ac93b05c057a4c7cf6a10f59dccbe69b23a32518209e190181a0b1c',
      after: 'ab09c0ce057b90ffcecd517443e5aa28fcc0830137caa73eef61c2c65ac20014',
    },
  ],
  [
    'x64/node.napi.musl.node',
    {
      before: '8dda4c141cd1ecbd365745c160e70c969d7e7de850a67b73c382c2ef361b2ba9',
      after: '5dc6fe0bd3a93b4ed5d4a3e447527b7d26ae833cd48fbb0c1f2eb71547771791',
    },
  ],
  [
    'arm64/node.abi115.glibc.node',
    {
      before: 'cfbcb5f264a7bf5a3a03c0f1ee858f9378525d097a8e6d34bf8b378e2469a1ea',
      after: '3e6289f4acda36c2cd7356c378fde01b1aced3b2b138724305877670878a45bd',
    },
  ],
  [
    'arm64/node.abi127.glibc.node',
    {
      before: 'ab2ad896c6574adad7acc2d46a887af2315b52489fd4b39c551dc118a5c6359a',
      after: '0a49ee7aa7b6eae8ac2bdc3f9fe425edb27f0ebbe803c872b6d9a0f202da1e44',
    },
  ],
  [
    'arm64/node.napi.glibc.node',
    {
      before: 'db71e081d0d6c56ecf487f741a724aecdb906c7b10d76369d3a7eeb1ac7fcf05',
      after: 'd86b02e82f8020b2e6b180f6964766fcc01abe88bde5554d780b88f4de08a602',
    },
  ],
  [
    'arm64/node.napi.musl.node',
    {
      before: 'a09007db34594664be8cc8bb91768befd2909c78f4ae6103f7dd41f4daa2b242',
      after: '919afa59c4b61941949db229ababd9b03b020eb86a55a1b8a492a2257870c574',
    },
  ],
])

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
    const pin = PINNED.get(`${arch}/${name}`)
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
  const root = join(dirname(fileURLToPath(import.meta.url)), '..')
  // Where the loader of native files looks for those of this machine.
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
