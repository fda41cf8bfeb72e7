// The server's log: lines of JSON, or of text for a person, with what must not be read there masked.
import { type Logger, pino } from 'pino'
import { createMask, maskText } from './mask.ts'
import type { LogOutput } from './output.ts'
import { textLine } from './text.ts'

export type { Logger }

export interface LoggingSettings {
  /** The lowest level that is written. */
  readonly level: string
  readonly format: 'json' | 'text'
  /** Names of fields that are masked at any depth, beside credentials. */
  readonly maskedFields: readonly string[]
}

/** The log on an output, which tells in a line of its own of lines that were dropped. */
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
      'lines of the log were dropped: whoever reads it is too slow, or its disk was full; see docs/guide/runbook.md#log-lines-dropped',
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

/** Name, message and stack, and those of the causes; an error may quote a header of the request that it failed in. */
function describeError(error: Error): Record<string, unknown> {
  const { type, message, stack, code } = pino.stdSerializers.err(error)
  return {
    type,
    ...(code === undefined ? {} : { code }),
    message: maskText(message),
    stack: maskText(stack),
  }
}
