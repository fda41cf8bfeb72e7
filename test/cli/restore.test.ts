// `hyperfleet restore` and `hyperfleet verify` as users run them.
import assert from 'node:assert/strict'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { inPlace, plantedFolder, soundCluster, soundFleet } from '../ops/audit/planted-folder.ts'
import { fill, place, serve } from './folder-process.ts'
import { runProgram } from './program.ts'

const digestOf = (output: string) => /sha256:\w+/.exec(output)?.[0]

test('contract 4.8: a restored folder is the backup, byte for byte, and the previous one is kept', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  const saved = join(folder, 'saved')
  const at = ['--storage-path', data]
  await fill(data, 25)
  assert.equal((await runProgram('backup', saved, ...at)).code, 0)
  const original = digestOf((await runProgram('verify', ...at)).output)
  const first = await serve(t, data)
  await first.client.cluster('written-after-the-backup')
  assert.equal((await first.server.stop()).code, 0)

  const refused = await runProgram('restore', saved, ...at)
  assert.equal(refused.code, 1)
  assert.match(
    refused.output,
    /data already exists and is not an empty folder: .* --replace moves it aside\.$/m,
  )
  const { code, output } = await runProgram('restore', saved, '--replace', ...at)
  assert.equal(code, 0, output)
  assert.match(
    output,
    /^restored 25 clusters, 25 nodepools and 0 statuses as of journal entry 50 from .*saved to .*data in/,
  )
  const [, aside = ''] = /^the previous data folder is now (.+)$/m.exec(output) ?? []
  assert.match(aside, /data\.replaced-\d{14}$/)
  assert.match((await runProgram('verify', aside)).output, /26 clusters/)
  assert.equal(digestOf((await runProgram('verify', ...at)).output), original)
  assert.deepEqual(readdirSync(data).sort(), ['journal', 'lock', 'snapshot'])
  const { client } = await serve(t, data)
  assert.equal(
    (await client.list('/clusters', { search: "name = 'written-after-the-backup'" })).json.total,
    0,
  )
})

test('a backup is restored to an empty folder, and nothing is left behind', async t => {
  const folder = await place(t)
  await fill(join(folder, 'data'), 1)
  mkdirSync(join(folder, 'empty'))
  const { code, output } = await runProgram(
    'restore',
    join(folder, 'data'),
    '--storage-path',
    join(folder, 'empty'),
  )
  assert.equal(code, 0, output)
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'empty'])
})

test('a data folder behind a link is replaced at its real place', async t => {
  const folder = await place(t)
  mkdirSync(join(folder, 'disk'))
  await fill(join(folder, 'disk', 'data'), 1)
  symlinkSync(join(folder, 'disk', 'data'), join(folder, 'link'))
  const saved = await plantedFolder(t, soundFleet())
  const restored = await runProgram('restore', saved, '--replace', '--storage-path', join(folder, 'link'))
  assert.equal(restored.code, 0, restored.output)
  assert.match((await runProgram('verify', join(folder, 'disk', 'data'))).output, /12 clusters/)
  assert.equal(readdirSync(join(folder, 'disk')).length, 2)
  const within = await runProgram(
    'backup',
    join(folder, 'link', 'to'),
    '--storage-path',
    join(folder, 'disk', 'data'),
  )
  assert.match(within.output, /or within it/)
})

test('a damaged backup is not restored, and the data folder is unchanged', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 1)
  const damaged = await plantedFolder(t, inPlace(soundCluster(1), soundCluster(2, { name: 'cluster-1' })))
  const { code, output } = await runProgram('restore', damaged, '--replace', '--storage-path', data)
  assert.equal(code, 1)
  assert.match(
    output,
    /was not restored, because it has faults:\nCluster\/20+2: its name "cluster-1" is also the name of/,
  )
  assert.deepEqual(readdirSync(folder), ['data'])
  assert.equal((await runProgram('verify', '--storage-path', data)).code, 0)
})

test('obstacles to a restore are reported', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  const saved = await plantedFolder(t, soundFleet())
  mkdirSync(join(folder, 'other'))
  writeFileSync(join(folder, 'other', 'letter.txt'), 'x')
  const { server } = await serve(t, data)
  const cases: readonly (readonly [readonly string[], RegExp, number?])[] = [
    [['restore', '--storage-path', data], /takes one backup/, 2],
    [['restore', saved, '--replace', '--storage-path', data], /data is in use by another process/],
    [['restore', data, '--storage-path', join(folder, 'new')], /data is in use by another process/],
    [
      ['restore', saved, '--replace', '--storage-path', join(folder, 'other')],
      /other is not a data folder: refusing to replace it/,
    ],
    [
      ['restore', join(folder, 'none'), '--storage-path', join(folder, 'new')],
      /the folder .*none does not exist/,
    ],
    [['restore', saved, '--storage-path', join(saved, 'new')], /or within it/],
    [
      ['restore', saved, '--storage-path', join(folder, 'none', 'new')],
      /the folder .*none does not exist: create it first/,
    ],
  ]
  for (const [args, words, expected = 1] of cases) {
    const { code, output } = await runProgram(...args)
    assert.equal(code, expected, `${args.join(' ')}: ${output}`)
    assert.match(output, words)
  }
  assert.equal((await server.stop()).code, 0)
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'other'])
})

test('verify reports every fault with exit code 1, and a remedy for a folder in use', async t => {
  const folder = await place(t)
  const planted = await plantedFolder(
    t,
    inPlace(soundCluster(1, { generation: 0 }), soundCluster(2, { name: 'X' })),
  )
  const { code, output } = await runProgram('verify', planted)
  assert.equal(code, 1)
  assert.match(output, /^Cluster\/20+1: generation must be >= 1$/m)
  assert.match(output, /^Cluster\/20+2: name must not have fewer than 3 characters$/m)
  assert.match(output, /^3 faults$/m)
  await serve(t, join(folder, 'data'))
  const inUse = await runProgram('verify', '--storage-path', join(folder, 'data'))
  assert.equal(inUse.code, 1)
  assert.match(
    inUse.output,
    /is in use: to verify a running server, run 'hyperfleet backup TO' and then 'hyperfleet verify TO'/,
  )
  assert.equal((await runProgram('verify', 'a', 'b')).code, 2)
})

test('a backup with a missing, foreign or truncated part is refused with a message', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 30)
  const saved = join(folder, 'saved')
  assert.equal((await runProgram('backup', saved, '--storage-path', data)).code, 0)
  const refused = async (words: RegExp) => {
    const { code, output } = await runProgram('verify', saved)
    assert.equal(code, 1, output)
    assert.match(output, words)
  }
  renameSync(join(saved, 'journal'), join(folder, 'journal'))
  await refused(/its journal is missing/)
  cpSync(join(data, 'journal'), join(saved, 'journal'), { recursive: true })
  await refused(/the journal and the snapshot are of different stores/)
  rmSync(join(saved, 'journal'), { recursive: true })
  renameSync(join(folder, 'journal'), join(saved, 'journal'))
  assert.equal((await runProgram('verify', saved)).code, 0)
  truncateSync(join(saved, 'snapshot', 'data.mdb'), 12_288)
  await refused(/saved\/snapshot.* is damaged/)
})
