// Every released format stays readable. test/store/formats has a data folder of each.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { FORMAT } from '../../src/store/codec.ts'
import { clusterOf, dump, openFor, put, temporaryFolder } from './samples.ts'

const FORMATS = fileURLToPath(new URL('../../../test/store/formats', import.meta.url))
const formats = readdirSync(FORMATS, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? [Number(entry.name)] : [],
)

function unpack(format: number, folder: string): string {
  for (const name of ['journal', 'snapshot']) {
    mkdirSync(join(folder, name))
    const file = readFileSync(join(FORMATS, String(format), `${name}.mdb.gz`))
    writeFileSync(join(folder, name, 'data.mdb'), gunzipSync(file))
  }
  return gunzipSync(readFileSync(join(FORMATS, String(format), 'shown.txt.gz'))).toString()
}

test('there is a data folder of every format up to the present one', () => {
  assert.deepEqual(
    formats.sort((a, b) => a - b),
    Array.from({ length: FORMAT }, (_, i) => i + 1),
  )
})

for (const format of formats) {
  test(`a data folder of format ${format} loads, is written to, and loads again (contract 4.8)`, async t => {
    const folder = temporaryFolder(t)
    const shown = unpack(format, folder)
    const store = await openFor(t, folder)
    assert.equal(dump(store).join('\n'), shown)
    await store.stage([put(clusterOf(100))])
    void store.stage([put(clusterOf(101))])
    await store.stage([put(clusterOf(100, { generation: 2 }))])
    const before = dump(store)
    // The journal of a crashed server has values of both formats.
    const crashed = join(temporaryFolder(t), 'crashed')
    cpSync(folder, crashed, { recursive: true })
    await store.close()
    for (const path of [folder, crashed]) assert.deepEqual(dump(await openFor(t, path)), before)
  })
}

test('contract 12.4: a folder of format 5 has all of its removals, an earlier one has those of its journal', async t => {
  for (const format of formats.filter(each => each >= 3)) {
    const folder = temporaryFolder(t)
    unpack(format, folder)
    const { removals } = (await openFor(t, folder)).state
    assert.deepEqual([removals.size, removals.floor > 0], format >= 5 ? [3, false] : [1, true])
  }
})
