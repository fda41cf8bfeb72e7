// Tracing as a whole, where it is on: requests become spans, spans go to a collector over OTLP/HTTP in JSON.
import type { Logger } from '../logs.ts'
import { Exporter, type ExporterUse } from './exporter.ts'
import { exportBody } from './otlp.ts'
import type { FinishedSpan } from './span.ts'
import { createTracer, type Tracer } from './tracer.ts'

export interface TracingSettings {
  readonly enabled: boolean
  /** Where spans are posted. */
  readonly endpoint: string
  readonly sampleRatio: number
}

export interface TracingOptions {
  readonly settings: TracingSettings
  readonly version: string
  readonly log: Logger
  /** The machine's clock in milliseconds since the Unix epoch, and a monotonic one. */
  readonly machineMs: () => number
  readonly nowMs: () => number
  readonly random: () => number
  readonly randomBytes: (size: number) => Buffer
  readonly fetch: typeof fetch
}

export interface Tracing {
  readonly tracer: Tracer
  readonly use: ExporterUse
  /** Sends what is left. */
  close(): Promise<void>
}

/** A collector that takes longer has failed. */
const SEND_DEADLINE_MS = 2000

/** @throws Error when the endpoint is no URL that spans can be posted to */
export function startTracing(options: TracingOptions): Tracing {
  const { settings, log } = options
  const url = endpointUrl(settings.endpoint)
  const resource = { 'service.name': 'hyperfleet-api', 'service.version': options.version }
  const send = async (spans: readonly FinishedSpan[]) => {
    const answer = await options.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: exportBody(spans, resource, options.machineMs() - options.nowMs()),
      signal: AbortSignal.timeout(SEND_DEADLINE_MS),
    })
    await answer.arrayBuffer()
    return answer.status
  }
  const onChange = (state: 'failing' | 'working', reason: string) => {
    const fields = { endpoint: url.origin, reason }
    if (state === 'working') log.info(fields, 'tracing: the collector takes spans again')
    else
      log.warn(
        fields,
        'tracing: the collector takes no spans, new ones are dropped once too many wait; see tracing.endpoint',
      )
  }
  const exporter = new Exporter({ send, onChange })
  return {
    tracer: createTracer({
      ...options,
      sampleRatio: settings.sampleRatio,
      onEnd: span => exporter.add(span),
    }),
    get use() {
      return exporter.use
    },
    close: () => exporter.close(),
  }
}

function endpointUrl(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new Error(
    `tracing.endpoint is ${JSON.stringify(endpoint)}: must be an http or https URL such as http://localhost:4318/v1/traces`,
  )
}
