// The output of a command: a terminal with a size, with or without colours, or a pipe.
import type { Output } from './output.ts'

export interface Screen {
  readonly isTerminal: boolean
  readonly hasColour: boolean
  /** The current size; unbounded for a pipe. */
  size(): { readonly columns: number; readonly rows: number }
  write(text: string): void
}

/** The size of terminals that report none. */
const USUAL_SIZE = { columns: 80, rows: 24 }

/** The screen that standard output is. */
export function screenOf(output: Output): Screen {
  const { isTerminal } = output
  const { env } = process
  return {
    isTerminal,
    // https://no-color.org: any value except the empty string.
    hasColour: isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    size: () =>
      isTerminal
        ? {
            columns: process.stdout.columns || USUAL_SIZE.columns,
            rows: process.stdout.rows || USUAL_SIZE.rows,
          }
        : { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY },
    write: text => output.write(text),
  }
}
