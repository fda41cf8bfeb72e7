// Waiting reads over a fleet that the test changes, in a time that the test moves.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { OpenReads } from '../../src/http/admission/open-reads.ts'
import type { Reply } from '../../src/http/call.ts'
import { problem, unavailable } from '../../src/http/problems.ts'
import type { HttpRequest } from '../../src/http/transport/transport.ts'
import { type Looked, type Question, WaitingReads } from '../../src/http/waiting-reads.ts'

let nowMs = 0

beforeEach(() => {
  nowMs = 0
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
})
afterEach(() => mock.timers.reset())

/** Lets time pass, a millisecond at a time, and everything that is due with it. */
async function pass(ms: number): Promise<void> {
  for (let i = 0; i < ms; i++) {
    nowMs++
    mock.timers.tick(1)
    await undefined
  }
}

/** A fleet of one number, the tag of every answer. */
class Fleet {
  readonly state
  readonly openReads = new OpenReads({
    openReads: 1000,
    openReadsPerClient: 1000,
    openSearches: 1000,
    openRelativeSearches: 1000,
  })
  readonly waiting: WaitingReads
  looks = 0
  tag = 0
  #watcher: () => void = () => {}

  constructor(random = () => 0) {
    const fleet = this
    this.state = {
      sequence: 1,
      application: undefined as { readonly over: Promise<void> } | undefined,
      watch(watcher: () => void) {
        fleet.#watcher = watcher
      },
    }
    this.waiting = new WaitingReads({
      state: this.state,
      openReads: this.openReads,
      nowMs: () => nowMs,
      random,
    })
  }

  /** A change, after which the answer has another tag or not. */
  change(isNew: boolean): void {
    this.state.sequence++
    if (isNew) this.tag++
    this.#watcher()
  }

  found(): Looked {
    const { tag, state } = this
    return {
      kind: 'found',
      tag: `"${tag}"`,
      sequence: state.sequence,
      body: () => Buffer.from(`body ${tag}`),
    }
  }

  question(key = 'question', isRelative = false, look: Question['look'] = () => this.found()): Question {
    const counted: Question['look'] = reader => {
      this.looks++
      return look(reader)
    }
    return { key, search: { key, isRelative }, look: counted }
  }
}

interface Asked {
  reply: Reply | undefined
  error: unknown
  endedMs: number
  leave(): void
}

/** Waits for an answer to a question whose present one the client has. */
function ask(fleet: Fleet, question: Question, waitMs = 60_000): Asked {
  const asked: Asked = { reply: undefined, error: undefined, endedMs: 0, leave: () => {} }
  const request = {
    aborted: false,
    wait(onGone: () => void) {
      asked.leave = onGone
    },
  } as HttpRequest // The only members that a waiting read uses.
  const found = fleet.found()
  assert(found.kind === 'found')
  const known = { kind: 'tags', tags: [found.tag] } as const
  const reply = fleet.waiting.wait({ request, client: 'one', question, known, found, waitMs })
  void Promise.resolve(reply).then(
    late => {
      asked.reply = late
      asked.endedMs = nowMs
    },
    error => {
      asked.error = error
    },
  )
  return asked
}

const bodyOf = (reply: Reply | undefined) => (reply?.kind === 'document' ? String(reply.body) : reply?.kind)

test('contract 12.11: equal reads share one look, at most ten a second', async () => {
  const fleet = new Fleet()
  const question = fleet.question()
  const asked = Array.from({ length: 100 }, () => ask(fleet, question))
  for (let i = 0; i < 500; i++) {
    fleet.change(false)
    await pass(10)
  }
  assert.ok(fleet.looks >= 45 && fleet.looks <= 51, `${fleet.looks} looks in five seconds`)
  assert.ok(asked.every(({ reply }) => reply === undefined))
  fleet.change(true)
  await pass(200)
  assert.deepEqual(new Set(asked.map(({ reply }) => bodyOf(reply))), new Set(['body 1']))
  assert.deepEqual(fleet.openReads.use, { reads: 0, searches: 0, relativeSearches: 0 })
})

test('contract 12.11: nothing is looked at while nothing changes, except with relative times', async () => {
  const fleet = new Fleet()
  ask(fleet, fleet.question('absolute'))
  await pass(5000)
  assert.equal(fleet.looks, 0)
  ask(fleet, fleet.question('relative', true))
  await pass(5000)
  assert.ok(fleet.looks >= 5 && fleet.looks <= 7, `${fleet.looks} looks in five seconds`)
  fleet.waiting.stop()
  await pass(5000)
  assert.ok(fleet.looks <= 7)
})

test('contract 12.11: a change is answered within a second, however long the looks of others take', async () => {
  const fleet = new Fleet()
  const slow = () => {
    nowMs += 20
    return fleet.found()
  }
  const asked = Array.from({ length: 30 }, (_, i) => ask(fleet, fleet.question(`slow ${i}`, false, slow)))
  fleet.change(false)
  await pass(300)
  const changedMs = nowMs
  fleet.change(true)
  await pass(2000)
  for (const { reply, endedMs } of asked) {
    assert.equal(bodyOf(reply), 'body 1')
    // The looks themselves take 600 ms here.
    assert.ok(endedMs - changedMs <= 800 + 2 * 600 + 100, `${endedMs - changedMs}`)
  }
})

