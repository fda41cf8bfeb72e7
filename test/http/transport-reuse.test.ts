// Answers from memory that is reused in the next turn of the event loop, unless the transport retains it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferedBody } from '../../src/http/transport/pieces.ts'
import type { Body, HttpResponse } from '../../src/http/transport/transport.ts'
import { head, onEachEngine, serve, until } from './transport-server.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Bodies by path: as a buffer and as buffers, below and above the size that is streamed. */
const SHAPES: Readonly<Record<string, (bytes: Buffer) => Body>> = {
  '/one': bytes => bytes,
  '/many': bytes => new BufferedBody([bytes.subarray(0, 7), bytes.subarray(7, 5000), bytes.subarray(5000)]),
}
/** Larger than the buffers of the system on both sides. */
const LARGE = 8 * MIB

/** Makes answers whose memory is overwritten in the next turn, or as soon as it is released. */
class Memory {
  retained = 0
  released = 0
  #size = 0
  #isRetained = false

  /** An answer with a body of this size. */
  answer(path: string, size: number): HttpResponse {
    const bytes = Buffer.from(expected(size))
    this.#size = size
    this.#isRetained = false
    setImmediate(() => {
      if (!this.#isRetained) bytes.fill('z')
    })
    return { status: 200, headers: [], body: SHAPES[path]?.(bytes) ?? bytes }
  }

  retain(pieces: readonly Buffer[]): () => void {
    assert.equal(
      pieces.reduce((sum, { length }) => sum + length, 0),
      this.#size,
    )
    this.#isRetained = true
    this.retained++
    return () => {
      this.released++
      for (const piece of pieces) piece.fill('z')
    }
  }
}

function expected(size: number): Buffer {
  return Buffer.alloc(size, 'The bytes of an answer, which must not change. ')
}

onEachEngine('memory that is reused', transport => {
  for (const path of Object.keys(SHAPES))
    for (const streamingBytes of [256 * KIB, 16 * MIB])
      test(`a slow reader of ${path} gets the bytes of the moment of the answer, above ${streamingBytes} in pieces`, async context => {
        const memory = new Memory()
        const retain = (pieces: readonly Buffer[]) => memory.retain(pieces)
        const handler = () => memory.answer(path, LARGE)
        const server = await serve(context, transport, handler, { retain, streamingBytes })
        for (let i = 0; i < 3; i++) {
          const client = server.connect()
          client.pause()
          client.send(head(`GET ${path}`))
          await new Promise(resolve => setTimeout(resolve, 50))
          client.resume()
          assert.ok((await client.answer()).body.equals(expected(LARGE)), `answer ${i}`)
        }
        await until(() => memory.released === memory.retained)
        if (streamingBytes < LARGE) assert.equal(memory.retained, 3)
      })

  test('the memory of a streamed answer is released once its client has left', async context => {
    const memory = new Memory()
    const retain = (pieces: readonly Buffer[]) => memory.retain(pieces)
    const server = await serve(context, transport, () => memory.answer('/many', 2 * LARGE), { retain })
    const client = server.connect()
    client.pause()
    client.send(head('GET /many'))
    await until(() => memory.retained === 1)
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal(memory.released, 0)
    client.destroy()
    await until(() => memory.released === 1)
  })

  for (const size of [20 * KIB, 200 * KIB, LARGE])
    test(`an answer of ${size} bytes that waits for the body of its request keeps its bytes`, async context => {
      const memory = new Memory()
      const retain = (pieces: readonly Buffer[]) => memory.retain(pieces)
      // A deadline of the wait for the body must not outlive it.
      const limits = { retain, answerDeadlineMs: 400 }
      const server = await serve(context, transport, () => memory.answer('/many', size), limits)
      const client = server.connect()
      client.send(head('GET /many', 'Content-Length: 4'))
      await new Promise(resolve => setTimeout(resolve, 50))
      client.send('body')
      assert.ok((await client.answer()).body.equals(expected(size)))
      await new Promise(resolve => setTimeout(resolve, 600))
      const other = server.connect()
      assert.ok((await other.send(head('GET /one')).answer()).body.equals(expected(size)))
    })
})

/** A body of many buffers that notes which of them a turn of the event loop reads. */
class WatchedBody extends BufferedBody {
  readonly turns: Set<string>[] = []
  #turn: Set<string> | undefined

  override pieces(): readonly Buffer[] {
    return new Proxy(super.pieces(), {
      get: (buffers, key, receiver) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) this.#note(key)
        return Reflect.get(buffers, key, receiver)
      },
    })
  }

  #note(key: string): void {
    if (this.#turn === undefined) {
      this.#turn = new Set()
      this.turns.push(this.#turn)
      setImmediate(() => {
        this.#turn = undefined
      })
    }
    this.#turn.add(key)
  }
}

onEachEngine('a long answer', transport => {
  test('takes at most a megabyte of a turn, however fast its reader is', async context => {
    const piece = Buffer.alloc(64 * KIB, 'x')
    const body = new WatchedBody(new Array<Buffer>(400).fill(piece))
    const server = await serve(context, transport, () => ({ status: 200, headers: [], body }))
    const answer = await server.connect().send(head('GET /long')).answer()
    assert.equal(answer.body.length, 400 * piece.length)
    const most = Math.max(...body.turns.map(({ size }) => size))
    assert.ok(most <= 16, `${most} pieces of 64 KiB in one turn of ${body.turns.length}`)
  })
})
