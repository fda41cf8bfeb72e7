// A disk that fills up under load, again and again: writes are refused with 503, reads go on, /readyz says so, writes come back by
// themselves; and nothing that was refused ever appears, also after a restart (contract 9.2).
//
//   HYPERFLEET_TEST_FULL_DISKS   how many times the disk fills up
//   HYPERFLEET_TEST_SEED         the seed of a run that is repeated
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Random, runSeed } from '../../harness/random.ts'
import { diskAccess, mountSmallDisk, runInNamespace, type SmallDisk } from '../../harness/small-disk.ts'
import { addToProofs } from '../proofs.ts'
import { buildRecorder, type RecorderAccess, type Recording } from './recorder.ts'
import { WatchedServer } from './watched-server.ts'
import { Written } from './written.ts'

const TIMES = Number(process.env.HYPERFLEET_TEST_FULL_DISKS ?? 2)
const WRITERS = 6
/** Room for what all rounds leave. */
const DISK_BYTES = (24 + 4 * TIMES) << 20
/** Writes that may still find room in what the store has already taken. */
const MOST_WRITES = 5000
/** Small, so that the disk is found full by checkpoints too. */
const ENVIRONMENT = { HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES: '500' }

const seed = runSeed()
const scratch = mkdtempSync(join(tmpdir(), 'hyperfleet-full-'))
const recorder = buildRecorder(scratch)
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** A disk without room, as the recorder makes it: every write fails. */
function pretendedDisk({
  library,
}: RecorderAccess & { kind: 'ready' }): SmallDisk & { recording: Recording } {
  const folder = join(scratch, 'disk')
  const fullFile = join(scratch, 'is-full')
  mkdirSync(folder)
  return {
    folder,
    recording: { library, root: folder, fullFile },
    fill: async () => writeFileSync(fullFile, ''),
    free: async () => rmSync(fullFile, { force: true }),
    unmount: () => rmSync(folder, { recursive: true }),
  }
}

async function writeUntilRefused(server: WatchedServer, written: Written): Promise<void> {
  const { refused } = written.counts
  const writer = async () => {
    for (let i = 0; written.counts.refused === refused; i++) {
      assert.ok(i < MOST_WRITES, 'the disk is full, and every write is taken')
      await written.write(server.client)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
}

/** Fills the disk, frees it, and stops the server somewhere in between, in one way or another. */
async function round(
  random: Random,
  disk: SmallDisk,
  written: Written,
  recording?: Recording,
): Promise<void> {
  const options = {
    dataFolder: join(disk.folder, 'data'),
    environment: ENVIRONMENT,
    ...(recording && { recording }),
  }
  let server = await WatchedServer.start(options)
  const restart = async () => {
    await server.end(random.of(['SIGTERM', 'SIGKILL']))
    server = await WatchedServer.start(options)
    assert.ok(server.isRunning, server.log)
    await written.check(server.client)
  }
  await written.check(server.client)
  for (let i = random.below(20); i >= 0; i--) await written.write(server.client)
  await Promise.all([writeUntilRefused(server, written), disk.fill()])
  const { status, text } = await server.readiness()
  assert.equal(status, 503)
  assert.match(text, /disk/)
  await written.check(server.client)
  if (random.chance(0.5)) await restart()
  await disk.free()
  assert.ok(await written.recovers(server.client), 'writes do not come back')
  assert.equal((await server.readiness()).status, 200)
  await written.check(server.client)
  if (random.chance(0.5)) await restart()
  assert.equal((await server.stop()).code, 0, server.log)
}

async function fillAgainAndAgain(t: TestContext, disk: SmallDisk, recording?: Recording): Promise<void> {
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const written = new Written()
  try {
    for (let i = 0; i < TIMES; i++) await round(new Random(seed, i), disk, written, recording)
    const { answered, refused } = written.counts
    t.diagnostic(`${TIMES} times full: ${answered} writes answered, ${refused} refused`)
    addToProofs(recording === undefined ? 'full-disk' : 'failing-writes', seed, {
      rounds: TIMES,
      answered,
      refused,
    })
  } finally {
    disk.unmount()
  }
}

const TITLE = `a disk that is full ${TIMES} times under load loses nothing and brings nothing back (contract 4.8, 9.2)`
const access = diskAccess()
switch (access.kind) {
  case 'mount':
    test(TITLE, t => fillAgainAndAgain(t, mountSmallDisk(DISK_BYTES)))
    break
  case 'namespace':
    test(`${TITLE}, in a namespace that may mount one`, () => {
      assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
    })
    break
  case 'none':
    test(TITLE, { skip: access.reason }, () => {})
}

if (recorder.kind === 'ready') {
  test(`the same with every failing write, including writes within the files: ${TIMES} times (contract 4.8, 9.2)`, t => {
    const disk = pretendedDisk(recorder)
    return fillAgainAndAgain(t, disk, disk.recording)
  })
}
