// Standard output of all commands. A reader that goes away, as `head` does, is not an error. Output that cannot be written is an
// error, which is reported once at the end.
import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'

const STANDARD_OUTPUT = 1

/** Errors of a pipe or socket whose reader is gone. */
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

  /** @param open called before the first write, so that a server, whose log uses the descriptor, never opens it */
  constructor(open: (output: Output) => OutputTarget, isTerminal: boolean) {
    this.#open = open
    this.isTerminal = isTerminal
  }

  /** Aborted once nothing more can be written. A command that only prints may then end; one that changes things continues. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Writes without waiting. Discards the text once nothing more can be written. */
  write(text: string): void {
    if (text !== '') this.#pass(Buffer.from(text))
  }

  /** Writes bytes, and resolves once everything has been written. */
  async send(bytes: Buffer): Promise<void> {
    this.#pass(bytes)
    await this.#idle()
  }

  /** Resolves once everything has been written, or with the error. A reader that has gone is not an error. */
  async finish(): Promise<Error | undefined> {
    await this.#idle()
    return this.#failure
  }

  /** Records that nothing more can be written. */
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

/** Writes in a loop: Node's file stream mistakes a short write, as on a full disk, for a complete one. */
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
