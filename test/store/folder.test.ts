// Data folders in the states that an operator may cause. Each opens completely, or is refused with a message.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc32c } from '../../src/store/checksum/crc32c.ts'
import { encodeText, FORMAT } from '../../src/store/codec.ts'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { openStore } from '../../src/store/store.ts'
import { clusterOf, dump, openFor, optionsFor, put, temporaryFolder } from './samples.ts'

/** A folder that was closed after a write, its visible state, and a copy from its first start. */
async function made(t: TestContext): Promise<{ folder: string; shown: string[]; fresh: string }> {
  const base = temporaryFolder(t)
  const [folder, fresh] = [join(base, 'data'), join(base, 'fresh')]
  const store = await openFor(t, folder)
  cpSync(folder, fresh, { recursive: true })
  await store.stage([put(clusterOf(1))])
  const shown = dump(store)
  await store.close()
  return { folder, shown, fresh }
}

async function refused(folder: string, kind: string, message: RegExp): Promise<void> {
  for (const _ of [1, 2]) {
    await assert.rejects(openStore(optionsFor(folder)), { name: 'StoreError', kind, message })
  }
  assert.deepEqual(openFilesIn(folder), [])
}

/** Files in a folder that this process has open. Empty where the system has no /proc. */
function openFilesIn(folder: string): string[] {
  if (!existsSync('/proc/self/fd')) return []
  const links = readdirSync('/proc/self/fd').map(name => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return '' // the descriptor of /proc/self/fd itself, which is closed by now
    }
  })
  return links.filter(link => link.startsWith(`${folder}/`))
}

for (const [what, kind, message, spoil] of [
  [
    'a journal that was not copied',
    'gap',
    /without a journal/,
    folder => rmSync(join(folder, 'journal'), { recursive: true }),
  ],
  [
    'a snapshot that was not copied',
    'gap',
    /without a snapshot/,
    folder => rmSync(join(folder, 'snapshot'), { recursive: true }),
  ],
  [
    'a journal without its file',
    'gap',
    /without a journal/,
    folder => rmSync(join(folder, 'journal', 'data.mdb')),
  ],
  [
    'a snapshot without its file',
    'gap',
    /without a snapshot/,
    folder => rmSync(join(folder, 'snapshot', 'data.mdb')),
  ],
  [
    'an empty file of the journal',
    'gap',
    /without a journal/,
    folder => truncateSync(join(folder, 'journal', 'data.mdb')),
  ],
  [
    'a truncated copy',
    'damaged',
    /snapshot\/data\.mdb is damaged/,
    folder => truncateSync(join(folder, 'snapshot', 'data.mdb'), 8192),
  ],
  [
    'another file in place of the journal',
    'damaged',
    /meta page 0/,
    folder => writeFileSync(join(folder, 'journal', 'data.mdb'), 'x'.repeat(20_000)),
  ],
  [
    "journal and snapshot that took each other's place",
    'damaged',
    /holds the key|is damaged|is missing/,
    exchange,
  ],
  ['a folder in place of the file', 'unreadable', /EISDIR/, inTheWay],
] as const satisfies [string, string, RegExp, (folder: string) => void][]) {
  test(`${what}: refused with a message`, async t => {
    const { folder } = await made(t)
    spoil(folder)
    await refused(folder, kind, message)
  })
}

test('lock files that were not copied are created again', async t => {
  const { folder, shown } = await made(t)
  for (const file of ['lock', 'journal/lock.mdb', 'snapshot/lock.mdb']) rmSync(join(folder, file))
  assert.deepEqual(dump(await openFor(t, folder)), shown)
})

test('a read-only file system is refused with a message', async t => {
  const { folder } = await made(t)
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' })
  } catch {
    t.skip('mount may not be used here')
    return
  }
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', folder])
    await refused(folder, 'read-only', /cannot be written to/)
  } finally {
    execFileSync('umount', ['-l', folder])
  }
})

for (const [environment, key, text] of [
  ['snapshot', 'summary', 'the summary of the snapshot'],
  ['journal', 0, 'the identity of the journal'],
] as const) {
  for (const [format, kind] of [
    [FORMAT + 1, 'newer-format'],
    [0, 'older-format'],
  ] as const) {
    test(`a ${environment} of format ${format} is refused with a message that names both versions`, async t => {
      const { folder } = await made(t)
      const name = key === 0 ? 'identity' : key
      const value = encodeText(name, '{}')
      value.writeUInt8(format, 4)
      value.writeUInt32LE(crc32c().ofBytes(value, crc32c().ofText(name), 4), 0)
      const opened = new Environment(join(folder, environment), 30_000)
      await opened.commit([{ kind: 'put', key, value }])
      await opened.close()
      await refused(folder, kind, new RegExp(`${text}.*format ${format}.*${FORMAT}`))
    })
  }
}

test('a first start that a power cut interrupted is repeated', async t => {
  const { fresh } = await made(t)
  const whole = readFileSync(join(fresh, 'journal', 'data.mdb')).subarray(0, 8192)
  // Both pages, before the first commit.
  whole.copyWithin(4096 + 24, 24, 168)
  const torn = [
    Buffer.alloc(0),
    Buffer.alloc(1),
    whole.subarray(0, 4096),
    whole.subarray(0, 4608),
    Buffer.alloc(8192),
    Buffer.concat([Buffer.alloc(4096), whole.subarray(4096)]),
    whole,
  ]
  for (const journal of torn) {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, 'journal'))
    writeFileSync(join(folder, 'journal', 'data.mdb'), journal)
    await writeAndReopen(t, folder)
  }
  for (const snapshot of torn) {
    const folder = join(temporaryFolder(t), 'data')
    cpSync(fresh, folder, { recursive: true })
    writeFileSync(join(folder, 'snapshot', 'data.mdb'), snapshot)
    await writeAndReopen(t, folder)
  }
})

async function writeAndReopen(t: TestContext, folder: string): Promise<void> {
  const store = await openFor(t, folder)
  await store.stage([put(clusterOf(1))])
  await store.close()
  assert.equal((await openFor(t, folder)).state.resources('Cluster').length, 1)
}

function exchange(folder: string): void {
  renameSync(join(folder, 'journal'), join(folder, 'aside'))
  renameSync(join(folder, 'snapshot'), join(folder, 'journal'))
  renameSync(join(folder, 'aside'), join(folder, 'snapshot'))
  assert.ok(existsSync(join(folder, 'journal', 'data.mdb')))
}

function inTheWay(folder: string): void {
  rmSync(join(folder, 'journal', 'data.mdb'))
  mkdirSync(join(folder, 'journal', 'data.mdb'))
}
