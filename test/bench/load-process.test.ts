// Figures of a measured process: parts of /proc, and sizes of the heap around collections.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { garbagePerRequest } from '../../bench/load/garbage.ts'
import { CollectionRecorder } from '../../bench/load/hosts/collections.ts'
import {
  parseMappedBytes,
  parseStat,
  parseStatus,
  readMappedBytes,
  readProcessorTime,
  readResidentMemory,
} from '../../bench/load/linux-process.ts'
import { openJournal } from '../../src/store/journal/journal.ts'

const STAT =
  '9241 (a (b) c d) R 7920 7920 2519 0 -1 4194304 97 0 0 0 250 31 0 0 20 0 1 0 71422 3133440 393 18446744073709551615'
const STATUS = 'Name:\tnode\nVmRSS:\t    2000 kB\nRssAnon:\t    1200 kB\nRssFile:\t     700 kB\n'
const SMAPS = `7f00a000-7f00b000 rw-s 00000000 fe:00 42    /data/a/journal/data.mdb
Size:                  8 kB
Rss:                   4 kB
7f00c000-7f00d000 r--s 00000000 fe:00 43    /data/a/snapshot/data.mdb
Rss:                  12 kB
VmFlags: rd sh
7f00e000-7f00f000 rw-s 00000000 fe:00 44    /data/ab/journal/data.mdb
Rss:                 100 kB
7f010000-7f011000 rw-p 00000000 00:00 0
Rss:                 200 kB
`

test('processor time is found after a command with blanks and brackets', () => {
  assert.deepEqual(parseStat(STAT), { userMs: 2500, systemMs: 310 })
  assert.throws(() => parseStat('1 (a) R 1'), /lacks a number/)
})

test('resident memory is read in bytes', () => {
  const expected = { rssBytes: 2_048_000, anonymousBytes: 1_228_800, fileBytes: 716_800 }
  assert.deepEqual(parseStatus(STATUS), expected)
  assert.throws(() => parseStatus('Name:\tnode\n'), /lacks a number/)
})

test('only mappings of the folder are counted', () => {
  assert.equal(parseMappedBytes(SMAPS, '/data/a'), 16 * 1024)
  assert.equal(parseMappedBytes(SMAPS, '/data/none'), 0)
})

test('the figures of this process are those that Node has', async () => {
  const [ours, nodes] = [readProcessorTime(process.pid), process.cpuUsage()]
  assert.ok(Math.abs(ours.userMs + ours.systemMs - (nodes.user + nodes.system) / 1000) < 100)
  assert.ok(Math.abs(readResidentMemory(process.pid).rssBytes / process.memoryUsage.rss() - 1) < 0.2)
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  assert.equal(readMappedBytes(process.pid, folder), 0)
  const journal = openJournal(join(folder, 'journal'), 60_000)
  await journal.identify({ store: 'test', epoch: 1 })
  assert.ok(readMappedBytes(process.pid, folder) > 0)
  await journal.close()
  rmSync(folder, { recursive: true })
})

test('garbage is the growth of the heap between collections, whatever they free', () => {
  const scavenge = { ms: 1, isScavenge: true, usedBeforeBytes: 1500, usedAfterBytes: 700 }
  const major = { ms: 4, isScavenge: false, usedBeforeBytes: 1700, usedAfterBytes: 200 }
  const figures = garbagePerRequest(
    {
      usedAtStartBytes: 500,
      collections: [
        { ...scavenge, oldBeforeBytes: 400, oldAfterBytes: 450 },
        { ...major, oldBeforeBytes: 450, oldAfterBytes: 100 },
      ],
      usedAtEndBytes: 300,
    },
    10,
  )
  // 1000 before the first, 1000 between the two, 100 after the second.
  assert.deepEqual(figures, {
    requests: 10,
    allocatedBytes: 210,
    promotedBytes: 5,
    scavenges: 1,
    majors: 1,
    longestMs: 4,
  })
})

test('the recorder sees a known amount of garbage', () => {
  const objects = 100_000
  const bytesOfObject = 8 * 8 // map, properties, elements, and five members
  const kept: object[] = []
  const fill = () => {
    for (let i = 0; i < objects; i++) kept[i % 4] = { a: i, b: i, c: i, d: i, e: kept }
  }
  fill()
  const recorder = new CollectionRecorder()
  fill()
  const { allocatedBytes, scavenges } = garbagePerRequest(recorder.stop(), objects)
  assert.ok(scavenges > 0)
  assert.ok(Math.abs(allocatedBytes - bytesOfObject) < 16, `${allocatedBytes} bytes each`)
})
