// Standard output, through which all commands print. A reader that goes away, as `head` does, is no error. Output that cannot be
// written is an error, reported once at the end.
import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'

const STANDARD_OUTPUT = 1

/** Errors of a pipe, or of a socket in place of one, whose reader is gone. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET'])

/** A destination of bytes. Calls back once for each write, with the error if there is one. */
export type OutputTarget = (bytes: Buffer, done: (error?: Error | null) => void) => void

export class Output {
  readonly isTerminal: boolean
  readonly #open: (output: Output) => OutputTarget
  #target: OutputTarget | undefined
  readonly #ended = new AbortController()
  #unfinished = 0
  #failure: Error | undefined
  #wake: (() => void)[] = []

  /** @param open called before the first write: a server, which has its log there, leaves the descriptor as it is */
  constructor(open: (output: Output) => OutputTarget, isTerminal: boolean) {
    this.#open = open
    this.isTerminal = isTerminal
  }

  /** Aborted when nothing can be written any more: a command that only shows may end then, one that changes things goes on. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Takes a text and returns at once; it is lost when nothing can be written any more. */
  write(text: string): void {
    if (text !== '') this.#pass(Buffer.from(text))
  }

  /** Takes bytes, and resolves when no bytes wait any more. */
  async send(bytes: Buffer): Promise<void> {
    this.#pass(bytes)
    await this.#idle()
  }

  /** Resolves when all is written, with why it is not; a reader that has gone is no reason. */
  async finish(): Promise<Error | undefined> {
    await this.#idle()
    return this.#failure
  }

  /** Notes that nothing can be written any more. */
  end(error: Error): void {
    if (this.ended.aborted) return
    if (!('code' in error && READER_GONE.has(String(error.code)))) this.#failure = error
    this.#ended.abort()
    this.#awake()
  }

  #pass(bytes: Buffer): void {
    if (this.ended.aborted) return
    this.#unfinished++
    this.#target ??= this.#open(this)
    this.#target(bytes, error => {
      this.#unfinished--
      if (error) this.end(error)
      if (this.#unfinished === 0) this.#awake()
    })
  }

  async #idle(): Promise<void> {
    if (this.#unfinished === 0 || this.ended.aborted) return
    await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  #awake(): void {
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}

/** The standard output of this process. */
export function standardOutput(): Output {
  const isTerminal = isatty(STANDARD_OUTPUT)
  const open = (output: Output) =>
    !isTerminal && isFile(STANDARD_OUTPUT) ? toFile(STANDARD_OUTPUT) : toStream(process.stdout, output)
  return new Output(open, isTerminal)
}

function isFile(file: number): boolean {
  const status = fstatSync(file)
  return status.isFile() || status.isCharacterDevice() || status.isBlockDevice()
}

/** Node's own stream for files takes a short write, as a full disk gives it, for a whole one. */
function toFile(file: number): OutputTarget {
  return (bytes, done) => {
    try {
      for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(file, rest))
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)))
      return
    }
    done()
  }
}

function toStream(stream: Writable, output: Output): OutputTarget {
  stream.on('error', error => output.end(error))
  return (bytes, done) => {
    stream.write(bytes, done)
  }
}
