// Runs commands with a pseudo-terminal as their output.
import { spawn, spawnSync } from 'node:child_process'
import type { Shell } from './client-process.ts'

/** Why tests with a terminal are skipped; false if they run. */
export const whyNoTerminal =
  spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0
    ? false
    : 'there is no script of util-linux on this machine'

/** Resolves with everything that a command writes to a terminal of so many columns. */
export async function runOnTerminal(
  { home, server }: Pick<Shell, 'home' | 'server'>,
  command: string,
  environment: Record<string, string> = {},
  columns = 80,
): Promise<string> {
  const program = `'${process.execPath}' '${new URL('../../src/cli/hyperfleet.js', import.meta.url).pathname}'`
  const child = spawn(
    'script',
    ['-qec', `stty cols ${columns} rows 24; ${program} ${command}`, '/dev/null'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: home,
        TERM: 'xterm',
        HYPERFLEET_CLIENT_SERVER: server.origin,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  await new Promise(resolve => child.on('close', resolve))
  return text.replaceAll('\r', '')
}
