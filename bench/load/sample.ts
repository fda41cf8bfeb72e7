// One answer of a server, byte for byte, for a bare server to repeat.
import { connect } from 'node:net'
import type { WireAnswer } from './hosts/wire-answer.ts'

/** Header fields that an engine adds. */
const ENGINE_HEADERS = new Set(['content-length', 'uwebsockets', 'date', 'connection', 'keep-alive'])

/** Sends a request and returns its answer, which must have the status. */
export async function sampleAnswer(port: number, request: Buffer, status: number): Promise<WireAnswer> {
  const answer = parse(await exchange(port, request))
  if (answer.status === status) return answer
  throw new Error(`a request was answered ${answer.status} instead of ${status}: ${answer.body}`)
}

function exchange(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', reject)
    socket.on('data', chunk => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (!isComplete(all)) return
      socket.destroy()
      resolve(all)
    })
    socket.write(request)
  })
}

function isComplete(bytes: Buffer): boolean {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const length = /\r\nContent-Length: (\d+)/.exec(bytes.toString('latin1', 0, Math.max(0, headEnd)))
  return headEnd !== -1 && bytes.length === headEnd + 4 + Number(length?.[1] ?? 0)
}

function parse(bytes: Buffer): WireAnswer {
  const headEnd = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const headers = lines
    .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const)
    .filter(([name]) => !ENGINE_HEADERS.has(name.toLowerCase()))
  return { status: Number(statusLine.split(' ')[1]), headers, body: bytes.subarray(headEnd + 4) }
}
