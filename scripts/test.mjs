// Runs every compiled test, or those whose path holds one of the given words: `npm test -- conditions`.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const wanted = process.argv.slice(2)

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return testFiles(path)
    return entry.name.endsWith('.test.js') ? [relative(root, path)] : []
  })
}

const files = testFiles(join(root, 'dist/test')).filter(
  path => wanted.length === 0 || wanted.some(word => path.includes(word)),
)
if (files.length === 0) {
  console.error(`no test file's path holds ${wanted.join(' or ')}`)
  process.exit(1)
}
// Many tests wait for servers, clocks and disks: more of them at once than there are cores.
const concurrency = `--test-concurrency=${availableParallelism() * 2}`
// A file that hangs fails, and its name is told; longer than a test may take (test/harness/patience.ts).
const timeout = '--test-timeout=1800000'
const { status } = spawnSync(
  process.execPath,
  ['--test', concurrency, timeout, '--enable-source-maps', ...files],
  { cwd: root, stdio: 'inherit' },
)
process.exit(status ?? 1)
