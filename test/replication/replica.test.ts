// Scenes with several servers on one journal (contract 14): who is the writer, what becomes of its writes, and what the others do.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Registered } from '../../src/replication/engine.ts'
import { type EntryHead, encodeEntry } from '../../src/replication/entry.ts'
import { trimEnd } from '../../src/replication/retention.ts'
import { TIMING } from '../../src/replication/timing.ts'
import { Stage } from './stage.ts'

/** Long enough for another server to lose its patience and to take over. */
const TAKEOVER_MS = 6000

async function started(count: number): Promise<Stage> {
  const stage = new Stage(count)
  await stage.start()
  assert.deepEqual(stage.roles, ['leading', ...Array.from({ length: count - 1 }, () => 'following')])
  return stage
}

describe('the writer', () => {
  test('contract 14.1: one server is the writer, and all show what it writes', async () => {
    const stage = await started(3)
    const write = stage.write(0)
    await stage.run(100)
    assert.deepEqual(write.answer, { kind: 'changed', number: 1 })
    assert.deepEqual(stage.shown, [1, 1, 1])
    assert.equal(stage.server(2).process?.replica.cursor.leader?.address, 'http://server0')
  })

  test('contract 14.4: it stays the writer while it writes nothing', async () => {
    const stage = await started(3)
    await stage.run(120_000)
    assert.deepEqual(stage.roles, ['leading', 'following', 'following'])
    assert.equal(stage.server(1).process?.replica.cursor.epoch, 1)
  })

  test('contract 14.4: another server takes over when it falls silent, and knows all that it wrote', async () => {
    const stage = await started(2)
    const write = stage.write(0)
    await stage.run(100)
    stage.server(0).kill()
    await stage.run(TAKEOVER_MS)
    assert.deepEqual(stage.roles, ['ended', 'leading'])
    const next = stage.write(1)
    await stage.run(100)
    assert.deepEqual(
      [write.answer, next.answer],
      [1, 2].map(number => ({ kind: 'changed', number })),
    )
  })

  test('another server takes over at once when it ends in order', async () => {
    const stage = await started(2)
    const stopped = stage.server(0).stop()
    await stage.run(400)
    await stopped
    assert.deepEqual(stage.roles, ['ended', 'leading'])
  })

  test('a rolling restart moves it once, and twice if it is restarted first', async () => {
    for (const first of [0, 1, 2]) {
      const stage = new Stage(3)
      for (const number of [first, ...[0, 1, 2].filter(other => other !== first)]) {
        stage.server(number).start()
        await stage.run(1000)
      }
      await stage.run(15 * 60_000)
      for (const number of [2, 1, 0]) {
        const stopped = stage.server(number).stop()
        await stage.run(10_000)
        await stopped
        stage.server(number).start()
        await stage.run(30_000)
      }
      const epochs = stage.events.flatMap(event => (event.kind === 'claimed' ? [event.outcome] : []))
      const moves = epochs.filter(outcome => outcome === 'stored').length - 1
      assert.equal(moves, first === 2 ? 2 : 1, `the writer was server ${first}`)
    }
  })

  test('a server that ends in order while it claims is not the writer afterwards', async () => {
    const stage = await started(2)
    stage.server(0).kill()
    stage.link(1).slow = 1
    stage.link(1).slowMs = 600
    for (let waited = 0; stage.server(1).role !== 'claiming' && waited < 20_000; waited += 10)
      await stage.run(10)
    const stopped = stage.server(1).stop()
    await stage.run(5000)
    await stopped
    stage.server(0).start()
    await stage.run(1500)
    assert.deepEqual(stage.roles, ['leading', 'ended'])
  })

  test('contract 14.3: one that was paused and replaced stores nothing', async () => {
    const stage = await started(2)
    stage.server(0).process?.clock.pause()
    await stage.run(TAKEOVER_MS)
    const taken = stage.write(1)
    await stage.run(100)
    assert.deepEqual(taken.answer, { kind: 'changed', number: 1 })
    assert.deepEqual(stage.roles, ['leading', 'leading'], 'both take themselves for the writer')
    const late = stage.write(0)
    stage.server(0).process?.clock.resume()
    await stage.run(2000)
    assert.deepEqual(late.answer, { kind: 'refused', reason: 'fenced' })
    assert.deepEqual(
      [stage.roles, stage.shown],
      [
        ['following', 'leading'],
        [1, 1],
      ],
    )
  })

  test('contract 14.12: its version and settings come with its epoch', async () => {
    const stage = await started(2)
    stage.server(0).kill()
    await stage.run(TAKEOVER_MS)
    const leaders = stage.events.flatMap(event => (event.kind === 'epoch' ? [event] : []))
    const seen = leaders.map(
      ({ epoch, leader }) => `${epoch} ${leader?.server} ${leader?.version} ${leader?.settings}`,
    )
    assert.deepEqual(new Set(seen), new Set(['1 server0 1 same', '2 server1 1 same']))
  })
})