test('contract 12.11: a wait ends after its time and up to a sixteenth more', async () => {
  for (const [random, expectedMs] of [
    [0, 1600],
    [0.5, 1650],
    [0.999, 1700],
  ] as const) {
    const fleet = new Fleet(() => random)
    const asked = ask(fleet, fleet.question(), 1600)
    const begunMs = nowMs
    fleet.change(false)
    await pass(2000)
    assert.equal(bodyOf(asked.reply), 'not-modified')
    assert.ok(asked.reply?.kind === 'not-modified' && asked.reply.sequence === 2)
    assert.ok(Math.abs(asked.endedMs - begunMs - expectedMs) <= 2, `${asked.endedMs - begunMs}`)
  }
})

test('contract 12.11: a change in the last moment is answered, not 304', async () => {
  const fleet = new Fleet()
  const asked = ask(fleet, fleet.question(), 500)
  await pass(499)
  fleet.change(true)
  await pass(10)
  assert.equal(bodyOf(asked.reply), 'body 1')
})

test('contract 12.11: a client that leaves is forgotten, and its place is free', async () => {
  const fleet = new Fleet()
  const question = fleet.question()
  const [gone, staying] = [ask(fleet, question), ask(fleet, question)]
  gone.leave()
  gone.leave()
  assert.equal(fleet.openReads.use.reads, 1)
  fleet.change(true)
  await pass(10)
  assert.deepEqual([bodyOf(gone.reply), bodyOf(staying.reply)], ['no-content', 'body 1'])
  ask(fleet, question).leave()
  fleet.change(true)
  await pass(1000)
  assert.equal(fleet.looks, 1)
})

test('contract 12.11: long looks are not made twice at a time, and changes meanwhile are seen afterwards', async () => {
  const fleet = new Fleet()
  const looked: ((looked: Looked) => void)[] = []
  const question = fleet.question('long', false, () => new Promise(resolve => looked.push(resolve)))
  const asked = [ask(fleet, question), ask(fleet, question, 400)]
  fleet.change(false)
  await pass(10)
  assert.equal(looked.length, 1)
  const old = fleet.found()
  fleet.change(true)
  await pass(600)
  assert.equal(looked.length, 1)
  looked[0]?.(old)
  await pass(10)
  assert.deepEqual(
    asked.map(({ reply }) => bodyOf(reply)),
    [undefined, 'not-modified'],
  )
  await pass(200)
  assert.equal(looked.length, 2)
  looked[1]?.(fleet.found())
  await pass(10)
  assert.equal(bodyOf(asked[0]?.reply), 'body 1')
})

test('contract 12.11: a problem ends the wait, a refusal of the search does not, and a defect fails it', async () => {
  const fleet = new Fleet()
  const looks: (() => Looked)[] = [
    () => unavailable('searches-busy', 'Too many'),
    () => problem('HYPERFLEET-NTF-002', 'It is gone'),
  ]
  const question = fleet.question('one', false, () => looks[0]?.() ?? fleet.found())
  const asked = ask(fleet, question)
  fleet.change(false)
  await pass(300)
  assert.equal(bodyOf(asked.reply), undefined)
  looks.shift()
  fleet.change(false)
  await pass(1000)
  assert.ok(asked.reply?.kind === 'problem' && asked.reply.code === 'HYPERFLEET-NTF-002')
  const broken = fleet.question('broken', false, () => {
    throw new Error('a defect')
  })
  const failed = ask(fleet, broken)
  fleet.change(false)
  await pass(1000)
  assert.equal(String(failed.error), 'Error: a defect')
  assert.equal(fleet.openReads.use.reads, 0)
})

test('contract 12.11: an answer of a long search that is older than the state is looked at once more', async () => {
  const fleet = new Fleet()
  const question = fleet.question()
  ask(fleet, question)
  const old = fleet.found()
  fleet.change(true)
  await pass(10)
  assert(old.kind === 'found')
  const request = { aborted: false, wait: () => {} } as unknown as HttpRequest // As above.
  const known = { kind: 'tags', tags: [old.tag] } as const
  const late = fleet.waiting.wait({ request, client: 'one', question, known, found: old, waitMs: 60_000 })
  let reply: Reply | undefined
  void Promise.resolve(late).then(answer => {
    reply = answer
  })
  await pass(300)
  assert.equal(bodyOf(reply), 'body 1')
})

test('contract 4.8, 12.11: a look waits while a change is applied in slices', async () => {
  const fleet = new Fleet()
  const asked = ask(fleet, fleet.question('relative', true))
  let resolve = () => {}
  fleet.state.application = {
    over: new Promise(settle => {
      resolve = settle
    }),
  }
  await pass(3000)
  assert.deepEqual([fleet.looks, asked.reply], [0, undefined])
  fleet.state.application = undefined
  fleet.change(true)
  resolve()
  await pass(200)
  assert.equal(bodyOf(asked.reply), 'body 1')
})

test('contract 12.11: a stop ends all waits with 304, and nobody waits afterwards', async () => {
  const fleet = new Fleet()
  const asked = Array.from({ length: 100 }, (_, i) => ask(fleet, fleet.question(`${i % 7}`)))
  await pass(10)
  fleet.waiting.stop()
  asked.push(ask(fleet, fleet.question()))
  await pass(10)
  assert.deepEqual(new Set(asked.map(({ reply }) => bodyOf(reply))), new Set(['not-modified']))
  assert.equal(fleet.openReads.use.reads, 0)
})
