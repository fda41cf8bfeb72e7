// Bare server on node:http, which shows the share of the engine. Its one argument is a folder for a journal.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BareService } from './bare.ts'
import { obey } from './control.ts'
import type { WireAnswer } from './wire-answer.ts'

const [folder = ''] = process.argv.slice(2)
const service = new BareService(folder)

function send(response: ServerResponse, { status, headers, body }: WireAnswer): void {
  response.writeHead(status, [...headers, ['Content-Length', String(body.length)]].flat())
  response.end(body)
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    send(response, service.answers.read)
    return
  }
  request.resume()
  request.on('end', () => service.whenDurable(() => send(response, service.answers.write)))
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  obey(
    port,
    service.control(() => {
      server.close()
      server.closeAllConnections()
    }),
  )
})