describe('a write without an answer', () => {
  test('contract 14.4: the answer was lost: it is stored once, and its client is told', async () => {
    const stage = await started(2)
    stage.link(0).isCutBack = true
    const write = stage.write(0)
    await stage.run(1200)
    assert.deepEqual([write.answer, stage.roles[0], stage.shown], [undefined, 'resolving', [0, 1]])
    stage.link(0).isCutBack = false
    await stage.run(2000)
    assert.deepEqual([write.answer, stage.roles[0]], [{ kind: 'changed', number: 1 }, 'leading'])
    assert.deepEqual(stage.shown, [1, 1])
  })

  test('contract 14.4: the request was lost, and another took the place: it is refused and not stored', async () => {
    const stage = await started(2)
    stage.link(0).isCutThere = true
    const write = stage.write(0)
    await stage.run(TAKEOVER_MS)
    assert.deepEqual([write.answer, stage.roles], [undefined, ['resolving', 'leading']])
    stage.link(0).isCutThere = false
    await stage.run(2000)
    assert.deepEqual(
      [write.answer, stage.roles],
      [{ kind: 'refused', reason: 'fenced' }, ['following', 'leading']],
    )
    assert.deepEqual(stage.shown, [0, 0])
  })

  test('contract 14.10: the database is away: writes wait, nothing is shown, and the same server goes on', async () => {
    const stage = await started(3)
    stage.database.moods.isDown = true
    const write = stage.write(0)
    await stage.run(30_000)
    assert.deepEqual([write.answer, stage.shown], [undefined, [0, 0, 0]])
    stage.database.moods.isDown = false
    await stage.run(3000)
    assert.deepEqual(write.answer, { kind: 'changed', number: 1 })
    assert.deepEqual(stage.roles, ['leading', 'following', 'following'])
    assert.equal(stage.server(0).process?.replica.cursor.epoch, 1, 'nobody claimed')
  })

  test('contract 14.10: a full database refuses, and nothing of it is stored', async () => {
    const stage = await started(2)
    stage.database.moods.isFull = true
    const refused = stage.write(0)
    await stage.run(1000)
    assert.deepEqual(refused.answer, { kind: 'refused', reason: 'refused' })
    stage.database.moods.isFull = false
    const next = stage.write(0)
    await stage.run(1000)
    assert.deepEqual([next.answer, stage.shown], [{ kind: 'changed', number: 1 }, [1, 1]])
  })
})

describe('reads', () => {
  test('contract 14.7: reads at the same time share an entry', async () => {
    const stage = await started(1)
    const before = stage.database.last.position
    const reads = Array.from({ length: 20 }, () => stage.read(0, 'latest read'))
    await stage.run(1000)
    for (const { answer } of reads) assert.equal(answer?.kind, 'read')
    assert.equal(
      stage.database.last.position,
      before + 2,
      'the first one, and all that came while it was stored',
    )
  })

  test('contract 14.7: a writer that was replaced confirms nothing', async () => {
    const stage = await started(2)
    stage.server(0).process?.clock.pause()
    await stage.run(TAKEOVER_MS)
    const read = stage.read(0, 'latest read')
    stage.server(0).process?.clock.resume()
    await stage.run(2000)
    assert.deepEqual(read.answer, { kind: 'refused', reason: 'fenced' })
  })

  test('contract 14.8: the writer answers alone for a second after the beginning of an append', async () => {
    const stage = await started(2)
    const has = () => stage.servers.map(({ process }) => process?.replica.hasLease)
    stage.write(0)
    await stage.run(500)
    assert.deepEqual(has(), [true, false])
    await stage.run(600)
    assert.deepEqual(has(), [false, false])
  })

  test('contract 14.8: a server knows how old what it shows may be', async () => {
    const stage = await started(2)
    const stale = () => stage.server(1).process?.replica.staleMs ?? Number.NaN
    assert.ok(stale() <= TIMING.pollMs + 20, `${stale()}`)
    stage.link(1).isCutBack = true
    await stage.run(10_000)
    assert.ok(stale() >= 10_000, `${stale()}`)
  })
})

/** Changes the journal behind the servers' backs. */
type Tampering = (stage: Stage) => void

function append(stage: Stage, head: Partial<EntryHead>, body = Buffer.from('[]')): void {
  const { database } = stage
  const writer = stage.server(0).process?.replica.cursor.leader?.writer ?? ''
  const whole = { kind: 'group', epoch: 1, writer, serial: 99, ...head } as const
  database.append(database.last, encodeEntry(database.journal, database.last, whole, body))
}

