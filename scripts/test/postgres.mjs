// Unpacks PostgreSQL 15 from Debian's packages into node_modules/.cache, without installing it, and prints the folder of its programs. Ends with
// code 1 and the reason where that is not possible, within minutes. HYPERFLEET_TEST_POSTGRES names the folder of other programs to take.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const VERSION = 15
const PACKAGES = [`postgresql-${VERSION}`, `postgresql-client-${VERSION}`, 'libpq5']
/** Libraries that are needed only for what the tests turn off: compiled queries. */
const NEEDLESS = /^lib(llvm|z3)/
/** Longest time for one command of apt. Without a network it would wait for each of its servers. */
const COMMAND_MS = 180_000
const IMPATIENT = [
  '-o',
  'Acquire::Retries=1',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'Acquire::https::Timeout=20',
]
const userId = process.getuid()
const cache = reachableCache()
const folder = join(cache, `postgresql-${VERSION}`)
const programs = join(folder, `usr/lib/postgresql/${VERSION}/bin`)

function fail(reason) {
  console.error(reason)
  process.exit(1)
}

/** PostgreSQL refuses to run as root, and the user that runs it then needs a way to its programs. */
function reachableCache() {
  const own = join(root, 'node_modules/.cache')
  const parents = [dirname(own)]
  for (let at = dirname(own); at !== dirname(at); at = dirname(at)) parents.push(dirname(at))
  if (userId !== 0 || parents.every(path => (statSync(path).mode & 0o001) !== 0)) return own
  return join(tmpdir(), 'hyperfleet-test-cache')
}

function apt(lists, ...args) {
  return ['apt-get', [...IMPATIENT, ...lists, ...args]]
}

/** The libraries that this machine lacks. */
function missingLibraries(lists) {
  const [command, args] = apt(lists, 'install', '--simulate', '--no-install-recommends', ...PACKAGES)
  const { stdout = '' } = spawnSync(command, args, { encoding: 'utf8', timeout: COMMAND_MS })
  return [...stdout.matchAll(/^Inst (lib\S+) \(/gm)]
    .map(([, name]) => name)
    .filter(name => !NEEDLESS.test(name) && !PACKAGES.includes(name))
}

/** Downloads the packages. A fresh machine has no lists of packages, or old ones; then they are fetched into a folder of their own. */
function download(into) {
  const options = { cwd: into, stdio: 'pipe', timeout: COMMAND_MS }
  const run = (lists, ...args) => execFileSync(...apt(lists, ...args), options)
  try {
    run([], 'download', ...PACKAGES, ...missingLibraries([]))
    return
  } catch {
    for (const name of readdirSync(into)) rmSync(join(into, name), { recursive: true })
  }
  const state = mkdtempSync(join(cache, 'apt-'))
  try {
    mkdirSync(join(state, 'lists/partial'), { recursive: true })
    const lists = [
      '-o',
      `Dir::State::Lists=${join(state, 'lists')}`,
      '-o',
      `Dir::Cache=${state}`,
      '-o',
      'APT::Sandbox::User=root',
    ]
    run(lists, 'update')
    run(lists, 'download', ...PACKAGES, ...missingLibraries(lists))
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

function unpack() {
  mkdirSync(cache, { recursive: true, mode: 0o755 })
  if (statSync(cache).uid !== userId) throw new Error(`${cache} belongs to another user`)
  const partial = mkdtempSync(join(cache, 'postgresql-partial-'))
  try {
    download(partial)
    for (const name of readdirSync(partial)) {
      execFileSync('dpkg', ['-x', name, '.'], { cwd: partial, stdio: 'pipe' })
      rmSync(join(partial, name))
    }
    // Another process may have been faster.
    if (!existsSync(folder)) renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

const given = process.env.HYPERFLEET_TEST_POSTGRES
if (given !== undefined) {
  if (!existsSync(join(given, 'postgres')))
    fail(`HYPERFLEET_TEST_POSTGRES: there is no ${join(given, 'postgres')}`)
  console.log(given)
  process.exit()
}
if (!existsSync(programs)) {
  if (spawnSync('apt-get', ['--version']).error !== undefined)
    fail('no PostgreSQL: this machine has no apt-get. Name its programs in HYPERFLEET_TEST_POSTGRES')
  try {
    unpack()
  } catch (error) {
    fail(
      `no PostgreSQL: ${String(error.stderr ?? error).trim()}. Name its programs in HYPERFLEET_TEST_POSTGRES`,
    )
  }
}
console.log(programs)
