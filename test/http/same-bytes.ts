// Byte sequences for both engines, with the expected outcomes. docs/internals/request.md documents the differences.

/** Statuses of all answers, and the state of the connection afterwards. */
export type Outcome = `${string}; ${'open' | 'closed'}`

export interface SameBytes {
  /** Title of the row in the documentation, if the engines differ. */
  readonly title: string
  readonly bytes: string
  /** True if the client closes its half after them. */
  readonly thenEnds?: boolean
  readonly node: Outcome
  /** Outcome on the native engine, if it differs. */
  readonly native?: Outcome
}

const get = (...fields: string[]) => request('GET / HTTP/1.1', 'Host: x', ...fields)
const request = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`
const post = (body: string, ...fields: string[]) =>
  request('POST / HTTP/1.1', 'Host: x', ...fields, `Content-Length: ${body.length}`) + body
const PROXY = '\r\n\r\n\0\r\nQUIT\n!\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\0\x50\0\x50'

export const ALIKE: readonly SameBytes[] = [
  { title: 'two requests in one packet', bytes: get() + get(), node: '200 200; open' },
  { title: 'a body of GET', bytes: `${get('Content-Length: 5')}hello${get()}`, node: '200 200; open' },
  { title: 'an empty Host', bytes: request('GET / HTTP/1.1', 'Host:'), node: '200; open' },
  { title: 'no Host', bytes: request('GET / HTTP/1.1', 'X: y') + get(), node: '400; closed' },
  { title: 'two Hosts', bytes: get('host: y') + get(), node: '400; closed' },
  { title: 'a folded field', bytes: get('X: a', ' b') + get(), node: '400; closed' },
  { title: 'a blank before the colon', bytes: get('X : a') + get(), node: '400; closed' },
  { title: 'a tab before the colon', bytes: get('X\t: a') + get(), node: '400; closed' },
  {
    title: 'a blank before a name',
    bytes: request('GET / HTTP/1.1', ' Host: x') + get(),
    node: '400; closed',
  },
  { title: 'a field without a name', bytes: get(': a') + get(), node: '400; closed' },
  { title: 'a field without a colon', bytes: get('X') + get(), node: '400; closed' },
  { title: 'a name with a bracket', bytes: get('X(y): a') + get(), node: '400; closed' },
  {
    title: 'a name with all that names may have',
    bytes: get("X_!#$%&'*+-.^`|~9: a") + get(),
    node: '200 200; open',
  },
  { title: 'NUL in a value', bytes: get('X: a\0b') + get(), node: '400; closed' },
  { title: 'a control character in a value', bytes: get('X: a\x01b') + get(), node: '400; closed' },
  { title: 'a line feed in a value', bytes: get('X: a\nY: b') + get(), node: '400; closed' },
  { title: 'bytes outside ASCII in a value', bytes: get('X: \xe9a\xff') + get(), node: '200 200; open' },
  { title: 'a list of lengths', bytes: `${get('Content-Length: 5, 5')}hello${get()}`, node: '400; closed' },
  {
    title: 'two lengths',
    bytes: `${get('Content-Length: 5', 'Content-Length: 5')}hello${get()}`,
    node: '400; closed',
  },
  { title: 'a length with a sign', bytes: `${get('Content-Length: +5')}hello${get()}`, node: '400; closed' },
  {
    title: 'a length with a no-break space',
    bytes: `${get('Content-Length: 5\xa0')}hello${get()}`,
    node: '400; closed',
  },
  {
    title: 'a length of sixteen digits',
    bytes: get('Content-Length: 1000000000000000'),
    node: '400; closed',
  },
  {
    title: 'an empty length',
    bytes: `${get('Content-Length:', 'Content-Length: 5')}hello${get()}`,
    node: '400; closed',
  },
  {
    title: 'both framings',
    bytes: get('Content-Length: 5', 'Transfer-Encoding: chunked') + get(),
    node: '400; closed',
  },
  {
    title: 'an empty encoding',
    bytes: get('Transfer-Encoding:', 'Transfer-Encoding: chunked') + get(),
    node: '400; closed',
  },
  { title: 'HTTP/0.9', bytes: request('GET / HTTP/0.9', 'Host: x') + get(), node: '400; closed' },
  { title: 'HTTP/2.0', bytes: request('GET / HTTP/2.0', 'Host: x') + get(), node: '400; closed' },
  { title: 'HTTP/1.2', bytes: request('GET / HTTP/1.2', 'Host: x') + get(), node: '400; closed' },
  { title: 'http/1.1', bytes: request('GET / http/1.1', 'Host: x') + get(), node: '400; closed' },
  {
    title: 'a blank in the target',
    bytes: request('GET /a b HTTP/1.1', 'Host: x') + get(),
    node: '400; closed',
  },
  {
    title: 'the target of a whole server',
    bytes: request('OPTIONS * HTTP/1.1', 'Host: x') + get(),
    node: '400; closed',
  },
  { title: 'CONNECT', bytes: request('CONNECT x:80 HTTP/1.1', 'Host: x:80') + get(), node: '400; closed' },
  {
    title: 'CONNECT to a path',
    bytes: request('CONNECT /x HTTP/1.1', 'Host: x:80') + get(),
    node: '400; closed',
  },
  { title: 'no request at all', bytes: request('nonsense and more') + get(), node: '400; closed' },
  { title: 'Connection: close', bytes: get('Connection: close') + get(), node: '200; closed' },
  { title: 'close in a list', bytes: get('Connection: keep-alive ,\tClose') + get(), node: '200; closed' },
  {
    title: 'close in a second field',
    bytes: get('Connection: TE', 'Connection: close') + get(),
    node: '200; closed',
  },
  { title: 'a name that begins with close', bytes: get('Connection: closed') + get(), node: '200 200; open' },
  {
    title: 'a write that closes, and one behind it',
    bytes: post('ok', 'Connection: close') + post('no'),
    node: '200; closed',
  },
  { title: 'an upgrade', bytes: get('Connection: Upgrade', 'Upgrade: h2c') + get(), node: '200 200; open' },
  { title: 'an unknown expectation', bytes: get('Expect: nonsense') + get(), node: '200 200; open' },
  { title: 'a head of 20,000 bytes', bytes: get(`X: ${'x'.repeat(20_000)}`) + get(), node: '431; closed' },
]

