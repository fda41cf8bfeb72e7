// Setup for `npm start` and `npm test`: installs the packages and builds, each only after a change. --packages only installs.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const PLATFORM = `${process.platform} ${process.arch} ${process.versions.modules}`
const BUILD_INPUTS = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'console',
  'grammar',
  'scripts',
  'src',
  'tools',
  'test',
  'bench',
]

/** Runs a step unless its stamp shows that it ran for the same inputs. */
function once(stampPath, fingerprint, step) {
  const stamp = join(root, stampPath)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  rmSync(stamp, { force: true })
  step()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, fingerprint)
}

function hashOf(parts) {
  const hash = createHash('sha256').update(PLATFORM)
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/** Every file below a path, except generated ones. */
function files(path) {
  const full = join(root, path)
  if (!existsSync(full) || path.endsWith('generated')) return []
  if (!statSync(full).isDirectory()) return [path]
  return readdirSync(full)
    .sort()
    .flatMap(name => files(join(path, name)))
}

const lock = readFileSync(join(root, 'package-lock.json'))
once('node_modules/.installed', hashOf([lock]), () => {
  console.log('installing packages')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
})
if (process.argv.includes('--packages')) process.exit()
const sources = BUILD_INPUTS.flatMap(files).flatMap(path => [path, readFileSync(join(root, path))])
once('dist/.built', hashOf(sources), () => {
  console.log('building')
  execFileSync(process.execPath, [join(root, 'scripts/build/build.mjs')], { cwd: root, stdio: 'inherit' })
})
