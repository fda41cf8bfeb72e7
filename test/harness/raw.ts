// Requests that no HTTP client would send: bytes over a socket, and what comes back.
import { connect } from 'node:net'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/**
 * Sends bytes on a connection of its own.
 * @param thenEnds whether the client ends its side after them
 * @returns the first final answer, or undefined when the server closed the connection without one
 * @throws Error when neither comes
 */
export function sendRaw(
  origin: string,
  bytes: string | Buffer,
  thenEnds = false,
): Promise<RawAnswer | undefined> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(port), hostname, () => {
      if (thenEnds) socket.end(bytes)
      else socket.write(bytes)
    })
    const settle = (answer: RawAnswer | undefined) => {
      clearTimeout(deadline)
      socket.destroy()
      resolve(answer)
    }
    const deadline = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`))
    }, WAIT_HANGS_AFTER_MS)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      received += text
      const answer = readAnswer(received, false)
      if (answer !== undefined) settle(answer)
    })
    socket.on('end', () => settle(readAnswer(received, true)))
    socket.on('error', () => settle(readAnswer(received, true)))
  })
}

/** A request as bytes; the body's length is added when there is a body and no other framing. */
export function rawRequest(
  method: string,
  target: string,
  body: string | Buffer = '',
  headers: readonly string[] = ['Content-Type: application/json'],
): Buffer {
  const bytes = Buffer.from(body)
  const length = bytes.length > 0 ? [`Content-Length: ${bytes.length}`] : []
  const head = [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, ...length].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes])
}

/** Gives an answer once all of it is there, or, when the connection has ended, as much of it as there is. */
function readAnswer(text: string, isEnd: boolean): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const status = Number(statusLine.split(' ')[1])
  if (status < 200) return readAnswer(text.slice(end + 4), isEnd)
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const body = text.slice(end + 4)
  const length = headers.get('content-length')
  const isWhole =
    length === undefined ? status === 204 || body.endsWith('0\r\n\r\n') : body.length >= Number(length)
  return isWhole || isEnd ? { status, headers, body } : undefined
}
