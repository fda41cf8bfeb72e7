// The server's log: lines of JSON, or of text for people, with sensitive values masked.
import { type Logger, pino } from 'pino'
import { createMask, maskText } from './mask.ts'
import type { LogOutput } from './output.ts'
import { textLine } from './text.ts'

export type { Logger }

export interface LoggingSettings {
  /** Minimum level written. */
  readonly level: string
  readonly format: 'json' | 'text'
  /** Names of fields masked at any depth, in addition to credentials. */
  readonly maskedFields: readonly string[]
}

/** A log on an output. Reports dropped lines in a line of its own. */
export function createLogger({ level, format, maskedFields }: LoggingSettings, output: LogOutput): Logger {
  const mask = createMask(maskedFields)
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: mask },
    serializers: { err: (error: Error) => mask(describeError(error)) },
  }
  const log = pino(options, format === 'json' ? output : textOutput(output))
  output.whenDropped(lines =>
    log.warn(
      { lines },
      'log lines were dropped: the reader is too slow, or its disk was full; see docs/guide/runbook.md#log-lines-dropped',
    ),
  )
  return log
}

function textOutput(output: LogOutput) {
  return {
    write: (line: string) => output.write(textLine(line)),
    flushSync: () => output.flushSync(),
  }
}

/** Name, message and stack of an error and its causes. An error may quote a header of its request. */
function describeError(error: Error): Record<string, unknown> {
  const { type, message, stack, code } = pino.stdSerializers.err(error)
  return {
    type,
    ...(code === undefined ? {} : { code }),
    message: maskText(message),
    stack: maskText(stack),
  }
}
