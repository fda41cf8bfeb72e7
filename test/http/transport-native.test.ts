// The patch for loading the native module on an older glibc, and the choice of the engine.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  compareVersions,
  install,
  newestGlibc,
  PATCHED_GLIBC,
  PUBLISHED_GLIBC,
  patch,
  plan,
  readElf,
  sha256,
  versionsNeeded,
} from '../../scripts/build/native.mjs'
import { ANSWERS, UNUSED_ANSWER } from '../../scripts/build/native-answers.mjs'
import { REPLACED } from '../../scripts/build/native-head.mjs'
import { UWS_PINS } from '../../scripts/build/native-pins.mjs'
import { chooseTransport, loadUws } from '../../src/http/transport/load.ts'

const packageFolder = dirname(createRequire(import.meta.url).resolve('@btc-vision/uwebsockets.js'))

test('every pinned file matches the package, and patching it gives the pinned copy', () => {
  assert.equal(UWS_PINS.size, 8)
  for (const [name, { before, after }] of UWS_PINS) {
    const original = readFileSync(join(packageFolder, name))
    assert.equal(sha256(original), before, name)
    assert.equal(sha256(patch(original)), after, name)
    assert.equal(sha256(original), before, `${name} was changed in place`)
  }
})

test('the patch changes only symbol names, fixed answers, and the reader of a head (contract 9.1)', () => {
  for (const name of UWS_PINS.keys()) {
    const original = readFileSync(join(packageFolder, name))
    const patched = patch(original)
    assert.equal(patched.length, original.length)
    for (const { before, after } of ANSWERS) {
      const at = original.indexOf(before)
      assert.equal(patched.toString('latin1', at, at + before.length), after.padEnd(before.length))
      patched.write(before, at, 'latin1')
    }
    const replaced = readElf(original).symbols.find(symbol => symbol.name === REPLACED)
    assert.ok(replaced !== undefined)
    const end = replaced.address + replaced.bytes
    assert.notDeepEqual(patched.subarray(replaced.address, end), original.subarray(replaced.address, end))
    original.copy(patched, replaced.address, replaced.address, end)
    const changed = new Set<number>()
    for (let i = 0; i < original.length; i++) if (original[i] !== patched[i]) changed.add(i - (i % 4))
    // Three aliases on x64, two on arm64; hash and name of one version; three numbers of the table of answers; two calls.
    const most = name.includes('x64') ? 5 + 3 + 2 * 2 : 4 + 3 + 2
    assert.ok(changed.size <= most, `${name}: ${[...changed].join()}`)
    assert.equal(newestGlibc(versionsNeeded(original)), PUBLISHED_GLIBC)
    assert.equal(newestGlibc(versionsNeeded(patched)), PATCHED_GLIBC)
  }
})

test('every fixed answer of the engine is replaced', () => {
  for (const name of UWS_PINS.keys()) {
    const original = readFileSync(join(packageFolder, name))
    const patched = patch(original)
    for (const text of [...ANSWERS.map(({ before }) => before), UNUSED_ANSWER]) {
      const reference = Buffer.alloc(8)
      reference.writeBigUInt64LE(BigInt(original.indexOf(text)))
      assert.ok(original.includes(reference), name)
      assert.equal(patched.includes(text) && patched.includes(reference), false, `${name}: ${text}`)
    }
  }
})

test('a file that needs more of the newer glibc than the aliases is refused', () => {
  const original = readFileSync(join(packageFolder, 'uws_linux_x64_115.node'))
  const renamed = Buffer.from(original)
  renamed.write('__isoc23_strtoX\0', original.indexOf('__isoc23_strtol\0'), 'latin1')
  assert.throws(() => patch(renamed), /__isoc23_strtoX needs GLIBC_2\.38/)
  assert.throws(() => patch(patch(original)), /found 0/)
  assert.throws(() => patch(Buffer.alloc(100)), /not a 64-bit/)
  assert.throws(() => newestGlibc(['GLIBC_2.17', 'GLIBCXX_3.4.32']), /GLIBCXX_3\.4\.32/)
})

test('a copy is written wherever it loads; without a patch the original is used', () => {
  const machine = { platform: 'linux', arch: 'x64', abi: '115', glibc: '2.36' }
  assert.deepEqual(plan(machine), { kind: 'patch', name: 'uws_linux_x64_115.node' })
  assert.deepEqual(plan({ ...machine, glibc: '2.37', arch: 'arm64', abi: '137' }), {
    kind: 'patch',
    name: 'uws_linux_arm64_137.node',
  })
  assert.equal(plan({ ...machine, glibc: '2.38' }).kind, 'patch')
  assert.equal(plan({ ...machine, glibc: '2.100' }).kind, 'patch')
  assert.deepEqual(plan({ ...machine, glibc: '2.38', abi: '999' }), { kind: 'original' })
  assert.deepEqual(plan({ ...machine, platform: 'darwin', glibc: undefined }), { kind: 'original' })
  for (const change of [{ glibc: undefined }, { glibc: '2.35' }, { abi: '120' }, { arch: 'riscv64' }]) {
    assert.equal(plan({ ...machine, ...change }).kind, 'impossible')
  }
  assert.ok(compareVersions('2.9', '2.36') < 0)
})

test('the copy is written once, rewritten if damaged, and never made from an unknown file', context => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const name = 'uws_linux_arm64_127.node'
  const places = { name, packageFolder, targetFolder: join(folder, 'native') }
  assert.equal(install(places), 'written')
  assert.equal(install(places), 'present')
  const copy = join(folder, 'native', name)
  writeFileSync(copy, 'damaged')
  assert.equal(install(places), 'written')
  assert.equal(sha256(readFileSync(copy)), UWS_PINS.get(name)?.after)
  writeFileSync(join(folder, name), 'another file')
  assert.throws(
    () => install({ name, packageFolder: folder, targetFolder: join(folder, 'other') }),
    /not the file of the pinned package version/,
  )
  assert.equal(existsSync(join(folder, 'other')), false)
})

test('the requested engine is used, and there is always one', () => {
  assert.equal(chooseTransport('node').engine, 'node')
  assert.equal(chooseTransport('node').note, undefined)
  const best = chooseTransport('auto')
  assert.equal(best.engine === 'node', best.note !== undefined)
})

test('a native file that does not load gives a reason as a sentence', context => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const missing = loadUws(folder)
  assert.ok(missing.kind === 'unavailable')
  assert.match(missing.reason, /^uWebSockets\.js does not load: [^\n]+$/)
})

test('copies built by another Node give a reason with the remedy', context => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  context.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'native'))
  writeFileSync(join(folder, 'native', `uws_${process.platform}_${process.arch}_93.node`), '')
  const missing = loadUws(folder)
  assert.ok(missing.kind === 'unavailable')
  const { node, modules } = process.versions
  assert.equal(
    missing.reason,
    `built with a Node of ABI 93, running on Node ${node} (ABI ${modules}): run 'npm run build' with this Node`,
  )
})
