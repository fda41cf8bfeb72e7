// Runs every compiled test, or those whose path contains one of the given words: `npm test -- conditions`. --quick omits the slow
// ones, which test/quick.json lists.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isQuick = process.argv.includes('--quick')
const wanted = process.argv.slice(2).filter(word => word !== '--quick')
const { minutes, slow } = JSON.parse(readFileSync(join(root, 'test/quick.json'), 'utf8'))
// More tests than cores, because many wait for servers, clocks and disks.
const concurrency = availableParallelism() * 2

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return testFiles(path)
    return entry.name.endsWith('.test.js') ? [relative(root, path)] : []
  })
}

const files = testFiles(join(root, 'dist/test'))
  .filter(path => wanted.length === 0 || wanted.some(word => path.includes(word)))
  .filter(path => !isQuick || !slow.some(start => path.startsWith(`dist/${start}`)))
if (files.length === 0) {
  console.error(`no path of a test file contains ${wanted.join(' or ')}`)
  process.exit(1)
}
console.error(`running ${files.length} test files, ${concurrency} at a time${expected()}`)
const { status } = spawnSync(
  process.execPath,
  [
    '--test',
    `--test-concurrency=${concurrency}`,
    // Longest run of a file; longer than any test may take (test/harness/patience.ts). A file that hangs fails under its
    // name.
    '--test-timeout=1800000',
    ...reporter(process.stdout.isTTY ? 'spec' : 'tap', 'stdout'),
    ...reporter(pathToFileURL(join(root, 'scripts/test/summary.mjs')).href, 'stderr'),
    '--enable-source-maps',
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)

/** Expected duration, if it has been measured. */
function expected() {
  if (wanted.length > 0) return ''
  const about = isQuick ? minutes.quick : minutes.all
  return `: about ${about} minutes on 2 idle cores`
}

function reporter(name, destination) {
  return [`--test-reporter=${name}`, `--test-reporter-destination=${destination}`]
}
