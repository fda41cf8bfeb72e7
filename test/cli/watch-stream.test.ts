// The client of a watch against a server or proxy that misbehaves: cuts, refusals, gateway faults, what it sends to resume.
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import { FailedError } from '../../src/cli/command.ts'
import { withServer } from '../../src/cli/connection/api.ts'
import { eventsOf, MisshapenEventError } from '../../src/cli/connection/event-lines.ts'
import { watchEvents } from '../../src/cli/connection/watch-stream.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const RESET = '{"type":"RESET","sequence":1}\n'
const ADDED = '{"type":"ADDED","sequence":1,"object":{"id":"é"}}\n'
const bookmark = (since: string) => `{"type":"BOOKMARK","sequence":1,"since":"${since}"}\n`

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** Begins a stream. */
function begin(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.write(text)
}

function problem(status: number, headers: Record<string, string> = {}): Answer {
  const body = {
    status,
    title: 'No',
    detail: 'no',
    code: 'HYPERFLEET-X',
    trace_id: 'x',
    type: 'x',
    instance: 'x',
  }
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers })
    response.end(JSON.stringify(body))
  }
}

interface Seen {
  readonly events: string[]
  readonly notes: string[]
  /** `since` of each request; null if it has none. */
  readonly since: (string | null)[]
  readonly failure: FailedError | undefined
}

/** Watches a server that gives these answers in turn, until the last one has given a BOOKMARK or the watch fails. */
async function watched(t: TestContext, answers: readonly Answer[], isKnown = false): Promise<Seen> {
  const since: (string | null)[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost')
    assert.equal(url.searchParams.get('watch'), 'true')
    assert.equal(request.headers.accept, 'application/x-ndjson')
    since.push(url.searchParams.get('since'))
    answers[since.length - 1]?.(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const target = { url: new URL(`http://127.0.0.1:${address.port}`), token: undefined, ca: undefined }
  const stop = new AbortController()
  const [events, notes]: [string[], string[]] = [[], []]
  // No chance: the shortest pauses.
  const options = {
    signal: stop.signal,
    onNote: (note: string) => notes.push(note),
    isKnown,
    random: () => 0,
  }
  const request = { path: '/clusters', parameters: new Map([['search', "name = 'a'"]]) }
  try {
    await withServer(target, async api => {
      for await (const batch of watchEvents(api, request, options)) {
        events.push(...batch.map(({ type }) => type))
        if (since.length === answers.length && batch.some(({ type }) => type === 'BOOKMARK')) stop.abort()
      }
    })
    return { events, notes, since, failure: undefined }
  } catch (error) {
    assert(error instanceof FailedError)
    return { events, notes, since, failure: error }
  }
}

describe('the client of a watch', { timeout: TEST_HANGS_AFTER_MS }, () => {
  test('contract 12.4: it resumes with the text of the last BOOKMARK', async t => {
    const { events, notes, since } = await watched(t, [
      (_, response) => {
        begin(response, RESET + bookmark('one') + bookmark('two'))
        response.end()
      },
      (_, response) => begin(response, ADDED + bookmark('three')),
    ])
    assert.deepEqual(since, [null, 'two'])
    assert.deepEqual(events, ['RESET', 'BOOKMARK', 'BOOKMARK', 'ADDED', 'BOOKMARK'])
    assert.deepEqual(notes, [
      'the server has ended the watch; still watching',
      'watching again: what has changed meanwhile follows',
    ])
  })

  test('contract 12.4: after a RESET without its BOOKMARK it begins from nothing', async t => {
    const { since, notes } = await watched(t, [
      (_, response) => {
        begin(response, RESET + bookmark('one') + RESET + ADDED)
        response.end()
      },
      (_, response) => begin(response, RESET + bookmark('two')),
    ])
    assert.deepEqual(since, [null, null])
    assert.equal(notes[1], 'watching again: everything that matches comes again')
  })

  test('a connection that is cut within a line loses the line and nothing else', async t => {
    const { events, since, notes } = await watched(t, [
      (_, response) => {
        begin(response, RESET + bookmark('one') + ADDED.slice(0, 20))
        setImmediate(() => response.destroy())
      },
      (_, response) => begin(response, ADDED + bookmark('two')),
    ])
    assert.deepEqual(since, [null, 'one'])
    assert.deepEqual(events, ['RESET', 'BOOKMARK', 'ADDED', 'BOOKMARK'])
    assert.match(notes[0] ?? '', /^the watch was cut off \(.+\); still watching$/)
  })

  test('contract 12.8: 429 and 503 are asked again, from the first request on; a gateway that lost its server later', async t => {
    const { events, notes } = await watched(t, [
      problem(503, { 'retry-after': '1' }),
      problem(429, { 'retry-after': '1' }),
      (_, response) => {
        begin(response, RESET + bookmark('one'))
        response.end()
      },
      (_, response) => {
        response.writeHead(502, { 'content-type': 'text/html' })
        response.end('<h1>Bad Gateway</h1>')
      },
      problem(500),
      (_, response) => begin(response, bookmark('two')),
    ])
    assert.deepEqual(events, ['RESET', 'BOOKMARK', 'BOOKMARK'])
    assert.equal(notes.length, 4, notes.join('\n'))
  })

  test('a first answer that another attempt would not change ends it', async t => {
    for (const [answer, exitCode] of [
      [problem(400), 1],
      [problem(401), 5],
      [problem(404), 3],
      [problem(500), 1],
      [(_: IncomingMessage, response: ServerResponse) => response.destroy(), 6],
      [(_: IncomingMessage, response: ServerResponse) => response.end('hello'), 1],
    ] as const) {
      const { failure, since } = await watched(t, [answer])
      assert.deepEqual([failure?.exitCode, since.length], [exitCode, 1])
    }
  })

  test('a stream that is no watch ends it', async t => {
    for (const line of ['no JSON\n', '{}\n', '[]\n', '{"type":1,"sequence":1}\n', 'null\n']) {
      const { failure } = await watched(t, [(_, response) => begin(response, RESET + line)])
      assert.match(failure?.message ?? '', /is not a HyperFleet server/)
    }
  })

  test('lines come whole, however their bytes are divided', async () => {
    const bytes = Buffer.from(RESET + ADDED + bookmark('é') + ADDED)
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
        yield Buffer.from(ADDED.slice(0, -1))
      }
      const lines: string[] = []
      for await (const events of eventsOf(chunks())) lines.push(...events.map(({ line }) => line))
      assert.equal(lines.map(line => `${line}\n`).join(''), bytes.toString(), `in chunks of ${size}`)
    }
  })

  test('a line that is no event is refused', async () => {
    const chunks = async function* () {
      yield Buffer.from('{"type":"ADDED"}\n')
    }
    await assert.rejects(async () => {
      for await (const _ of eventsOf(chunks()));
    }, MisshapenEventError)
  })
})
