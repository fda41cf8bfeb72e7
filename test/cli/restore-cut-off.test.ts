// `hyperfleet restore --replace` interrupted between its renames: no folder is lost, and no start creates an empty fleet.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { replaceFolder } from '../../src/ops/backup/replace-folder.ts'
import { REPLACEMENT_POINTS } from '../../src/store/crash-point.ts'
import { finishExchange, whereMoved } from '../../src/store/folder/exchange.ts'
import { lockFolder } from '../../src/store/folder/lock.ts'
import { openStore } from '../../src/store/store.ts'
import { inPlace, plantedFolder, soundCluster, soundFleet } from '../ops/audit/planted-folder.ts'
import { optionsFor } from '../store/samples.ts'
import { place } from './folder-process.ts'
import { runProgram, startScript } from './program.ts'

const DYING_COMMAND = fileURLToPath(new URL('../crash/dying-command.js', import.meta.url))

/** A data folder with one cluster and a backup with twelve. */
async function both(t: TestContext): Promise<{ folder: string; data: string; saved: string }> {
  const folder = join(await place(t), 'place')
  mkdirSync(folder)
  const data = join(folder, 'data')
  cpSync(await plantedFolder(t, inPlace(soundCluster(1))), data, { recursive: true })
  return { folder, data, saved: await plantedFolder(t, soundFleet()) }
}

/** The number of clusters after a start on the folder. */
async function clustersOf(data: string): Promise<number> {
  const store = await openStore(optionsFor(data))
  const { length } = store.state.resources('Cluster')
  await store.close()
  return length
}

async function cutOff(data: string, saved: string, point: string): Promise<void> {
  const args = ['restore', saved, '--replace', '--storage-path', data]
  const restore = startScript(DYING_COMMAND, args, { HYPERFLEET_TEST_CRASH_POINT: point })
  assert.equal((await restore.ended).code, null, 'it was not killed')
}

for (const [i, point] of REPLACEMENT_POINTS.entries()) {
  test(`contract 4.8: killed at ${point}, the next start shows one of the two fleets, and both exist`, async t => {
    const { folder, data, saved } = await both(t)
    await cutOff(data, saved, point)
    assert.equal(await clustersOf(data), i === 0 ? 1 : 12)
    const others = readdirSync(folder).filter(name => name !== 'data')
    assert.equal(others.length, 1)
    assert.equal(await clustersOf(join(folder, others[0] ?? '')), i === 0 ? 12 : 1)
    // The next restore removes the unfinished folder of the first.
    const again = await runProgram('restore', saved, '--replace', '--storage-path', data)
    assert.equal(again.code, 0, again.output)
    assert.deepEqual(
      readdirSync(folder).filter(name => name.endsWith('.new') || name.includes('partial')),
      [],
    )
    assert.equal(await clustersOf(data), 12)
  })
}

test('between the renames, each command finishes the restore or says what to do, and none creates an empty fleet', async t => {
  const { folder, data, saved } = await both(t)
  await cutOff(data, saved, 'old-moved-aside')
  assert.equal(existsSync(data), false)
  const at = ['--storage-path', data]
  for (const command of [['verify'], ['export'], ['backup', join(folder, 'to')]]) {
    const { code, output } = await runProgram(...command, ...at)
    assert.equal(code, 1, command.join(' '))
    assert.match(
      output,
      /a restore was interrupted between its two renames\. 'hyperfleet serve' .* complete it/,
    )
  }
  const twin = `${folder}-twin`
  cpSync(folder, twin, { recursive: true })
  const imported = await runProgram('import', '/dev/null', '--storage-path', join(twin, 'data'))
  assert.equal(imported.code, 1)
  assert.match(imported.output, /It is now complete; the previous data folder is .*replaced-\d+$/m)
  assert.match(imported.output, /data already exists/)
  assert.equal(await clustersOf(join(twin, 'data')), 12)
  const restored = await runProgram('restore', saved, ...at)
  assert.equal(restored.code, 1)
  assert.match(restored.output, /It is now complete/)
  assert.equal(await clustersOf(data), 12)
})

