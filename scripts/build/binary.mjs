// Builds dist/hyperfleet-linux-x64 (or -arm64): Node and the whole program in one file (docs/internals/build.md).
//
//   npm run build:binary
//   npm run build:binary -- --arch arm64
//   npm run build:binary -- --check      builds twice and compares
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './binary-bundle.mjs'
import { ARCHITECTURES, licenses, nativeFiles, RUNTIME, readFiles, runtimeFile } from './binary-contents.mjs'
import { buildInfo } from './info.mjs'
import { sha256 } from './native.mjs'

/** The marker in Node's file that tells Node whether a program is embedded. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Builds the binary of an architecture at `path`. Returns its checksum. */
async function buildBinary(arch, path) {
  const folder = join(root, 'dist/binary', arch)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await makeBlob(arch, folder)
  const binary = join(folder, 'hyperfleet')
  writeFileSync(binary, runtimeFile(arch, 'bin/node'), { mode: 0o755 })
  const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js')
  const blob = join(folder, 'hyperfleet.blob')
  run(process.execPath, [postject, binary, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE], folder)
  // Replaces the file by a rename, so that a running binary is not changed.
  renameSync(binary, path)
  rmSync(folder, { recursive: true, force: true })
  return sha256(readFileSync(path))
}

/** Writes the contents of the binary to `folder`, and combines them into one blob there. */
async function makeBlob(arch, folder) {
  const packageFolders = await bundle(root, join(folder, 'hyperfleet.cjs'))
  const made = {
    ...nativeFiles(arch),
    'build-info.json': buildInfo(root, RUNTIME),
    LICENSES: licenses(arch, packageFolders),
  }
  const assets = readFiles()
  for (const [name, bytes] of Object.entries(made)) {
    assets[name] = join(folder, name)
    writeFileSync(assets[name], bytes)
  }
  // The blob contains the path of the main file, so a relative one keeps builds identical. A code cache would make the start
  // slightly faster, but differs between builds.
  const config = {
    main: 'hyperfleet.cjs',
    output: 'hyperfleet.blob',
    disableExperimentalSEAWarning: true,
    assets,
  }
  writeFileSync(join(folder, 'sea.json'), JSON.stringify(config))
  // The format of the blob depends on the Node that creates it, so this machine's build of the same Node is used.
  const node = join(folder, 'node')
  writeFileSync(node, runtimeFile(process.arch, 'bin/node'), { mode: 0o755 })
  run(node, ['--experimental-sea-config', 'sea.json'], folder)
}

/** Runs a program. Its output appears only in the error if it fails. */
function run(program, args, folder) {
  execFileSync(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function main() {
  const { values } = parseArgs({ options: { arch: { type: 'string' }, check: { type: 'boolean' } } })
  const arch = values.arch ?? process.arch
  // Both builds of --check use the same time.
  process.env.SOURCE_DATE_EPOCH ||= String(Math.floor(Date.now() / 1000))
  if (process.platform !== 'linux' || ![arch, process.arch].every(name => ARCHITECTURES.includes(name)))
    throw new Error(`the binary can only be built on Linux, for ${ARCHITECTURES.join(' or ')}`)
  const path = join(root, `dist/hyperfleet-linux-${arch}`)
  const digest = await buildBinary(arch, path)
  console.log(`${relative(root, path)}: ${readFileSync(path).length} bytes, SHA-256 ${digest}`)
  if (values.check) await compareWithSecond(arch, path, digest)
}

async function compareWithSecond(arch, path, digest) {
  const second = `${path}.second`
  const digestOfSecond = await buildBinary(arch, second)
  if (digestOfSecond !== digest)
    throw new Error(`the second build differs: ${relative(root, second)}, SHA-256 ${digestOfSecond}`)
  rmSync(second)
  console.log('the second build is identical')
}

main().catch(error => {
  console.error(`build:binary: ${error.message}`)
  process.exit(1)
})
