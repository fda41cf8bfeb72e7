// Standard error, as progress is shown there.

export interface ProgressOutput {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

/** Progress that cannot be written is let go of: the work goes on. */
export function progressOutput(): ProgressOutput {
  const { stderr } = process
  stderr.on('error', () => {})
  return {
    isTerminal: stderr.isTTY === true,
    write: text => {
      stderr.write(text)
    },
  }
}
