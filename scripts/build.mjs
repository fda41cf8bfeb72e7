// Builds the program into dist/: the parser from its grammar, JavaScript from TypeScript, the kernels of the index from
// AssemblyScript, the native HTTP module where it needs a patched copy, and a note of what was built.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildInfo } from './build-info.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

function run(script, ...args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
}

/** The script behind a package's command. */
function bin(name, command) {
  const manifest = require.resolve(`${name}/package.json`)
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command])
}

function buildParser() {
  const grammar = join(root, 'grammar/tsl.peggy')
  const parser = join(root, 'src/search/generated/tsl.js')
  if (existsSync(parser) && statSync(parser).mtimeMs > statSync(grammar).mtimeMs) return
  mkdirSync(dirname(parser), { recursive: true })
  const types = JSON.stringify({ Query: "import('../syntax.ts').Syntax" })
  run(bin('peggy', 'peggy'), '--format', 'es', '--dts', '--return-types', types, '-o', parser, grammar)
}

/** The kernels share a memory that the program makes, and allocate nothing themselves. */
function buildKernels() {
  const source = 'src/index/assembly/kernels.ts'
  const options = [
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--noExportMemory',
    '--enable',
    'simd',
    '--enable',
    'threads',
    '--sharedMemory',
    '--maximumMemory',
    '65535',
  ]
  run(bin('assemblyscript', 'asc'), source, '-o', 'dist/src/index/kernels.wasm', ...options)
}

for (const folder of ['src', 'test', 'bench'])
  rmSync(join(root, 'dist', folder), { recursive: true, force: true })
buildParser()
buildKernels()
run(bin('typescript', 'tsc'), '-p', join(root, 'tsconfig.json'))
writeFileSync(join(root, 'dist/build-info.json'), buildInfo(root))
run(join(root, 'scripts/native.mjs'))
run(join(root, 'scripts/native-lmdb.mjs'))
