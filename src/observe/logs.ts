// The server's log: JSON lines on standard output.
import { writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'

export type { Logger }

const STANDARD_OUTPUT = 1

/**
 * A line that standard output does not take is dropped: a full disk or a reader that has gone must not end the server
 * (contract 9.2). pino's own destination throws then, and on exit tries again without end.
 */
const output = {
  write(line: string): void {
    try {
      for (let rest = Buffer.from(line); rest.length > 0; )
        rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest))
    } catch {
      // There is no other place to tell of it.
    }
  },
}

/** @param level the lowest level that is written */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(options, output)
}
