// Builds the one-file program twice, compares both builds, and runs the tests of the binary.
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

function run(script, args, environment = {}) {
  execFileSync(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  })
}

try {
  run('build/binary.mjs', ['--check'])
  const binary = join(root, `dist/hyperfleet-linux-${process.arch}`)
  run('test.mjs', ['dist/test/binary/'], { HYPERFLEET_TEST_BINARY: binary })
} catch {
  process.exitCode = 1
}
