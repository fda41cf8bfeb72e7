// The server's log: JSON lines on standard output.
import { type Logger, pino } from 'pino'

export type { Logger }

/** @param level the lowest level that is written */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
  })
}