describe('a journal that contradicts what a server has applied', () => {
  const CASES: Readonly<Record<string, Tampering>> = {
    'other-journal': ({ database }) => {
      database.journal = 'f'.repeat(32)
    },
    'went-back': ({ database }) => database.lose(1),
    chain: ({ database }) => {
      const { position } = database.last
      database.lose(1)
      const other = { position: position - 1, checksum: Buffer.alloc(16, 7) }
      const head = { kind: 'barrier', epoch: 1, writer: 'a'.repeat(32), serial: 1 } as const
      database.append(database.last, encodeEntry(database.journal, other, head, Buffer.alloc(0)))
    },
    gap: stage => {
      append(stage, {})
      stage.database.tamper(stage.database.last.position, () => undefined)
    },
    damaged: stage => {
      append(stage, {})
      stage.database.tamper(stage.database.last.position, bytes => bytes.fill(7, 60, 61))
    },
    foreign: stage => append(stage, { writer: 'e'.repeat(32) }),
    unreadable: stage => append(stage, {}, Buffer.from('[{"number":7,"operation":1,"name":0,"before":0}]')),
  }

  for (const [kind, tamper] of Object.entries(CASES))
    test(`contract 14.11, 14.12: ${kind}: the servers say so, take no writes, and show what they have`, async () => {
      const stage = await started(2)
      stage.write(0)
      await stage.run(1000)
      tamper(stage)
      await stage.run(1000)
      assert.deepEqual(stage.roles, ['lost', 'lost'])
      assert.deepEqual(new Set(stage.faults.map(fault => fault.kind)), new Set([kind]))
      const write = stage.write(0)
      await stage.run(TAKEOVER_MS)
      assert.equal(write.answer?.kind, 'refused')
      assert.deepEqual([stage.roles, stage.shown, stage.fatal], [['lost', 'lost'], [1, 1], []])
    })

  test('contract 14.11: it ends when the journal is again the one that was applied', async () => {
    const stage = await started(2)
    stage.database.isDetour = true
    await stage.run(2000)
    assert.deepEqual(stage.roles, ['lost', 'lost'])
    stage.database.isDetour = false
    await stage.run(2000)
    const write = stage.write(0)
    await stage.run(1000)
    assert.deepEqual([stage.roles, write.answer?.kind], [['leading', 'following'], 'changed'])
    assert.ok(stage.events.some(({ kind }) => kind === 'fault-ended'))
  })

  test('contract 14.11: a journal that went back and was continued is not taken for the same', async () => {
    const stage = await started(2)
    for (let i = 0; i < 3; i++) {
      stage.write(0)
      await stage.run(100)
    }
    stage.link(1).isCutBack = true
    stage.write(0)
    await stage.run(100)
    // The database loses the change that only server 0 has seen, and server 1 takes over.
    stage.database.lose(1)
    stage.link(0).isCutBack = true
    stage.link(1).isCutBack = false
    await stage.run(TAKEOVER_MS)
    stage.write(1)
    await stage.run(1000)
    stage.link(0).isCutBack = false
    await stage.run(2000)
    assert.deepEqual(stage.roles, ['lost', 'leading'])
    assert.equal(stage.faults.at(-1)?.kind, 'chain')
  })

  test('an entry that is applied in part ends the process', async () => {
    const stage = await started(1)
    append(stage, {}, Buffer.from('no JSON'))
    await stage.run(1000)
    assert.equal(stage.fatal.length, 1)
    assert.deepEqual(stage.roles, ['ended'])
  })
})

describe('old entries', () => {
  const server = (position: number, changes: Partial<Registered> = {}): Registered => ({
    server: 's',
    address: 'a',
    version: '1',
    role: 'following',
    heardMsAgo: 0,
    position,
    ...changes,
  })

  test('contract 14.15: the entries stay that a server lacks which was heard of lately', () => {
    assert.equal(trimEnd([], 1000), 0)
    assert.equal(trimEnd([server(8), server(5), server(9)], 1000), 5)
    assert.equal(trimEnd([server(8), server(5, { heardMsAgo: 1001 })], 1000), 8)
    assert.equal(trimEnd([server(8), server(5, { role: 'behind' })], 1000), 8)
  })

  test('contract 14.15: a server that lacks removed entries says so, and goes on with a copy of another', async () => {
    const stage = new Stage(2, { ...TIMING, trimMs: 5000, keepMs: 1000, keepForServerMs: 20_000 })
    await stage.start()
    stage.server(1).kill()
    for (let i = 0; i < 5; i++) {
      stage.write(0)
      await stage.run(2000)
    }
    const kept = stage.database.first
    assert.equal(kept, 1, 'the server was heard of lately')
    await stage.run(40_000)
    assert.ok(stage.database.first > 1)
    stage.server(1).start()
    await stage.run(2000)
    assert.deepEqual(stage.roles, ['leading', 'behind'])
    stage.server(1).copy(stage.server(0))
    await stage.run(2000)
    assert.deepEqual(
      [stage.roles, stage.shown],
      [
        ['leading', 'following'],
        [5, 5],
      ],
    )
  })
})
