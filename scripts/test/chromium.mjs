// Installs Chromium from Debian's packages for the tests that need a browser. Where that is not possible they are skipped, and say so.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const PLACE = '/usr/bin/chromium'

if (existsSync(PLACE)) process.exit()
const isRoot = process.getuid?.() === 0
const hasApt = spawnSync('apt-get', ['--version']).status === 0
if (!isRoot || !hasApt) {
  console.log('Chromium is missing and cannot be installed here: the tests in a browser are skipped')
  process.exit()
}
const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
for (const args of [
  ['update', '-qq'],
  ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
]) {
  const { status, stderr } = spawnSync('apt-get', args, { env: environment, encoding: 'utf8' })
  if (status === 0) continue
  console.log(`apt-get ${args[0]} fails, so the tests in a browser are skipped:\n${stderr}`)
  process.exit()
}
console.log('installed Chromium')
