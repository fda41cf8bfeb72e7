// The recorder misses nothing: it knows every call of the native modules that changes a file, and what it wrote down brings
// forth the very files that are on the disk.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import '../../../src/store/store.ts'
import { importedNames, unknownCalls } from './imports.ts'
import { newRecording, record } from './record.ts'
import { readRecorded, replay } from './recorded.ts'
import { buildRecorder } from './recorder.ts'

const scratch = mkdtempSync(join(tmpdir(), 'hyperfleet-recorder-'))
const recorder = buildRecorder(scratch)
const skip = recorder.kind === 'none' ? recorder.reason : false
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

function libraryOf(t: TestContext): string {
  if (recorder.kind === 'ready') return recorder.library
  t.skip(recorder.reason)
  throw new Error(recorder.reason)
}

/** The native modules that the store has loaded into this process. */
function loadedModules(): string[] {
  // Node types the report as an object.
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
  return sharedObjects.filter(path => /\.(node|bare)$/.test(path) && /lmdb/.test(path))
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length))
    .sort()
}

test('the recorder knows every call of lmdb that changes a file', { skip }, () => {
  const modules = loadedModules()
  assert.equal(modules.length, 1, 'lmdb is loaded')
  for (const path of modules) {
    const names = importedNames(path)
    assert.ok(names.includes('fdatasync'), 'the imports were read')
    assert.deepEqual(unknownCalls(names), [], `new calls of ${path}: see test/crash/power/imports.ts`)
  }
})

test('the recording equals the disk, byte by byte', { skip }, async t => {
  const recording = newRecording(scratch, 'whole')
  await record(recording, {
    library: libraryOf(t),
    seed: 1,
    openings: 2,
    changes: 100,
    kill: { killAfterEvent: 300 },
  })
  const { events, base } = readRecorded(recording)
  const run = replay(recording, base)
  for (const step of events) run.apply(step)
  assert.ok(run.history.answered >= 200)
  const image = join(scratch, 'image')
  const everything = {
    lands: () => true,
    happens: () => true,
    sizeBetween: (_: number, greatest: number) => greatest,
  }
  run.disk.image(image, everything, () => {})
  const files = filesUnder(recording.root).filter(path => path !== '/marks')
  assert.deepEqual(filesUnder(image), files)
  assert.ok(files.includes('/data/journal/data.mdb'))
  for (const path of files) {
    // LMDB writes to its lock file through a memory map, and recreates it on opening.
    if (path.endsWith('lock.mdb')) continue
    assert.ok(readFileSync(join(image, path)).equals(readFileSync(join(recording.root, path))), path)
  }
})

test('lmdb writes to no data file through a memory map', { skip }, async t => {
  const recording = newRecording(scratch, 'mapped')
  await record(recording, { library: libraryOf(t), seed: 2, openings: 1, changes: 20 })
  const paths = new Map<number, string>()
  const mapped = new Set<string>()
  for (const step of readRecorded(recording).events) {
    if (step.kind !== 'event') continue
    if (step.event.kind === 'open') paths.set(step.event.handle, step.event.path)
    if (step.event.kind === 'map') mapped.add(paths.get(step.event.handle)?.split('/').at(-1) ?? '')
  }
  assert.deepEqual([...mapped], ['lock.mdb'])
})
