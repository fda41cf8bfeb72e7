// Both engines get the same bytes. They answer alike, or docs/internals/request.md documents the difference.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { chooseTransport } from '../../src/http/transport/load.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/transport/transport.ts'
import type { RawClient } from './raw-client.ts'
import { ALIKE, DIFFERENT, type Outcome, type SameBytes } from './same-bytes.ts'
import { head, onEachEngine, serve, text } from './transport-server.ts'

/** Reads are answered at once, writes later. */
function answer(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
  if (request.path === '/probe') return text('probe')
  if (request.method !== 'POST') return text('read')
  return request.body(100).then(async ({ kind }) => {
    await new Promise(resolve => setTimeout(resolve, 100))
    return text(kind)
  })
}

/**
 * The outcome of some bytes. A connection counts as open if it answers another request after the expected answers. Sends
 * as many probes as expected, and reports how many answers there were.
 */
async function outcomeOf(
  client: RawClient,
  { bytes, thenEnds }: SameBytes,
  expected: Outcome,
): Promise<Outcome> {
  client.send(bytes)
  if (thenEnds === true) client.end()
  if (!expected.endsWith('open')) return closing([], await client.rest())
  const statuses: number[] = []
  for (let i = 0; i < expected.split(' ').length - 1; i++) statuses.push((await client.answer()).status)
  const probe = await client.send(head('GET /probe')).answer()
  return probe.body.toString() === 'probe'
    ? `${statuses.join(' ')}; open`
    : closing(statuses, await client.rest())
}

function closing(statuses: number[], rest: string): Outcome {
  const all = [...statuses, ...[...rest.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]))]
  return `${all.length === 0 ? 'nothing' : all.join(' ')}; closed`
}

onEachEngine('the same bytes', transport => {
  test('contract 9.1: every byte sequence is answered as its row says', async context => {
    const server = await serve(context, transport, answer)
    const rows = [...ALIKE, ...DIFFERENT].map(row => ({
      row,
      expected: (transport.engine === 'uws' ? row.native : undefined) ?? row.node,
    }))
    const found = rows.map(async ({ row, expected }) => [
      row.title,
      await outcomeOf(server.connect(), row, expected).catch(String),
    ])
    assert.deepEqual(
      await Promise.all(found),
      rows.map(({ row, expected }) => [row.title, expected]),
    )
  })
})

test('invalid bytes are answered with a problem with title, status, and for 400 a code', async context => {
  for (const transport of [chooseTransport('node'), chooseTransport('auto')]) {
    const server = await serve(context, transport, answer)
    for (const [bytes, status, code] of [
      [head('GET /', 'X : a'), 400, 'HYPERFLEET-VAL-006'],
      [head('GET /a b'), 400, 'HYPERFLEET-VAL-006'],
      [head('GET /', `X: ${'x'.repeat(20_000)}`), 431, undefined],
    ] as const) {
      const refusal = await server.connect().send(bytes).rest()
      assert.match(refusal, /^HTTP\/1\.1 \d+ [A-Z][A-Za-z ]+\r\n/)
      const document = JSON.parse(refusal.slice(refusal.indexOf('\r\n\r\n')))
      assert.equal(typeof document.title, 'string')
      assert.deepEqual([document.status, document.code], [status, code])
    }
  }
})

test('docs/internals/request.md documents every difference between the engines, and no other', () => {
  const page = readFileSync('docs/internals/request.md', 'utf8')
  const section = page.slice(page.indexOf('## 6 Limits of the native engine'))
  const rows = [...section.matchAll(/^\| (?!-|what is sent)(.+?) \| (.+?) \| (.+?) \| .+ \|$/gm)]
  const documented = rows.map(([, title, node, native]) => [title, node, native])
  assert.deepEqual(
    documented,
    DIFFERENT.map(({ title, node, native }) => [title, node, native]),
  )
})
