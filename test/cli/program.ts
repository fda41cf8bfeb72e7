// Runs the program as users do, in its own process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

export interface Program {
  readonly process: ChildProcess
  /** Resolves once either output contains the text. */
  says(text: string): Promise<void>
  /** Resolves with the exit code (null if killed) and the output. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>
}

/** Starts `hyperfleet` with arguments. */
export function startProgram(...args: readonly string[]): Program {
  return startScript(PROGRAM, args)
}

/** Starts a script with arguments and additional variables. */
export function startScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  let output = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output += chunk
      for (const listener of listeners) listener()
    })
  const ended = once(child, 'close').then(([code]) => ({
    code: typeof code === 'number' ? code : null,
    output,
  }))
  return {
    process: child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!output.includes(text)) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        ended.then(() => reject(new Error(`ended without saying '${text}':\n${output}`)))
        look()
      }),
  }
}

/** Runs `hyperfleet` to its end. */
export function runProgram(...args: readonly string[]): Program['ended'] {
  return startProgram(...args).ended
}
