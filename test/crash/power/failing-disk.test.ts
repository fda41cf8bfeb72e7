// A disk that fails a call: the write is answered and durable, or refused with 503, or the process ends and says why; and the
// next start shows every answered write and none that was refused (contract 4.8, 9.2).
//
//   HYPERFLEET_TEST_FAULTS        how many faults are tried, of all there are
//   HYPERFLEET_TEST_FAULTS_FROM   the fault to begin with, to go on with a run that was cut
//   HYPERFLEET_TEST_SEED          the seed of a run that is repeated
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Random, runSeed } from '../../harness/random.ts'
import { addToProofs } from '../proofs.ts'
import { allCases, type FaultCase, nameOf } from './fault-cases.ts'
import { buildRecorder, type Call, type Fault } from './recorder.ts'
import { WatchedServer } from './watched-server.ts'
import { Written } from './written.ts'

const FAULTS = Number(process.env.HYPERFLEET_TEST_FAULTS ?? 8)
const FROM = Number(process.env.HYPERFLEET_TEST_FAULTS_FROM ?? 0)
const WRITERS = 6
const DEADLINE_MS = 3000
/** Small, so that checkpoints run under load. */
const ENVIRONMENT = { HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES: '15' }
/** Advice for an operator whose folder cannot be opened, or whose storage failed. */
const WORDS = /Restore|Free some|Give this user|cannot be (used|loaded|opened)|storage failed: ending/

/** Calls of which one that fails may do no harm: the folder is there, or the file is opened again. */
const REPEATED: readonly Call[] = ['mkdir', 'open']

const seed = runSeed()
const scratch = mkdtempSync(join(tmpdir(), 'hyperfleet-faults-'))
const recorder = buildRecorder(scratch)
const skip = recorder.kind === 'none' ? recorder.reason : false
const library = recorder.kind === 'ready' ? recorder.library : ''
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** One server on a disk that fails once. */
class FaultRun {
  readonly #root: string
  readonly #armFile: string
  readonly written = new Written()

