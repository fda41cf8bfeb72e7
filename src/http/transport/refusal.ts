// The answer to bytes that are no request, on the engine that lets us write it; the other one has it built in (see
// `scripts/build/native-answers.mjs`). It stands below everything that knows of requests, ids and times.

/** Why the bytes are refused. */
export type RefusalKind = 'malformed' | 'head-too-large'

const REFUSALS: Readonly<Record<RefusalKind, Buffer>> = {
  malformed: toBytes('400 Bad Request', {
    title: 'Malformed Request',
    status: 400,
    code: 'HYPERFLEET-VAL-006',
  }),
  'head-too-large': toBytes('431 Request Header Fields Too Large', {
    title: 'Request Head Too Large',
    status: 431,
  }),
}

/** A whole answer with a problem document (contract 8.1, 9), after which the connection is to be closed. */
export function refusal(kind: RefusalKind): Buffer {
  return REFUSALS[kind]
}

function toBytes(statusLine: string, document: object): Buffer {
  const body = JSON.stringify(document)
  const head = [
    `HTTP/1.1 ${statusLine}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
