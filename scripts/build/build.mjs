// Builds the program into dist/: the parser from its grammar, JavaScript from TypeScript, the modules in WebAssembly from
// AssemblyScript, patched copies of native modules where needed, and build-info.json. The compilers run only on changed files.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildInfo } from './info.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const require = createRequire(import.meta.url)

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
}

/** The script of a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`)
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
}

function buildParser() {
  const grammar = join(root, 'grammar/tsl.peggy')
  const parser = join(root, 'src/search/syntax/generated/tsl.js')
  if (existsSync(parser) && statSync(parser).mtimeMs > statSync(grammar).mtimeMs) return
  mkdirSync(dirname(parser), { recursive: true })
  const types = JSON.stringify({ Query: "import('../../syntax.ts').Syntax" })
  run(bin('peggy', 'peggy'), '--format', 'es', '--dts', '--return-types', types, '-o', parser, grammar)
}

/** Modules in WebAssembly, by the folder of their sources. They import the memory that they work on, and allocate nothing. */
const WASM_MODULES = [
  {
    source: 'src/index/kernels/assembly/kernels.ts',
    options: ['--enable', 'simd', '--enable', 'threads', '--sharedMemory', '--maximumMemory', '65535'],
  },
  { source: 'src/store/checksum/assembly/crc32c.ts', options: [] },
]
const WASM_OPTIONS = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--noExportMemory']

/** Compiles a module to the folder above that of its sources. */
function buildModule({ source, options: own }) {
  const options = [...WASM_OPTIONS, ...own]
  const folder = join(root, dirname(source))
  const name = basename(source, '.ts')
  const hash = createHash('sha256').update(JSON.stringify(options))
  hash.update(readFileSync(require.resolve('assemblyscript/package.json')))
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  const fingerprint = hash.digest('hex')
  const stamp = join(root, `dist/.${name}`)
  const module = join(root, 'dist', dirname(dirname(source)), `${name}.wasm`)
  if (existsSync(module) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  rmSync(stamp, { force: true })
  run(bin('assemblyscript', 'asc'), source, '-o', module, ...options)
  writeFileSync(stamp, fingerprint)
}

/** Bundles the console, the page on the fleet. The server reads the files when it starts (src/http/console.ts). */
function buildConsole() {
  const folder = join(root, 'dist/console')
  const { buildSync } = require('esbuild')
  buildSync({
    entryPoints: [join(root, 'console/src/main.tsx')],
    outfile: join(folder, 'console.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  })
  copyFileSync(join(root, 'console/index.html'), join(folder, 'console.html'))
}

/** Removes the output of deleted sources, so that no deleted test runs. */
function removeOrphans(folder) {
  if (!existsSync(join(root, 'dist', folder))) return
  for (const entry of readdirSync(join(root, 'dist', folder), { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const compiled = /\.js(\.map)?$/
    if (entry.isDirectory()) removeOrphans(path)
    else if (compiled.test(path) && !isSource(path.replace(compiled, ''))) rmSync(join(root, 'dist', path))
  }
}

function isSource(stem) {
  return ['.ts', '.js'].some(extension => existsSync(join(root, stem + extension)))
}

/** Compiles changed files, or everything if an output file is missing. */
function compile() {
  const state = join(root, 'dist/.tsbuildinfo')
  if (!existsSync(join(root, 'dist/src/main.js'))) rmSync(state, { force: true })
  run(
    bin('typescript', 'tsc'),
    '-p',
    join(root, 'tsconfig.json'),
    '--incremental',
    '--tsBuildInfoFile',
    state,
  )
}

for (const folder of ['src', 'tools', 'test', 'bench']) removeOrphans(folder)
buildParser()
for (const module of WASM_MODULES) buildModule(module)
compile()
buildConsole()
writeFileSync(
  join(root, 'dist/build-info.json'),
  buildInfo(root, { version: process.versions.node, abi: process.versions.modules }),
)
run(join(root, 'scripts/build/native.mjs'))
run(join(root, 'scripts/build/native-lmdb.mjs'))
