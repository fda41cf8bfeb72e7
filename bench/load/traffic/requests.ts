// Requests as bytes, prepared before the clock starts. Requests that must differ have places for digits, where a
// counter is written.

/** Endless supply of requests; each is valid until the next call. */
export interface RequestSource {
  next(): Buffer
}

const HOST = 'Host: 127.0.0.1\r\n'
const PLACE = '#'
const ZERO = 48

export function getRequest(path: string): string {
  return `GET ${path} HTTP/1.1\r\n${HOST}\r\n`
}

export function postRequest(path: string, body: string): string {
  return bodyRequest('POST', path, body)
}

export function bodyRequest(method: 'POST' | 'PUT', path: string, body: string): string {
  const length = Buffer.byteLength(body)
  return `${method} ${path} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`
}

/** Query string of a list; a `#` in a value is kept. */
export function queryString(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%23', PLACE)}`)
    .join('&')
}

/**
 * Returns the requests in rotation. Each `#` in them is a place for a digit of a counter, which increases with every
 * request and is shared by all texts.
 */
export function inTurn(texts: readonly string[]): RequestSource {
  const requests = texts.map(text => ({
    bytes: Buffer.from(text.replaceAll(PLACE, '0')),
    places: placesIn(Buffer.from(text)),
  }))
  let turn = 0
  return {
    next() {
      const request = requests[turn % requests.length]
      if (request === undefined) throw new Error('there is no request to send')
      turn += 1
      writeDigits(request.bytes, request.places, turn)
      return request.bytes
    },
  }
}

/** Positions from last to first, as digits are written. */
function placesIn(text: Buffer): number[] {
  const places: number[] = []
  for (let at = text.indexOf(PLACE); at !== -1; at = text.indexOf(PLACE, at + 1)) places.unshift(at)
  return places
}

function writeDigits(bytes: Buffer, places: readonly number[], value: number): void {
  let rest = value
  for (const place of places) {
    bytes[place] = ZERO + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
