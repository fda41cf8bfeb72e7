// Bytes over a socket, for requests that no HTTP client would send.
import { connect } from 'node:net'

/**
 * Sends bytes and gives all that comes back until the server closes the connection; empty when it closes without a
 * word. The request should ask for that with `Connection: close`.
 */
export function exchangeBytes(origin: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const end = () => resolve(Buffer.concat(chunks).toString('latin1'))
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('end', end)
    // A server that closes with bytes unread resets the connection: what it said before counts.
    socket.on('error', error => ('code' in error && error.code === 'ECONNRESET' ? end() : reject(error)))
    socket.on('close', end)
  })
}

/** The head and the body of one answer in bytes. */
export function splitAnswer(text: string): { readonly head: string; readonly body: string } {
  const at = text.indexOf('\r\n\r\n')
  return at < 0 ? { head: text, body: '' } : { head: text.slice(0, at), body: text.slice(at + 4) }
}
