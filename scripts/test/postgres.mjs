// Unpacks PostgreSQL 15 from Debian's packages into node_modules/.cache, without installing it, and prints the folder of its programs. Ends with
// code 1 and the reason where that is not possible. HYPERFLEET_TEST_POSTGRES names the folder of other programs to take.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const VERSION = 15
const PACKAGES = [`postgresql-${VERSION}`, `postgresql-client-${VERSION}`, 'libpq5']
/** Libraries that are needed only for what the tests turn off: compiled queries. */
const NEEDLESS = /^lib(llvm|z3)/
const cache = join(root, 'node_modules/.cache')
const folder = join(cache, `postgresql-${VERSION}`)
const programs = join(folder, `usr/lib/postgresql/${VERSION}/bin`)

function fail(reason) {
  console.error(reason)
  process.exit(1)
}

/** The libraries that this machine lacks. */
function missingLibraries() {
  const args = ['install', '--simulate', '--no-install-recommends', ...PACKAGES]
  const { stdout = '' } = spawnSync('apt-get', args, { encoding: 'utf8' })
  return [...stdout.matchAll(/^Inst (lib\S+) \(/gm)]
    .map(([, name]) => name)
    .filter(name => !NEEDLESS.test(name) && !PACKAGES.includes(name))
}

function unpack() {
  mkdirSync(cache, { recursive: true })
  const partial = mkdtempSync(join(cache, 'postgresql-partial-'))
  try {
    execFileSync('apt-get', ['download', ...PACKAGES, ...missingLibraries()], { cwd: partial, stdio: 'pipe' })
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
