// A program for tests: `serve` or `restore` as the command `hyperfleet` runs them, but it kills itself at the point that
// HYPERFLEET_TEST_CRASH_POINT names.
import { runRestore } from '../../src/cli/restore.ts'
import { runServer } from '../../src/cli/serve/command.ts'
import { standardOutput } from '../../src/cli/terminal/output.ts'
import { CRASH_POINTS, REPLACEMENT_POINTS } from '../../src/store/crash-point.ts'
import { crashSwitch } from './crash-switch.ts'

const point = process.env.HYPERFLEET_TEST_CRASH_POINT ?? ''
const [command, ...args] = process.argv.slice(2)
const die = () => process.kill(process.pid, 'SIGKILL')

process.umask(0o077)
try {
  process.exitCode =
    command === 'serve'
      ? await runServer(args, crashSwitch(point, CRASH_POINTS, die))
      : await runRestore(args, standardOutput(), crashSwitch(point, REPLACEMENT_POINTS, die))
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
