// Servers for transport tests. The same tests run on every available engine.
import { describe, type TestContext } from 'node:test'
import { chooseTransport } from '../../src/http/transport/load.ts'
import type {
  Fault,
  Handler,
  HttpResponse,
  Listener,
  Transport,
  TransportOptions,
} from '../../src/http/transport/transport.ts'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import { RawClient } from './raw-client.ts'

/** Runs the same tests on both engines; without uWebSockets.js only on node:http. */
export function onEachEngine(what: string, define: (transport: Transport) => void): void {
  describe(`${what}, on node:http`, () => define(chooseTransport('node')))
  const best = chooseTransport('auto')
  if (best.engine === 'uws') describe(`${what}, on uWebSockets.js`, () => define(best))
}

/** A listener for one test, with the faults it has answered. */
export interface TestServer {
  readonly listener: Listener
  readonly faults: readonly Fault[]
  /** A new connection. */
  connect(): RawClient
}

/** Starts a server. The end of the test closes it with its connections. */
export async function serve(
  context: TestContext,
  transport: Transport,
  handler: Handler,
  {
    port = 0,
    clientOf = request => request.header('x-client') ?? request.peer(),
    retain = () => () => {},
    ...limits
  }: TransportOptions['limits'] & Pick<Partial<TransportOptions>, 'port' | 'clientOf' | 'retain'> = {},
): Promise<TestServer> {
  const faults: Fault[] = []
  const onFault = (fault: Fault) => {
    faults.push(fault)
    return text(fault.kind, FAULT_STATUS[fault.kind])
  }
  const listener = await transport.listen({
    host: '127.0.0.1',
    port,
    handler,
    onFault,
    clientOf,
    retain,
    limits: { closeDeadlineMs: 100, ...limits },
  })
  const clients: RawClient[] = []
  context.after(async () => {
    for (const client of clients) client.destroy()
    await listener.close()
  })
  const open = () => {
    const client = new RawClient(listener.port)
    clients.push(client)
    return client
  }
  return { listener, faults, connect: open }
}

const FAULT_STATUS = { failed: 500, malformed: 400, 'length-required': 411, overloaded: 503 }

/** A text answer. */
export function text(body: string, status = 200): HttpResponse {
  return { status, headers: ['Content-Type', 'text/plain'], body: Buffer.from(body, 'latin1') }
}

/** A request head with a host and the given header lines. */
export function head(requestLine: string, ...headers: string[]): string {
  return `${[`${requestLine} HTTP/1.1`, 'Host: localhost', ...headers].join('\r\n')}\r\n\r\n`
}

/** Resolves as soon as a condition is true; fails if that takes too long. */
export async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + WAIT_HANGS_AFTER_MS
  while (performance.now() < deadlineMs) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error('the condition did not become true')
}

/** A promise that is resolved by hand. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open }
}