export const DIFFERENT: readonly SameBytes[] = [
  {
    title: 'a body in chunks',
    bytes: `${request('POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
    node: '200; open',
    native: '411; closed',
  },
  {
    title: 'another `Transfer-Encoding` than `chunked`',
    bytes: request('POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: gzip, chunked') + get(),
    node: '400; closed',
    native: '411; closed',
  },
  {
    title: 'a target in absolute form',
    bytes: request('GET http://x/ HTTP/1.1', 'Host: x'),
    node: '200; open',
    native: '400; closed',
  },
  { title: 'HTTP/1.0', bytes: request('GET / HTTP/1.0'), node: '200; closed', native: '400; closed' },
  {
    title: 'an empty line before a request',
    bytes: `\r\n${get()}`,
    node: '200; open',
    native: 'nothing; closed',
  },
  {
    title: 'an empty line behind a request',
    bytes: `${get()}\r\n${get()}`,
    node: '200 200; open',
    native: '200; closed',
  },
  {
    title: 'no version',
    bytes: request('GET /', 'Host: x') + get(),
    node: '400; closed',
    native: 'nothing; closed',
  },
  {
    title: 'two blanks behind the method',
    bytes: request('GET  / HTTP/1.1', 'Host: x') + get(),
    node: '200 200; open',
    native: '400; closed',
  },
  {
    title: 'CR alone in a value',
    bytes: get('X: a\rb') + get(),
    node: '400; closed',
    native: 'nothing; closed',
  },
  {
    title: 'a request, and bytes that are none behind it in the same packet',
    bytes: get() + get('X: a', ' b'),
    node: '200 400; closed',
    native: '400; closed',
  },
  {
    title: 'a request behind a write that is not answered yet',
    bytes: post('ok') + get(),
    node: '200 200; open',
    native: 'nothing; closed',
  },
  {
    title: 'a half-closed connection after a write',
    bytes: post('ok'),
    thenEnds: true,
    node: '200; closed',
    native: 'nothing; closed',
  },
  {
    title: '99 fields or more',
    bytes: get(...Array.from({ length: 110 }, (_, i) => `X-${i}: y`)),
    node: '200; open',
    native: '431; closed',
  },
  {
    title: 'a method that is not registered',
    bytes: request('BREW / HTTP/1.1', 'Host: x'),
    node: '400; closed',
    native: '200; open',
  },
  {
    title: 'bytes outside ASCII in a target',
    bytes: request('GET /\xc3\xa9 HTTP/1.1', 'Host: x'),
    node: '400; closed',
    native: '200; open',
  },
  { title: 'DEL in a value', bytes: get('X: a\x7fb'), node: '400; closed', native: '200; open' },
  {
    title: 'a tab behind a length',
    bytes: `${get('Content-Length: 5\t')}hello`,
    node: '400; closed',
    native: '200; open',
  },
  {
    title: 'the preface of the PROXY protocol, version 2',
    bytes: PROXY + get(),
    node: '400; closed',
    native: '200; open',
  },
]
