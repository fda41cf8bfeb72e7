// Tracing, if it is on: requests become spans, spans go to a collector over OTLP/HTTP in JSON.

import { readHeaders, readKeyValues } from '../../config/key-values.ts'
import { createTracer, type FinishedSpan, type Tracer } from '../../http/tracing/tracer.ts'
import type { Logger } from '../log/log.ts'
import { Exporter, type ExporterUse } from './exporter.ts'
import { exportBody, type ResourceAttributes } from './otlp.ts'

export interface TracingSettings {
  readonly enabled: boolean
  /** Address to which spans are posted. */
  readonly endpoint: string
  readonly sampleRatio: number
  /** Header fields of each POST, and attributes of the resource: `key=value,other=value`. */
  readonly headers: string
  readonly resourceAttributes: string
  readonly serviceName: string
  /** Time limit for an answer of the collector. */
  readonly timeoutMs: number
}

const DEFAULT_SERVICE_NAME = 'hyperfleet-api'

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
  /** Sends the remaining spans. */
  close(): Promise<void>
}

/** @throws Error if spans cannot be posted with these settings */
export function startTracing(options: TracingOptions): Tracing {
  const { settings, log } = options
  const url = endpointUrl(settings.endpoint)
  const resource = resourceOf(settings, options.version)
  const headers = headersOf(settings.headers)
  const send = async (spans: readonly FinishedSpan[]) => {
    const answer = await options.fetch(url, {
      method: 'POST',
      headers,
      body: exportBody(spans, resource, options.machineMs() - options.nowMs()),
      signal: AbortSignal.timeout(settings.timeoutMs),
    })
    await answer.arrayBuffer()
    return answer.status
  }
  const onChange = (state: 'failing' | 'working', reason: string) => {
    const fields = { endpoint: url.origin, reason }
    if (state === 'working') log.info(fields, 'tracing: the collector accepts spans again')
    else
      log.warn(
        fields,
        'tracing: the collector does not accept spans; new ones are dropped once too many are waiting; see tracing.endpoint',
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

function headersOf(text: string): Record<string, string> {
  const headers = readHeaders(text)
  if (headers === undefined)
    throw new Error(
      'tracing.headers must be a list of header fields such as authorization=Bearer%20TOKEN,x-tenant=a',
    )
  return { ...Object.fromEntries(headers), 'content-type': 'application/json' }
}

/** OpenTelemetry: the service name takes precedence over the one among the attributes, unless it is the default. */
function resourceOf(
  { serviceName, resourceAttributes }: TracingSettings,
  version: string,
): ResourceAttributes {
  const attributes = readKeyValues(resourceAttributes)
  if (attributes === undefined)
    throw new Error(
      `tracing.resourceAttributes is ${JSON.stringify(resourceAttributes)}: must be a list such as deployment.environment=prod,team=a`,
    )
  const isDefault = serviceName === DEFAULT_SERVICE_NAME
  return {
    'service.version': version,
    ...Object.fromEntries(attributes),
    'service.name': (isDefault ? attributes.get('service.name') : undefined) ?? serviceName,
  }
}

function endpointUrl(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new Error(
    `tracing.endpoint is ${JSON.stringify(endpoint)}: must be an http or https URL such as http://localhost:4318/v1/traces`,
  )
}
