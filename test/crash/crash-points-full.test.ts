// Death at the named steps of the store that a full disk leads to (contract 9.2), on a small disk of its own.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { diskAccess, mountSmallDisk, runInNamespace } from '../harness/small-disk.ts'
import { drawFrom } from '../search/random-state.ts'
import { CrashSite, pointsOf } from './crash-site.ts'
import { addToProofs } from './proofs.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const ROUNDS = Number(process.env.HYPERFLEET_TEST_ROUNDS ?? 1)
const DISK_BYTES = 48 << 20

async function dieOnFullDisks(): Promise<void> {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_ROUNDS=${ROUNDS}`)
  const points = pointsOf('full disk')
  const draw = drawFrom(SEED)
  for (let round = 0; round < ROUNDS; round++) {
    const disk = mountSmallDisk(DISK_BYTES)
    try {
      const folder = join(disk.folder, 'data')
      mkdirSync(folder)
      const site = new CrashSite(folder, draw, disk)
      await site.found()
      await site.dieAt(points)
    } finally {
      disk.unmount()
    }
  }
  addToProofs('points-full', SEED, { rounds: ROUNDS, deaths: ROUNDS * points.length })
}

const TITLE = 'contract 4.8, 9.2: death at a named point of a full disk loses nothing that was answered'
const access = diskAccess()
switch (access.kind) {
  case 'mount':
    test(TITLE, dieOnFullDisks)
    break
  case 'namespace':
    test(`${TITLE}, in a namespace that may mount one`, () => {
      assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
    })
    break
  case 'none':
    test(TITLE, { skip: access.reason }, () => {})
}
