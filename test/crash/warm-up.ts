// Loaded before the command itself: loads the server's modules and waits for a word on the input. So what takes most
// of a start's time is over before the server is needed, and the start itself is the command's own.
import '../../src/cli/serve/command.ts'

process.stdout.write('warm\n')
await new Promise(resolve => process.stdin.once('data', resolve))
process.stdin.destroy()
