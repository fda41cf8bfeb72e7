// Generates clients from a running server's OpenAPI document with public generators, and uses them on the server. Lints the
// document with Spectral. Runs the Go clients of both generations under each compatibility. Works in dist/clients:
//
//   npm run test:clients
//   npm run test:clients -- python
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const target = join(root, 'dist/clients')

/** Runs a program. Exits with its output if it fails. */
function run(folder, program, ...args) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(
    `${program} ${args.join(' ')} fails: ${error?.message ?? ''}\n${stdout ?? ''}${stderr ?? ''}`,
  )
}

/** Copies a package of test/clients and installs it, unless the same versions are installed. */
function installed(name, versions, install) {
  const folder = join(target, name)
  mkdirSync(folder, { recursive: true })
  cpSync(join(root, 'test/clients', name), folder, { recursive: true })
  const digest = createHash('sha256')
    .update(readFileSync(join(folder, versions)))
    .digest('hex')
  const stamp = join(folder, '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return folder
  rmSync(stamp, { force: true })
  console.log(`installing the generator for ${name}`)
  install(folder)
  writeFileSync(stamp, digest)
  return folder
}

function npmPackage(name) {
  return installed(name, 'package-lock.json', folder => run(folder, 'npm', 'ci'))
}

const CLIENTS = {
  spectral(document) {
    const folder = npmPackage('spectral')
    const bin = join(folder, 'node_modules/@stoplight/spectral-cli/dist/index.js')
    run(folder, process.execPath, bin, 'lint', '--fail-severity', 'hint', document)
    console.log('Spectral finds no fault')
  },

  typescript(document, base) {
    const folder = npmPackage('typescript')
    const bin = name => join(folder, 'node_modules', name)
    run(folder, process.execPath, bin('openapi-typescript/bin/cli.js'), document, '-o', 'schema.d.ts')
    run(folder, process.execPath, bin('typescript/bin/tsc'), '-p', '.')
    process.stdout.write(run(folder, process.execPath, 'client.js', base))
  },

  python(document, base) {
    if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status !== 0)
      return console.log('python: skipped, no python3 with venv')
    const folder = installed('python', 'requirements.txt', folder => {
      rmSync(join(folder, 'venv'), { recursive: true, force: true })
      run(folder, 'python3', '-m', 'venv', 'venv')
      run(
        folder,
        'venv/bin/pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        'requirements.txt',
      )
    })
    const generated = join(folder, 'hyperfleet_client')
    rmSync(generated, { recursive: true, force: true })
    const said = run(
      folder,
      'venv/bin/openapi-python-client',
      ...['generate', '--path', document, '--meta', 'none', '--config', 'config.yml'],
      ...['--output-path', generated, '--fail-on-warning'],
    )
    if (/warning/i.test(said)) throw new Error(said)
    process.stdout.write(run(folder, 'venv/bin/python', 'client.py', base))
  },

  /** Sentinels and adapters of both generations, each with the rules that it ships with; they start servers of their own. */
  go() {
    if (spawnSync('go', ['version']).status !== 0) return console.log('go: skipped, there is no go')
    const folder = join(root, 'test/clients/go')
    process.env.HYPERFLEET_TEST_PROGRAM = join(root, 'dist/src/cli/hyperfleet.js')
    run(folder, 'go', 'vet', './...')
    process.stdout.write(run(folder, 'go', 'test', '-count=1', './...'))
  },
}

/** A server on free ports with a new data folder. */
async function startServer() {
  const data = join(target, 'data')
  rmSync(data, { recursive: true, force: true })
  const ports = ['--server-port', '0', '--health-port', '0', '--metrics-port', '0']
  const child = spawn(
    process.execPath,
    ['dist/src/cli/hyperfleet.js', 'serve', ...ports, '--storage-path', data],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, api } = JSON.parse(line)
    if (msg === 'ready') return { child, api }
  }
  throw new Error('the server did not start')
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !Object.hasOwn(CLIENTS, name))
if (unknown.length > 0) {
  console.error(`unknown client ${unknown.join(', ')}: must be one of ${Object.keys(CLIENTS).join(', ')}`)
  process.exit(2)
}
mkdirSync(target, { recursive: true })
const { child, api } = await startServer()
try {
  const document = join(target, 'openapi.json')
  writeFileSync(document, await (await fetch(`${api}/openapi`)).text())
  for (const name of wanted.length > 0 ? wanted : Object.keys(CLIENTS))
    CLIENTS[name](document, new URL(api).origin)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  child.kill()
}
