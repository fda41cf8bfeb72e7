// The application on its own listener, with handlers and limits chosen by a test.

import type { TestContext } from 'node:test'
import { type OperationId, operations } from '../../src/api/operations.ts'
import { createServerClock } from '../../src/fleet/clock.ts'
import { createCors } from '../../src/http/admission/cors.ts'
import { Distrust } from '../../src/http/admission/distrust.ts'
import { createApplication } from '../../src/http/application.ts'
import type { OperationHandler } from '../../src/http/call.ts'
import type { RequestRecord } from '../../src/http/request-record.ts'
import { chooseTransport } from '../../src/http/transport/load.ts'
import type { TransportOptions } from '../../src/http/transport/transport.ts'
import { REQUEST_ID } from '../contract/provocations.ts'
import type { EngineName } from '../harness/server.ts'

const LIMITS = { conditionsPerReport: 32, reasonMaxBytes: 1024, messageMaxBytes: 8192 }

export interface ApplicationServer {
  readonly port: number
  /** Records of requests, in order. */
  readonly records: readonly RequestRecord[]
  /** Defects of the server. */
  readonly failures: readonly { readonly error: unknown; readonly requestId: string }[]
}

/** Serves an API whose operations are all answered by one handler, until the end of the test. */
export async function serveApplication(
  context: TestContext,
  engine: EngineName,
  handler: OperationHandler,
  limits: NonNullable<TransportOptions['limits']> = {},
): Promise<ApplicationServer> {
  const failures: { readonly error: unknown; readonly requestId: string }[] = []
  const records: RequestRecord[] = []
  const table = operations(LIMITS, 'documents')
  const ids = Object.keys(table) as OperationId[] // keys of a constant table
  const application = createApplication({
    operations: table,
    handlers: Object.fromEntries(ids.map(id => [id, handler])) as Record<OperationId, OperationHandler>,
    assets: new Map(),
    authenticate: () => ({
      kind: 'caller',
      author: 'user@example.com',
      subject: undefined,
      expiresMs: Number.POSITIVE_INFINITY,
    }),
    cors: createCors([]),
    rateLimit: undefined,
    distrust: new Distrust(() => 0),
    clientAddress: request => request.peer(),
    clock: createServerClock(() => Date.UTC(2026, 2, 1, 12), undefined),
    nowMs: () => 0,
    randomId: () => REQUEST_ID,
    tracer: undefined,
    onRequest: record => records.push(record),
    onError: (error, requestId) => failures.push({ error, requestId }),
  })
  const listener = await chooseTransport(engine).listen({
    host: '127.0.0.1',
    port: 0,
    handler: application.handle,
    onFault: application.onFault,
    limits: { closeDeadlineMs: 100, ...limits },
  })
  context.after(() => listener.close())
  return { port: listener.port, failures, records }
}
