// Sends finished spans to a collector, in batches, in the background. A slow or unreachable collector costs spans, which
// are counted, but never delays a request.
import type { FinishedSpan } from '../../http/tracing/tracer.ts'
import { reasonOf } from '../../wire/text.ts'

export interface ExporterOptions {
  /** Sends spans. Resolves with the status of the collector's answer; rejects if there is none. */
  readonly send: (spans: readonly FinishedSpan[]) => Promise<number>
  /** Called when a collector stops accepting spans, and again when it accepts them. */
  readonly onChange: (state: 'failing' | 'working', reason: string) => void
}

export interface ExporterUse {
  readonly exported: number
  readonly dropped: number
}

/** Maximum number of waiting spans. New ones beyond are dropped. */
export const MAX_WAITING_SPANS = 8192
const MAX_BATCH_SPANS = 512
const INTERVAL_MS = 1000
/** Statuses after which the same batch may be retried (OTLP/HTTP, section on retryable responses). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

export class Exporter {
  readonly #options: ExporterOptions
  #waiting: FinishedSpan[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #exported = 0
  #dropped = 0
  #isFailing = false

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  get use(): ExporterUse {
    return { exported: this.#exported, dropped: this.#dropped }
  }

  add(span: FinishedSpan): void {
    if (this.#waiting.length >= MAX_WAITING_SPANS) {
      this.#dropped++
      return
    }
    this.#waiting.push(span)
    this.#timer ??= setTimeout(() => void this.#run(), INTERVAL_MS).unref()
  }

  /** Sends the remaining spans once. Those not accepted are lost. */
  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#sending
    await this.#sendAll()
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    this.#sending = this.#sendAll()
    await this.#sending
    this.#sending = undefined
    this.#timer = undefined
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => void this.#run(), INTERVAL_MS).unref()
  }

  /** Sends batches until none are left or one is not accepted. */
  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH_SPANS)
      const outcome = await this.#send(batch)
      if (outcome === 'again') return
      this.#waiting.splice(0, batch.length)
      if (outcome === 'done') this.#exported += batch.length
      else this.#dropped += batch.length
    }
  }

  async #send(batch: readonly FinishedSpan[]): Promise<'done' | 'again' | 'refused'> {
    try {
      const status = await this.#options.send(batch)
      this.#note(status < 400, `status ${status}`)
      if (status < 400) return 'done'
      return RETRYABLE.has(status) ? 'again' : 'refused'
    } catch (error) {
      this.#note(false, reasonOf(error))
      return 'again'
    }
  }

  #note(isWorking: boolean, reason: string): void {
    if (isWorking !== this.#isFailing) return
    this.#isFailing = !isWorking
    this.#options.onChange(isWorking ? 'working' : 'failing', reason)
  }
}