  constructor(name: string) {
    this.#root = join(scratch, name)
    this.#armFile = `${this.#root}.armed`
    mkdirSync(this.#root)
  }

  get dataFolder(): string {
    return join(this.#root, 'data')
  }

  arm(): void {
    writeFileSync(this.#armFile, '')
  }

  start(fault?: Omit<Fault, 'armFile'>, environment: Record<string, string> = {}): Promise<WatchedServer> {
    const recording = fault && { library, root: this.#root, fault: { ...fault, armFile: this.#armFile } }
    return WatchedServer.start({
      dataFolder: this.dataFolder,
      environment: { ...ENVIRONMENT, ...environment },
      ...(recording && { recording }),
    })
  }

  async load(server: WatchedServer, rounds: number): Promise<void> {
    const writer = async () => {
      for (let i = 0; i < rounds && server.isRunning; i++) await this.written.write(server.client)
    }
    await Promise.all(Array.from({ length: WRITERS }, writer))
  }

  /** Starts without the fault, and compares the fleet with the answers. */
  async check(): Promise<void> {
    const server = await this.start()
    assert.ok(server.isRunning, `the next start fails:\n${server.log}`)
    await this.written.check(server.client)
    await this.load(server, 1)
    const { code } = await server.stop()
    assert.equal(code, 0, server.log)
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true })
    rmSync(this.#armFile, { force: true })
  }
}

/** `aborted`: by lmdb itself, without a word of ours. */
type Ended = 'not reached' | 'lived' | 'ended' | 'aborted'

/** Goes through the server's life with one fault in it. */
async function strike(run: FaultRun, { time, file, call, nth, fault }: FaultCase): Promise<Ended> {
  if (time === 'later start') {
    const before = await run.start()
    await run.load(before, 2)
    // As a crash leaves it: with a tail in the journal.
    await before.end('SIGKILL')
  }
  if (time.endsWith('start')) run.arm()
  const server = await run.start({ call, nth, fault, needle: file })
  await run.load(server, 1)
  if (time === 'load') {
    run.arm()
    await run.load(server, 4)
  }
  await checkWhileRunning(server, run.written)
  if (server.isRunning && run.written.counts.refused > 0) {
    assert.ok(await run.written.recovers(server.client), 'writes do not come back')
  }
  if (time === 'stop') run.arm()
  const { code, signal } = await server.stop()
  if (isAbort(time, call, signal)) return 'aborted'
  assert.equal(signal, null, server.log)
  const wasReached = server.log.includes('recorder: fault')
  if (code !== 0) {
    assert.ok(wasReached, server.log)
    assert.match(server.log, WORDS)
  }
  return code !== 0 ? 'ended' : wasReached ? 'lived' : 'not reached'
}

/** lmdb 3.5.6 crashes when the first pages of a new file cannot be written. Nothing is there yet that could be lost. */
function isAbort(time: FaultCase['time'], call: Call, signal: NodeJS.Signals | null): boolean {
  return time === 'first start' && call === 'pwrite' && (signal === 'SIGABRT' || signal === 'SIGSEGV')
}

/** Reads go on; only the end of the process may break one off. */
async function checkWhileRunning(server: WatchedServer, written: Written): Promise<void> {
  if (!server.isRunning) return
  try {
    await written.check(server.client)
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    await server.ended
  }
}

async function tryCase(each: FaultCase, name: string): Promise<Ended> {
  const run = new FaultRun(name)
  try {
    const ended = await strike(run, each)
    const isIo = each.fault === constants.errno.EIO || each.fault === 'short'
    const isNoRoom = each.fault === constants.errno.ENOSPC
    // Any fault but a lack of room ends the process, which cannot know what is on disk (contract 9.2).
    if (isIo && !REPEATED.includes(each.call)) assert.notEqual(ended, 'lived')
    if (isNoRoom && !each.time.endsWith('start')) assert.notEqual(ended, 'ended')
    await run.check()
    return ended
  } catch (error) {
    throw new Error(`${nameOf(each)}: ${error instanceof Error ? error.message : error}`, { cause: error })
  } finally {
    run.remove()
  }
}

/**
 * Faults that once caused a bug: the folder was refused, a commit was tried after the end, the process did not exit, or
 * lmdb ended it.
 */
const ALWAYS = [
  { time: 'load', file: 'journal/data.mdb', call: 'syncwrite', nth: 1, fault: constants.errno.EIO },
  { time: 'load', file: 'snapshot/data.mdb', call: 'syncwrite', nth: 2, fault: 'short' },
  { time: 'stop', file: 'journal/data.mdb', call: 'pwrite', nth: 1, fault: constants.errno.ENOSPC },
  { time: 'stop', file: 'snapshot/data.mdb', call: 'fdatasync', nth: 1, fault: constants.errno.ENOSPC },
  { time: 'load', file: 'snapshot/data.mdb', call: 'pwrite', nth: 1, fault: constants.errno.ENOSPC },
] as const satisfies readonly FaultCase[]

/** Those, and all of them in an order of the seed, or a sample. */
function chosenCases(): FaultCase[] {
  const random = new Random(seed)
  const cases = allCases()
    .map(each => ({ each, order: random.word() }))
    .sort((a, b) => a.order - b.order)
    .slice(0, FAULTS)
    .map(({ each }) => each)
  return [...ALWAYS, ...cases]
}

test('a failed system call gets a correct answer, or ends the process with a message (contract 4.8, 9.2)', {
  skip,
}, async t => {
  const cases = chosenCases()
  console.log(`HYPERFLEET_TEST_SEED=${seed}: ${cases.length} of ${allCases().length} faults`)
  const counts: Record<Ended, number> = { 'not reached': 0, lived: 0, ended: 0, aborted: 0 }
  const failures: string[] = []
  for (const [i, each] of cases.entries()) {
    if (i < FROM) continue
    try {
      const ended = await tryCase(each, `case-${i}`)
      counts[ended]++
      console.log(`${i} ${nameOf(each)}: ${ended}`)
    } catch (error) {
      failures.push(`${i} ${error instanceof Error ? error.message : error}`)
      console.log(failures.at(-1))
    }
  }
  t.diagnostic(
    `${counts.lived} went on, ${counts.ended} ended the process, ${counts['not reached']} did not strike`,
  )
  assert.deepEqual(failures, [])
  addToProofs('failing-disk', seed, { faults: FAULTS, ...counts })
})

for (const file of ['journal', 'snapshot'] as const) {
  test(`a flush of the ${file} that never returns ends the process at the deadline (contract 9.2)`, {
    skip,
  }, async () => {
    const run = new FaultRun(`stuck-${file}`)
    try {
      const fault = { call: 'fdatasync', nth: 3, fault: 'block', needle: `${file}/data.mdb` } as const
      const server = await run.start(fault, { HYPERFLEET_STORAGE_COMMIT_DEADLINE_MS: String(DEADLINE_MS) })
      run.arm()
      await run.load(server, 1000)
      assert.deepEqual(await server.ended, { code: null, signal: 'SIGKILL' }, server.log)
      assert.match(server.log, /"level":"fatal",.*storage failed: ending/)
      assert.match(server.log, new RegExp(`a commit to .*${file} is not done after ${DEADLINE_MS} ms`))
      assert.ok(run.written.counts.answered > 0 && run.written.counts.unanswered > 0)
      await run.check()
    } finally {
      run.remove()
    }
  })
}
