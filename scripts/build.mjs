// Builds the program into dist/: the parser from its grammar, JavaScript from TypeScript, the kernels of the index from
// AssemblyScript, the native HTTP module where it needs a patched copy, and a note of what was built.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

/** The time of the commit where there is one, so that two builds of it are alike. */
function buildTime() {
  const epoch = process.env.SOURCE_DATE_EPOCH
  if (epoch !== undefined) return new Date(Number(epoch) * 1000)
  try {
    const seconds = execFileSync('git', ['log', '-1', '--format=%ct'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return new Date(Number(seconds) * 1000)
  } catch {
    return new Date()
  }
}

function writeBuildInfo() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const build_time = buildTime().toISOString()
  writeFileSync(join(root, 'dist/build-info.json'), `${JSON.stringify({ version, build_time })}\n`)
}

for (const folder of ['src', 'test', 'bench'])
  rmSync(join(root, 'dist', folder), { recursive: true, force: true })
buildParser()
buildKernels()
run(bin('typescript', 'tsc'), '-p', join(root, 'tsconfig.json'))
writeBuildInfo()
run(join(root, 'scripts/native.mjs'))
run(join(root, 'scripts/native-lmdb.mjs'))
