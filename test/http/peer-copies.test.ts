// Copies of the data folder for other servers (contract 14.15): who gets one, how many at the same time, and how fast.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Reply, Stream } from '../../src/http/call.ts'
import { type CopyEvent, LEAST, PEER, PEER_SCHEME, PeerCopies } from '../../src/http/cluster/copies.ts'
import type { PeerTokenFault } from '../../src/replication/peer-token.ts'
import type { CopyPart } from '../../src/store/copy/copy.ts'

const PART: CopyPart = { kind: 'record', key: 'Cluster/a', value: Buffer.alloc(1000) }

class Scene {
  readonly events: CopyEvent[] = []
  tokenFault: PeerTokenFault | undefined
  fault: string | undefined
  /** Parts that were made, and copies that have released the store. */
  made = 0
  released = 0
  readonly copies = new PeerCopies({
    tokens: { fault: async () => this.tokenFault },
    copy: () => this.#parts(),
    position: () => 10,
    sequence: () => 7,
    fault: () => this.fault,
    nowMs: () => 0,
    onEvent: event => void this.events.push(event),
  })
  readonly #length: number

  constructor(length = Number.POSITIVE_INFINITY) {
    this.#length = length
  }

  async ask(headers: Record<string, string> = {}): Promise<Reply> {
    const all: Record<string, string> = {
      authorization: `${PEER_SCHEME} token`,
      [PEER.toLowerCase()]: 'http://two',
      ...headers,
    }
    const request = { header: (name: string) => all[name] }
    // The handler reads nothing else of a call.
    return this.copies.handle({ request } as unknown as Call)
  }

  async *#parts(): AsyncGenerator<CopyPart[], void> {
    try {
      for (; this.made < this.#length; this.made++) {
        yield [PART]
        await new Promise(setImmediate)
      }
    } finally {
      this.released++
    }
  }
}

/** The other end of a body. */
class Reader {
  readonly stream: Stream
  taken = 0
  isBehind = false
  end = ''

  constructor(reply: Reply) {
    assert.ok(reply.kind === 'stream')
    this.stream = reply.open(() => Buffer.alloc(0))
    this.stream.begin({
      write: bytes => {
        this.taken += bytes.length
        return !this.isBehind
      },
      end: () => this.#over('end'),
      cutOff: () => this.#over('cut off'),
    })
  }

  #over(how: string): void {
    if (this.end !== '') return
    this.end = how
    this.stream.over(how === 'end' ? 'sent' : 'gone')
  }
}

const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}
const outcome = (reply: Reply) => (reply.kind === 'problem' ? reply.code : reply.kind)

test('contract 14.15: a copy is sent to its end, and then releases the store', async () => {
  const scene = new Scene(5)
  const reader = new Reader(await scene.ask())
  await turns()
  assert.deepEqual(
    [reader.end, scene.released, scene.events.map(({ outcome }) => outcome)],
    ['end', 1, ['sent']],
  )
  assert.ok(reader.taken > 5000)
})

test('contract 14.15: a copy waits for a reader that is behind', async () => {
  const scene = new Scene()
  const reader = new Reader(await scene.ask())
  reader.isBehind = true
  await turns()
  const { made } = scene
  await turns()
  assert.equal(scene.made, made)
  reader.stream.ready()
  await turns()
  assert.equal(scene.made, made + 1)
  reader.stream.over('gone')
  await turns()
  assert.deepEqual([scene.released, scene.events.at(-1)?.outcome], [1, 'broken'])
})

test('contract 14.15: two copies are sent at the same time, and one more when one has ended', async () => {
  const scene = new Scene()
  const first = new Reader(await scene.ask())
  new Reader(await scene.ask())
  assert.equal(outcome(await scene.ask()), 'HYPERFLEET-SVC-001')
  first.stream.over('gone')
  await turns()
  // An answer that has not begun takes no place.
  assert.equal(outcome(await scene.ask()), 'stream')
  new Reader(await scene.ask())
  assert.equal(outcome(await scene.ask()), 'HYPERFLEET-SVC-001')
  await scene.copies.stop()
  assert.equal(scene.released, 3)
  assert.equal(outcome(await scene.ask()), 'HYPERFLEET-SVC-001')
})

test('contract 14.15: no copy without a token, of a server that disagrees with the journal, or lacks something itself', async () => {
  const scene = new Scene()
  assert.equal(outcome(await scene.ask({ authorization: 'Bearer token' })), 'HYPERFLEET-AUT-002')
  scene.tokenFault = 'wrong'
  assert.equal(outcome(await scene.ask()), 'HYPERFLEET-AUT-002')
  scene.tokenFault = undefined
  assert.equal(outcome(await scene.ask({ [LEAST.toLowerCase()]: '11' })), 'HYPERFLEET-SVC-001')
  assert.equal(outcome(await scene.ask({ [LEAST.toLowerCase()]: '10' })), 'stream')
  scene.fault = 'it is lost'
  assert.equal(outcome(await scene.ask()), 'HYPERFLEET-SVC-001')
  assert.equal(scene.released, 0)
})
