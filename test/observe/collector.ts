// An OTLP collector over HTTP in JSON, on loopback. Keeps the spans it receives, in the protocol's own form.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[]
  readonly status: { readonly code?: number }
}

export interface Collector {
  readonly endpoint: string
  readonly spans: CollectedSpan[]
  readonly heads: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[]
  readonly resources: unknown[]
  /** Status of the next answers. */
  status: number
  close(): Promise<void>
}

export async function startCollector(): Promise<Collector> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    collector.heads.push({ url: request.url, headers: request.headers })
    if (collector.status < 400) collect(JSON.parse(Buffer.concat(chunks).toString()))
    response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
  })
  // biome-ignore lint/suspicious/noExplicitAny: a body that violates the protocol fails the test that reads it
  const collect = (body: any) => {
    for (const { resource, scopeSpans } of body.resourceSpans) {
      collector.resources.push(resource)
      for (const { spans } of scopeSpans) collector.spans.push(...spans)
    }
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${port}/v1/traces`,
    spans: [],
    heads: [],
    resources: [],
    status: 200,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return collector
}

/** Attributes of a span or a resource by name, with values in the protocol's form. */
export function attributesOf({ attributes }: Pick<CollectedSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]))
}
