// The servers to copy, what their copies must be, and the tokens by which they know each other (contract 14.15).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cursor, encodeLeader, firstCursor } from '../../src/replication/cursor.ts'
import type { Look, Registered, RegisteredRole } from '../../src/replication/engine.ts'
import { type EncodedEntry, encodeEntry } from '../../src/replication/entry.ts'
import { JournalFault } from '../../src/replication/fault.ts'
import { PeerTokens } from '../../src/replication/peer-token.ts'
import { assertContinues, isBehind, peersOf } from '../../src/replication/peers.ts'

const JOURNAL = '0123456789abcdef0123456789abcdef'
const OTHER = 'f123456789abcdef0123456789abcdef'
const WRITER = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
const LEADER = { writer: WRITER, server: 'one', address: 'http://one', version: '1', settings: 's' }

function registered(server: string, role: RegisteredRole, position: number, heardMsAgo = 0): Registered {
  return { server, address: `http://${server}`, version: '1', role, position, heardMsAgo }
}

test('contract 14.15: servers that are sound and were heard of lately can be copied, followers before the writer', () => {
  const servers = [
    registered('writer', 'leading', 90),
    registered('self', 'following', 100),
    registered('stopped', 'following', 100, 61_000),
    registered('behind', 'behind', 100),
    registered('lost', 'lost', 100),
    registered('copying', 'copying', 100),
    registered('late', 'following', 10),
    registered('follower', 'following', 80),
  ]
  const names = peersOf(servers, 'self').map(({ server }) => server)
  assert.deepEqual(names, ['follower', 'late', 'writer'])
})

/** An epoch and two barriers, with the cursor after each. */
function journal(): { entries: EncodedEntry[]; cursors: Cursor[] } {
  const cursors = [firstCursor(JOURNAL)]
  const entries: EncodedEntry[] = []
  for (const kind of ['epoch', 'barrier', 'barrier'] as const) {
    const { place } = cursors.at(-1) as Cursor
    const body = kind === 'epoch' ? encodeLeader(LEADER) : Buffer.alloc(0)
    const entry = encodeEntry(
      JOURNAL,
      place,
      { kind, epoch: 1, writer: WRITER, serial: entries.length },
      body,
    )
    entries.push(entry)
    cursors.push({ place: entry.place, epoch: 1, leader: LEADER })
  }
  return { entries, cursors }
}

/** A database that keeps the entries of a journal from one on. */
function keeping(entries: readonly EncodedEntry[], first: number) {
  return {
    look: async (after: number): Promise<Look> => ({
      journal: JOURNAL,
      first: Math.max(first, after + 1),
      last: (entries.at(-1) as EncodedEntry).place,
      beat: undefined,
      entries: first > after + 1 ? [] : entries.slice(after).map(({ bytes }) => bytes),
    }),
  }
}

test('contract 14.15: a copy is used only if the journal goes on after it', async () => {
  const { entries, cursors } = journal()
  const [, first, second, last] = cursors as [Cursor, Cursor, Cursor, Cursor]
  const refusal = async (cursor: Cursor, from: number, own = JOURNAL) => {
    try {
      await assertContinues(keeping(entries, from), JOURNAL, { cursor, journal: own })
      return undefined
    } catch (error) {
      assert.ok(error instanceof JournalFault)
      return error.kind
    }
  }
  assert.equal(await refusal(second, 3), undefined)
  assert.equal(await refusal(last, 3), undefined)
  assert.equal(await refusal(first, 1), undefined)
  assert.equal(await refusal(first, 3), 'behind')
  assert.equal(await refusal(last, 3, OTHER), 'other-journal')
  const changed = (cursor: Cursor, position: number): Cursor => ({
    ...cursor,
    place: { position, checksum: Buffer.alloc(16, 7) },
  })
  assert.equal(await refusal(changed(last, 3), 3), 'chain')
  assert.equal(await refusal(changed(second, 2), 3), 'chain')
  assert.equal(await refusal(changed(last, 4), 3), 'went-back')
})

test('contract 14.15: a server is behind if the entry after its last one is gone, and not if there is none yet', async () => {
  const { entries } = journal()
  const behind = async (position: number, first: number) =>
    isBehind(await keeping(entries, first).look(position), position)
  assert.deepEqual(
    await Promise.all([behind(0, 1), behind(1, 3), behind(2, 3), behind(3, 3), behind(3, 4), behind(0, 4)]),
    [false, true, false, false, false, true],
  )
})

test('contract 14.15: a token is good for one sender and one receiver, for a minute by the clock of the database', async () => {
  let now = 1_700_000_000_000
  let reads = 0
  let key = Buffer.alloc(32, 1)
  let nowMs = 0
  const store = {
    peerKey: async () => {
      reads++
      return key
    },
    now: async () => now,
  }
  const of = (self: string) => new PeerTokens({ store, self, nowMs: () => nowMs, randomId: () => 'id-1' })
  const [one, two, three] = [of('one'), of('two'), of('three')]
  const token = await one.make('two')
  assert.equal(await two.fault('one', token), undefined)
  assert.equal(await two.fault('three', token), 'wrong')
  assert.equal(await three.fault('one', token), 'wrong')
  for (const other of [
    '',
    'x',
    token.slice(0, -1),
    `${token}0`,
    token.replace('1.', '2.'),
    token.replace('id-1', 'id-2'),
  ])
    assert.equal(await two.fault('one', other), 'wrong', other)
  now += 61_000
  assert.equal(await two.fault('one', token), 'old')
  // Wrong tokens do not have the key read each time.
  reads = 0
  for (let i = 0; i < 100; i++) await two.fault('one', token.replace('id-1', 'id-2'))
  assert.equal(reads, 0)
  // A database that was restored has another key.
  key = Buffer.alloc(32, 2)
  nowMs += 10_000
  assert.equal(await two.fault('one', await one.make('two')), undefined)
})
