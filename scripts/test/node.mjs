// Runs the contract tests on each supported version of Node, installed from npm by exact version:
//
//   npm run test:node
//   npm run test:node -- 24.21.0 conditions    one version; the tests whose path contains the word
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileName } from '../build/native.mjs'
import { nodePackage, SUPPORTED_VERSIONS } from '../build/node-packages.mjs'
import { fetchPackage, fileOf } from '../build/packages.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Path of a version's executable. Extracts it from its package if needed. */
function executable(version) {
  const folder = join(root, 'dist/node', version)
  const path = join(folder, 'node')
  if (existsSync(path)) return path
  const packed = fetchPackage(nodePackage(process.arch, version), join(root, 'dist/binary/packages'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${path}.new`, fileOf(packed, 'bin/node'), { mode: 0o755 })
  renameSync(`${path}.new`, path)
  return path
}

/** Checks that a program built by another Node says so, with a remedy. */
function checkCure(node, abi) {
  rmSync(join(root, 'dist/native', fileName(process.platform, process.arch, abi)), { force: true })
  const said = execFileSync(node, ['dist/src/cli/hyperfleet.js', 'version'], { cwd: root, encoding: 'utf8' })
  if (!/^engine .*: built with .*, running on Node .*: run 'npm run build' with this Node/m.test(said))
    throw new Error(`it does not say that another Node has built it:\n${said}`)
}

function test(version, words) {
  const node = executable(version)
  const abi = execFileSync(node, ['-p', 'process.versions.modules'], { encoding: 'utf8' }).trim()
  console.log(`== Node ${version} (ABI ${abi})`)
  const isOther = abi !== process.versions.modules
  if (
    isOther &&
    existsSync(join(root, 'dist/native', fileName(process.platform, process.arch, process.versions.modules)))
  )
    checkCure(node, abi)
  for (const script of ['native.mjs', 'native-lmdb.mjs'])
    execFileSync(node, [join(root, 'scripts/build', script)], { cwd: root, stdio: 'inherit' })
  const { status } = spawnSync(node, [join(root, 'scripts/test.mjs'), ...words], {
    cwd: root,
    stdio: 'inherit',
  })
  return status === 0
}

if (process.platform !== 'linux') {
  console.log('skipped: the tested packages of Node are for Linux')
} else {
  const [first, ...rest] = process.argv.slice(2)
  const isVersion = SUPPORTED_VERSIONS.includes(first)
  const words = (isVersion ? rest : process.argv.slice(2)).filter(word => word !== '')
  const failed = (isVersion ? [first] : SUPPORTED_VERSIONS).filter(
    version => !test(version, words.length === 0 ? ['dist/test/contract/'] : words),
  )
  if (failed.length > 0) {
    console.error(`the tests fail on Node ${failed.join(' and ')}`)
    process.exitCode = 1
  }
}
