// Installs Chromium from Debian's packages for the tests that need a browser, and tries it. Ends with code 1 and the reason where that is not
// possible: the tests in a browser are skipped then (HYPERFLEET_TEST_BROWSER=none).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PLACE = '/usr/bin/chromium'
/** Longest time for one step. A mirror that does not answer must not hold up the tests. */
const DEADLINE_MS = 300_000

function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, error, stderr } = spawnSync(command, args, { env, encoding: 'utf8', timeout: DEADLINE_MS })
  if (status === 0) return
  console.error(`no browser: ${command} ${args[0]} fails: ${error?.message ?? stderr}`)
  process.exit(1)
}

if (!existsSync(PLACE)) {
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'])
}
run(PLACE, [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--dump-dom',
  'about:blank',
])
