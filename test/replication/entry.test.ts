// The bytes of entries, and the chain of their checksums.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { advance, encodeLeader, firstCursor, type Leader } from '../../src/replication/cursor.ts'
import {
  beginning,
  decodeEntry,
  type EncodedEntry,
  type EntryHead,
  type EntryKind,
  encodeEntry,
  type Place,
} from '../../src/replication/entry.ts'
import { JournalFault } from '../../src/replication/fault.ts'

const JOURNAL = '00112233445566778899aabbccddeeff'
const WRITER = 'f'.repeat(32)
const LEADER: Leader = {
  writer: WRITER,
  server: 's',
  address: 'https://a:1',
  version: '1.2.3',
  settings: 'ab',
}

function head(kind: EntryKind, changes: Partial<EntryHead> = {}): EntryHead {
  return { kind, epoch: 1, writer: WRITER, serial: 7, ...changes }
}

/** The first entries of a journal: an epoch, and a group. */
function twoEntries(): readonly [EncodedEntry, EncodedEntry] {
  const epoch = encodeEntry(JOURNAL, beginning(JOURNAL), head('epoch'), encodeLeader(LEADER))
  return [epoch, encodeEntry(JOURNAL, epoch.place, head('group', { serial: 8 }), Buffer.from('changes'))]
}

function faultOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof JournalFault) return error.kind
    throw error
  }
  return 'none'
}

test('an entry is read as it was written', () => {
  for (const kind of ['epoch', 'group', 'barrier', 'resignation'] as const)
    for (const body of [Buffer.alloc(0), Buffer.from('body'), Buffer.alloc(100_000, 3)]) {
      const { bytes, ...entry } = encodeEntry(JOURNAL, beginning(JOURNAL, 5), head(kind), body)
      assert.deepEqual(decodeEntry(JOURNAL, 2, bytes), entry)
    }
})

test('contract 14.11: every flipped bit of an entry, and every cut, is found', () => {
  const [, { bytes }] = twoEntries()
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.equal(
      faultOf(() => decodeEntry(JOURNAL, 2, flipped)),
      'damaged',
      `bit ${bit}`,
    )
  }
  for (let length = 0; length < bytes.length; length++)
    assert.equal(
      faultOf(() => decodeEntry(JOURNAL, 2, bytes.subarray(0, length))),
      'damaged',
    )
})

test('contract 14.11: an entry in another place, or of another journal, is found', () => {
  const [, { bytes }] = twoEntries()
  assert.equal(
    faultOf(() => decodeEntry(JOURNAL, 3, bytes)),
    'damaged',
  )
  assert.equal(
    faultOf(() => decodeEntry('0'.repeat(32), 2, bytes)),
    'other-journal',
  )
})

test('the cursor advances from entry to entry', () => {
  const [epoch, group] = twoEntries()
  const first = advance(firstCursor(JOURNAL), epoch)
  assert.deepEqual(first, { place: epoch.place, epoch: 1, leader: LEADER })
  const second = advance(first, group)
  assert.deepEqual(second, { place: group.place, epoch: 1, leader: LEADER })
  const resignation = encodeEntry(JOURNAL, group.place, head('resignation'), Buffer.alloc(0))
  assert.deepEqual(advance(second, resignation), { place: resignation.place, epoch: 1, leader: undefined })
})

test('contract 14.11: an entry that does not follow is found', () => {
  const [epoch, group] = twoEntries()
  const first = advance(firstCursor(JOURNAL), epoch)
  const other: Place = { position: 1, checksum: Buffer.alloc(16, 9) }
  const after = (place: Place, changes: EntryHead, body: Buffer = Buffer.alloc(0)) =>
    faultOf(() => advance(first, encodeEntry(JOURNAL, place, changes, body)))
  assert.equal(
    faultOf(() => advance(firstCursor(JOURNAL), group)),
    'gap',
  )
  assert.equal(after(other, head('group')), 'chain')
  assert.equal(after(epoch.place, head('group', { writer: 'e'.repeat(32) })), 'foreign')
  assert.equal(after(epoch.place, head('barrier', { epoch: 2 })), 'foreign')
  assert.equal(after(epoch.place, head('epoch', { epoch: 3 }), encodeLeader(LEADER)), 'foreign')
  const resigned = advance(first, encodeEntry(JOURNAL, epoch.place, head('resignation'), Buffer.alloc(0)))
  const late = encodeEntry(JOURNAL, resigned.place, head('group'), Buffer.alloc(0))
  assert.equal(
    faultOf(() => advance(resigned, late)),
    'foreign',
  )
})

test('contract 14.12: an epoch says who is the writer, its version and its settings', () => {
  const start = firstCursor(JOURNAL)
  for (const body of [
    '',
    'null',
    '[]',
    '{"server":"s"}',
    '{"server":1,"address":"","version":"","settings":""}',
  ])
    assert.equal(
      faultOf(() => advance(start, encodeEntry(JOURNAL, start.place, head('epoch'), Buffer.from(body)))),
      'damaged',
    )
  const long = encodeLeader({ ...LEADER, address: 'a'.repeat(3000) })
  assert.equal(
    faultOf(() => advance(start, encodeEntry(JOURNAL, start.place, head('epoch'), long))),
    'damaged',
  )
})

test('a journal that begins with a fleet differs from any other', () => {
  const places = [
    beginning(JOURNAL),
    beginning(JOURNAL, 1),
    beginning(JOURNAL, 2),
    beginning('0'.repeat(32), 1),
  ]
  assert.equal(new Set(places.map(({ checksum }) => checksum.toString('hex'))).size, places.length)
  assert.deepEqual(
    places.map(({ position }) => position),
    [0, 1, 1, 1],
  )
})