test('an interrupted restore is completed behind a link, and if an empty folder was created meanwhile', async t => {
  const { folder, data, saved } = await both(t)
  await cutOff(data, saved, 'old-moved-aside')
  symlinkSync(data, join(folder, 'link'))
  mkdirSync(data)
  assert.equal(await clustersOf(join(folder, 'link')), 12)
})

test('while a restore is between its renames, no other process completes it', async t => {
  const { folder, data, saved } = await both(t)
  await cutOff(data, saved, 'old-moved-aside')
  const aside = readdirSync(folder).find(name => /replaced-\d+$/.test(name)) ?? ''
  const lock = await lockFolder(join(folder, aside))
  await assert.rejects(finishExchange(data), { kind: 'in-use', message: /a restore to .* is running/ })
  lock.release()
  assert.equal(await clustersOf(data), 12)
})

test('if only the previous folder is left, a start says so and creates nothing', async t => {
  const { folder, data } = await both(t)
  renameSync(data, `${data}.replaced-20260101000000`)
  await assert.rejects(openStore(optionsFor(data)), {
    kind: 'missing',
    message: /a restore has moved fleets aside: .*To use one of them, move it to/,
  })
  assert.deepEqual(readdirSync(folder), ['data.replaced-20260101000000'])
  mkdirSync(join(folder, 'elsewhere'))
  renameSync(`${data}.replaced-20260101000000`, join(folder, 'elsewhere', 'old'))
  assert.equal(await clustersOf(data), 0)
})

/** A replacement in which the given renames fail, counted from 1. */
async function replacedWith(t: TestContext, failing: readonly number[]) {
  const { folder, data, saved } = await both(t)
  let count = 0
  const move = async (from: string, to: string) => {
    if (failing.includes(++count)) throw Object.assign(new Error('EIO: i/o error, rename'), { code: 'EIO' })
    await rename(from, to)
  }
  const build = async (temporary: string) => cpSync(saved, temporary, { recursive: true })
  const outcome = await replaceFolder({ path: data }, { stamp: '20260101000000', move }, build).catch(
    (error: unknown) => error,
  )
  return { folder, data, outcome }
}

for (const failing of [[1], [2]]) {
  test(`rename ${failing} of a replacement fails: nothing has changed`, async t => {
    const { folder, data, outcome } = await replacedWith(t, failing)
    assert.match(String(outcome), /data was not replaced and is unchanged: EIO/)
    assert.deepEqual(readdirSync(folder), ['data'])
    assert.equal(await clustersOf(data), 1)
  })
}

test('if the previous folder cannot be moved back either, both are kept, and the next start completes the restore', async t => {
  const { folder, data, outcome } = await replacedWith(t, [2, 3])
  assert.match(String(outcome), /Nothing is lost: the restored folder is .*\.new, the earlier one /)
  assert.match(whereMoved(data) ?? '', /a restore was interrupted/)
  assert.equal(readdirSync(folder).length, 2)
  assert.equal(await clustersOf(data), 12)
  assert.equal(await clustersOf(join(folder, 'data.replaced-20260101000000')), 1)
})

test("the next backup to the same folder removes a killed one's remains, but not a running one's files", async t => {
  const { folder, data } = await both(t)
  const to = join(folder, 'to')
  const leave = async (lock: boolean) => {
    const partial = join(folder, `.to.partial-${lock}`)
    mkdirSync(partial)
    const held = await lockFolder(partial)
    renameSync(join(partial, 'lock'), join(partial, '.unfinished'))
    if (!lock) held.release()
    return held
  }
  await leave(false)
  const held = await leave(true)
  const { code, output } = await runProgram('backup', to, '--storage-path', data)
  held.release()
  assert.equal(code, 0, output)
  assert.deepEqual(readdirSync(folder).sort(), ['.to.partial-true', 'data', 'to'])
  assert.deepEqual(readdirSync(to).sort(), ['journal', 'lock', 'manifest.json', 'snapshot'])
  rmSync(join(folder, '.to.partial-true'), { recursive: true })
})
