// Contents of the binary: the runtime, the matching native modules, and the files that the program reads.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileName, patch, sha256 } from './native.mjs'
import { mend } from './native-lmdb.mjs'
import { LMDB_PINS, UWS_PINS } from './native-pins.mjs'
import { nodePackage } from './node-packages.mjs'
import { fetchPackage, fileOf } from './packages.mjs'

/** The newest Node with long-term support for which uWebSockets.js 20.56.0 has a native file. */
export const RUNTIME = { version: '24.21.0', abi: '137' }

/** Architectures of the binary. */
export const ARCHITECTURES = ['x64', 'arm64']

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const require = createRequire(import.meta.url)

/** A file of the binary's Node: `bin/node` or `LICENSE`. */
export function runtimeFile(arch, path) {
  return fileOf(fetchPackage(nodePackage(arch, RUNTIME.version), packages()), path)
}

/** The native modules for that Node, by the names that the program uses. */
export function nativeFiles(arch) {
  const uws = fileName('linux', arch, RUNTIME.abi)
  const uwsFolder = dirname(require.resolve('@btc-vision/uwebsockets.js'))
  const lock = 'fs-native-extensions.node'
  const lockFolder = dirname(require.resolve('fs-native-extensions/package.json'))
  return {
    [uws]: changed(uws, readFileSync(join(uwsFolder, uws)), patch, UWS_PINS.get(uws)),
    'lmdb.node': changed('lmdb', lmdbFile(arch), mend, LMDB_PINS.get(`${arch}/node.napi.glibc.node`)),
    [lock]: readFileSync(join(lockFolder, 'prebuilds', `linux-${arch}`, lock)),
  }
}

/** Paths of the files that the program reads unchanged, by the names that it uses. */
export function readFiles() {
  const pages = readdirSync(join(root, 'docs'), { recursive: true }).filter(path => path.endsWith('.md'))
  return {
    'kernels.wasm': join(root, 'dist/src/index/kernels/kernels.wasm'),
    'crc32c.wasm': join(root, 'dist/src/store/checksum/crc32c.wasm'),
    'console.html': join(root, 'dist/console/console.html'),
    'console.js': join(root, 'dist/console/console.js'),
    'console.css': join(root, 'dist/console/console.css'),
    'swagger-ui.css': require.resolve('swagger-ui-dist/swagger-ui.css'),
    'swagger-ui-bundle.js': require.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    'README.md': join(root, 'README.md'),
    ...Object.fromEntries(pages.sort().map(path => [`docs/${path}`, join(root, 'docs', path)])),
  }
}

/** Licenses of everything in the binary: the packages in these folders, the packages of its other files, and Node. */
export function licenses(arch, packageFolders) {
  const inConsole = ['preact', '@preact/signals', '@preact/signals-core', 'uplot']
  const others = ['@btc-vision/uwebsockets.js', 'swagger-ui-dist', ...inConsole].map(
    name => `node_modules/${name}`,
  )
  const parts = [...packageFolders, ...others].map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return `# ${name} ${version}, ${license}\n\n${licenseText(join(root, folder))}`
  })
  const node = runtimeFile(arch, 'LICENSE').toString('utf8')
  return [readFileSync(join(root, 'LICENSE'), 'utf8'), ...parts, `# Node ${RUNTIME.version}\n\n${node}`].join(
    '\n\n',
  )
}

function licenseText(folder) {
  const names = readdirSync(folder).filter(name => /^(licen[cs]e|notice)/i.test(name))
  return names.map(name => readFileSync(join(folder, name), 'utf8')).join('\n')
}

/** The file that lmdb loads for a Node without a specific file. npm installs it for this machine only. */
function lmdbFile(arch) {
  const name = `@lmdb/lmdb-linux-${arch}`
  const file = 'node.napi.glibc.node'
  const installed = join(root, 'node_modules', name, file)
  if (existsSync(installed)) return readFileSync(installed)
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { version, integrity } = lock.packages[`node_modules/${name}`]
  return fileOf(fetchPackage({ name, version, integrity }, packages()), file)
}

function changed(name, original, change, pinned) {
  if (sha256(original) !== pinned.before)
    throw new Error(`the native file of ${name} is not that of the pinned package`)
  const file = change(original)
  if (sha256(file) !== pinned.after)
    throw new Error(`the native file of ${name} did not become what it should`)
  return file
}

/** Folder of downloads. */
function packages() {
  return join(root, 'dist/binary/packages')
}
