// A log that goes to a file, and its lines read back.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LogOutput } from '../../src/observe/log/output.ts'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'

export interface LogFile {
  readonly output: LogOutput
  /** Current content of the file. */
  written(): string
  /** The same, once all lines are written. */
  text(): Promise<string>
  /** The lines as JSON; tests look into them as they like. */
  // biome-ignore lint/suspicious/noExplicitAny: every test knows the line it looks for
  lines(): Promise<any[]>
  remove(): void
}

export function createLogFile(maxWaitingLength?: number): LogFile {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-log-'))
  const path = join(folder, 'log')
  const file = openSync(path, 'a')
  const output = new LogOutput(file, maxWaitingLength)
  const written = () => readFileSync(path, 'utf8')
  const text = async () => {
    if (!(await output.flush(WAIT_HANGS_AFTER_MS))) throw new Error('the log was not written')
    return written()
  }
  return {
    output,
    written,
    text,
    lines: async () =>
      (await text())
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line)),
    remove() {
      closeSync(file)
      rmSync(folder, { recursive: true })
    },
  }
}
