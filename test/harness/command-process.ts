// The command as a process: what it prints, when it serves, how it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandProcess {
  readonly child: ChildProcess
  /** Resolves when both outputs are closed. */
  readonly ended: Promise<Ended>
  /** The first line of standard output with a text in it; rejects when the process ends without one. */
  line(text: string): Promise<string>
  /** Resolves once standard error has a text; rejects when the process ends without it. */
  note(text: string): Promise<void>
}

/** Runs `hyperfleet` with nothing but the given environment. */
export function runCommand(
  args: readonly string[],
  environment: Record<string, string>,
  folder = process.cwd(),
): CommandProcess {
  return runFile(process.execPath, [COMMAND, ...args], { PATH: process.env.PATH, ...environment }, folder)
}

/** Runs a program with nothing but the given environment. */
export function runFile(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  folder: string,
): CommandProcess {
  const child = spawn(file, args, { env: environment, cwd: folder })
  let [stdout, stderr] = ['', '']
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  const ended = new Promise<Ended>(resolve => child.on('close', code => resolve({ code, stdout, stderr })))
  const line = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const lines = stdout.slice(0, stdout.lastIndexOf('\n') + 1).split('\n')
        const found = lines.find(candidate => candidate.includes(text))
        if (found !== undefined) resolve(found)
      }
      look()
      child.stdout.on('data', look)
      ended.then(() => reject(new Error(`the process ended without '${text}': ${stderr}`)))
    })
  const note = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stderr.includes(text)) resolve()
      }
      look()
      child.stderr.on('data', look)
      ended.then(() => reject(new Error(`the process ended without '${text}': ${stderr}`)))
    })
  return { child, ended, line, note }
}

/** Resolves with the address of the API as soon as the server serves. */
export async function apiOf(server: CommandProcess): Promise<string> {
  return JSON.parse(await server.line('"ready"')).api
}
