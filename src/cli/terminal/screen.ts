// Where a command writes: a terminal of some size, with or without colours, or a pipe.

export interface Screen {
  readonly isTerminal: boolean
  readonly hasColour: boolean
  /** The present size; a pipe has no bounds. */
  size(): { readonly columns: number; readonly rows: number }
  write(text: string): void
}

/** Terminals that tell no size. */
const USUAL_SIZE = { columns: 80, rows: 24 }

/** The standard output of this process. A reader that has gone, as `head` does, ends the process without a word. */
export function standardScreen(): Screen {
  const { stdout, env } = process
  stdout.on('error', endWithReader)
  const isTerminal = stdout.isTTY === true
  return {
    isTerminal,
    // https://no-color.org: any text but the empty one.
    hasColour: isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    size: () =>
      isTerminal
        ? { columns: stdout.columns || USUAL_SIZE.columns, rows: stdout.rows || USUAL_SIZE.rows }
        : { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY },
    write: text => {
      stdout.write(text)
    },
  }
}

function endWithReader(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(0)
  throw error
}
