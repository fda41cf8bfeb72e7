// Ceiling: a uWebSockets.js server that only sends prepared bytes, after one append to a bare journal where the real
// server writes too. Its one argument is a folder for that journal.

import { statusLine } from '../../../src/http/transport/answer.ts'
import { loadUws } from '../../../src/http/transport/load.ts'
import type { UwsListenSocket, UwsResponse } from '../../../src/http/transport/uws-module.ts'
import { BareService } from './bare.ts'
import { obey } from './control.ts'
import type { WireAnswer } from './wire-answer.ts'

const [folder = ''] = process.argv.slice(2)
const loaded = loadUws(import.meta.dirname)
if (loaded.kind === 'unavailable') throw new Error(loaded.reason)
const { uws } = loaded
const service = new BareService(folder)

function send(response: UwsResponse, { status, headers, body }: WireAnswer): void {
  response.writeStatus(statusLine(status))
  for (const [name, value] of headers) response.writeHeader(name, value)
  const [, isComplete] = response.tryEnd(body, body.length)
  if (isComplete) return
  response.onAborted(() => {})
  response.onWritable(offset => response.tryEnd(body.subarray(offset), body.length)[0])
}

const app = uws.App()
app.any('/*', (response, request) => {
  if (request.getCaseSensitiveMethod() === 'GET') {
    send(response, service.answers.read)
    return
  }
  let isAborted = false
  response.onAborted(() => {
    isAborted = true
  })
  response.onData((_, isLast) => {
    if (!isLast) return
    service.whenDurable(() => {
      if (!isAborted) response.cork(() => send(response, service.answers.write))
    })
  })
})
app.listen('127.0.0.1', 0, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, socket => {
  if (socket === false) throw new Error('a bare server cannot listen')
  obey(
    uws.us_socket_local_port(socket),
    service.control(() => close(socket)),
  )
})

function close(socket: UwsListenSocket): void {
  uws.us_listen_socket_close(socket)
  app.close()
}
