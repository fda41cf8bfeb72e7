// Answers to invalid bytes, on the engine that lets us write them. The other engine has them built in (see
// `scripts/build/native-answers.mjs`). This layer knows no requests, ids or times.

/** Reason of the refusal. */
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

/** A complete answer with a problem document (contract 8.1, 9). The connection must be closed after it. */
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
