// The measuring client: it parses answers in any pieces, and hides no wait.
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { test } from 'node:test'
import { Connection } from '../../bench/load/traffic/connection.ts'
import { measureLatency } from '../../bench/load/traffic/fixed-rate.ts'
import { inTurn, postRequest, queryString } from '../../bench/load/traffic/requests.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"a":"\\r\\n"}'
const EMPTY = 'HTTP/1.1 204 No Content\r\nVary: Authorization\r\n\r\n'

/** A server that answers each request when `mayAnswer` resolves. */
async function serve(mayAnswer: (request: number) => Promise<void>) {
  let requests = 0
  const server = createServer(socket => {
    socket.on('data', async () => {
      await mayAnswer(requests++)
      socket.write(ANSWER)
    })
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a listening TCP server has one
  return { port, close: () => new Promise<void>(resolve => server.close(() => resolve())) }
}

const source = inTurn(['GET / HTTP/1.1\r\n\r\n'])
const load = { connections: 1, source, status: 200 }

test('an answer is counted once, in whatever pieces it comes', () => {
  const stream = Buffer.from(ANSWER)
  for (let first = 1; first < stream.length; first++) {
    for (let second = first + 1; second <= stream.length; second += 7) {
      const connection = new Connection(new Socket())
      const seen: number[] = []
      connection.onAnswer = status => seen.push(status)
      const pieces = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]
      for (const piece of pieces) if (piece.length > 0) connection.take(piece)
      connection.take(Buffer.from(EMPTY))
      assert.deepEqual(seen, [200, 204], `cut at ${first} and ${second}`)
    }
  }
})

test('an answer without a length is refused, and so are bytes beyond it', () => {
  const take = (text: string) => () => new Connection(new Socket()).take(Buffer.from(text))
  assert.throws(take('HTTP/1.1 200 OK\r\n\r\n'), /no Content-Length/)
  assert.throws(take(`${ANSWER}x`), /more bytes came/)
})

test('a server that stops is charged for every request that was due meanwhile', async () => {
  const server = await serve(async request => {
    if (request === 0) await new Promise(resolve => setTimeout(resolve, 200))
  })
  try {
    const schedule = { perSecond: 1000, durationMs: 250, warmupMs: 0 }
    const [latency] = await measureLatency(server, { ...load, ...schedule })
    // Measured from sending, all but the first would appear to be answered at once.
    assert.ok(latency.p50 >= 50, `half of the requests waited less than ${latency.p50} ms`)
    assert.ok(latency.max >= 190)
  } finally {
    await server.close()
  }
})

test('concurrent loads are measured separately', async () => {
  const server = await serve(async () => {})
  try {
    const often = { ...load, perSecond: 400, durationMs: 100, warmupMs: 10 }
    const seldom = { ...load, perSecond: 50, durationMs: 100, warmupMs: 0 }
    const [first, second] = await measureLatency(server, often, seldom)
    assert.ok(first.perSecond > second.perSecond)
    assert.ok(first.p50 > 0 && second.p50 > 0)
  } finally {
    await server.close()
  }
})

test('an answer with another status ends the measurement', async () => {
  const server = await serve(async () => {})
  try {
    const schedule = { perSecond: 100, durationMs: 50, warmupMs: 0 }
    const measuring = measureLatency(server, { ...load, status: 201, ...schedule })
    await assert.rejects(measuring, /answered 200 instead of 201/)
  } finally {
    await server.close()
  }
})

test('places for digits are filled with a number that grows', () => {
  const requests = inTurn([postRequest('/a', '{"name":"a-###"}'), 'plain'])
  const next = () => requests.next().toString()
  assert.match(next(), /Content-Length: 16\r\n\r\n\{"name":"a-001"\}$/)
  assert.equal(next(), 'plain')
  assert.match(next(), /a-003/)
  for (let i = 0; i < 1001; i++) next()
  assert.match(next(), /a-005/)
  assert.equal(queryString({ search: "a < '1#:##'", pageSize: 20 }), "search=a%20%3C%20'1#%3A##'&pageSize=20")
})
