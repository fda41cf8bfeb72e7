// Which requests are traced: those whose caller records its trace, and a part of those that bring none.
import { RequestSpan, type SpanOptions } from './span.ts'
import { readTraceparent } from './traceparent.ts'

export interface Tracer {
  /** Begins the span of a request by its `traceparent` header; undefined when it is not recorded. */
  begin(traceparent: string | undefined): RequestSpan | undefined
}

export interface TracerOptions extends SpanOptions {
  /** Which part of the requests without a trace of their caller's is recorded, from 0 to 1. */
  readonly sampleRatio: number
  /** From 0 up to but not including 1. */
  readonly random: () => number
}

export function createTracer(options: TracerOptions): Tracer {
  const { sampleRatio, random } = options
  return {
    begin(traceparent) {
      const parent = readTraceparent(traceparent)
      const isRecorded = parent === undefined ? random() < sampleRatio : parent.isSampled
      return isRecorded ? new RequestSpan(parent, options) : undefined
    },
  }
}
