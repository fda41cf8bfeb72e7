// A folder at rest is read in creation order, also when imported ids do not rise with it.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { documentOf } from '../../src/state/document.ts'
import { NO_BODY, numberIn } from '../../src/state/layout.ts'
import type { AdapterStatus, Resource } from '../../src/state/records.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { Random } from '../index/random.ts'
import {
  clusterOf,
  idOf,
  nodepoolOf,
  openFor,
  optionsFor,
  put,
  statusOf,
  temporaryFolder,
} from './samples.ts'

const DEADLINE_MS = 30_000

/** The records of a folder, in the form of the expected ones. */
async function recordsIn(folder: string): Promise<string[]> {
  const stored = await StoredFolder.open(folder, DEADLINE_MS)
  const lines: string[] = []
  for await (const whole of stored.records()) {
    const { put: read, records } = whole
    lines.push(
      read.kind === 'resource'
        ? `${numberIn(records[0]?.body ?? NO_BODY)} ${documentOf(whole)}`
        : `  ${read.record.adapter} ${documentOf(whole)}`,
    )
  }
  await stored.close()
  return lines
}

function expected(store: Store): string[] {
  return (['Cluster', 'NodePool'] as const).flatMap(kind =>
    store.state
      .living(kind)
      .flatMap(entry => [
        `${entry.number} ${entry.json}`,
        ...entry.statuses.map(({ adapter, json }) => `  ${adapter} ${json}`),
      ]),
  )
}

/** The order of ids. Those that begin with each other are labels such as `a0` and `a0-b`, and rise too. */
type Ids = 'rise' | 'do not rise' | 'begin with each other'

/** A label of DNS that begins with the labels of some smaller numbers, so that in key order their records are mixed. */
function labelOf(number: number): string {
  return `a${number.toString(3).replaceAll('0', '-b').replaceAll('1', '0').replaceAll('2', '-c0')}`
}

/** Random creations, changes, reports and removals, with ids in any order. */
class Fleet {
  readonly #random: Random
  readonly #ids: number[]
  readonly #areLabels: boolean
  readonly #clusters: Resource[] = []
  readonly #pools: Resource[] = []

  constructor(random: Random, ids: Ids) {
    this.#random = random
    this.#ids = Array.from({ length: 400 }, (_, i) => i + 1)
    if (ids === 'do not rise') this.#ids.sort(() => random.below(2) - 0.5)
    if (ids === 'begin with each other') this.#ids.sort((a, b) => (labelOf(a) < labelOf(b) ? -1 : 1))
    this.#areLabels = ids === 'begin with each other'
  }

  step(store: Store): void {
    const deed = this.#random.below(10)
    if (deed < 4 || this.#clusters.length === 0) this.#create(store)
    else if (deed < 9) this.#report(store)
    else this.#remove(store)
  }

  #create(store: Store): void {
    const number = this.#ids.shift()
    if (number === undefined) return
    const owner =
      this.#random.below(2) === 0 ? this.#clusters[this.#random.below(this.#clusters.length)] : undefined
    const own = this.#areLabels ? { id: labelOf(number) } : {}
    const made =
      owner === undefined ? clusterOf(number, own) : nodepoolOf(number, 1, { ownerId: owner.id, ...own })
    ;(owner === undefined ? this.#clusters : this.#pools).push(made)
    void store.stage([put(made)])
  }

  #report(store: Store): void {
    const all = [...this.#clusters, ...this.#pools]
    const resource = all[this.#random.below(all.length)]
    if (resource === undefined) return
    const adapter = ['validator', 'dns', 'alpha'][this.#random.below(3)] ?? ''
    const status: AdapterStatus = statusOf(resource, adapter, { data: `{"n":${this.#random.below(1000)}}` })
    void store.stage([put({ ...resource, spec: `{"n":${this.#random.below(1000)}}` }), put(status)])
  }

  #remove(store: Store): void {
    const [pool] = this.#pools.splice(this.#random.below(this.#pools.length), 1)
    if (pool === undefined) return
    void store.stage([
      { kind: 'removal', resource: { kind: 'NodePool', id: pool.id }, time: pool.updatedTime },
    ])
  }
}

for (const ids of ['rise', 'do not rise', 'begin with each other'] as const)
  test(`contract 3.2: a folder is read in creation order, from snapshot and journal, when ids ${ids}`, async t => {
    const random = new Random()
    for (let round = 0; round < 8; round++) {
      const folder = join(temporaryFolder(t), 'data')
      const maxJournalEntries = round % 2 === 0 ? 30 + random.below(60) : 1_000_000
      const fleet = new Fleet(random, ids)
      let lines: string[] = []
      for (let restart = 0; restart < 3; restart++) {
        const store = await openStore(
          optionsFor(folder, {
            checkpoint: { maxJournalEntries, maxJournalBytes: 1 << 30, maxJournalAgeMs: 1 << 30 },
          }),
        )
        for (let i = random.below(150); i >= 0; i--) {
          fleet.step(store)
          if (i % 10 === 0) await store.settled()
        }
        await store.settled()
        lines = expected(store)
        await store.close()
        assert.deepEqual(await recordsIn(folder), lines)
      }
      assert.ok(lines.length > 5)
    }
  })

/** Three clusters whose ids fall, each with a status. */
async function fallingIds(t: TestContext): Promise<string> {
  const folder = join(temporaryFolder(t), 'data')
  const store = await openStore(optionsFor(folder))
  for (const number of [3, 2, 1])
    await store.stage([put(clusterOf(number)), put(statusOf(clusterOf(number), 'dns'))])
  await store.close()
  return folder
}

test('damage in a folder whose ids do not rise is reported once, and the rest is read', async t => {
  const folder = await fallingIds(t)
  const file = join(folder, 'snapshot', 'data.mdb')
  const bytes = readFileSync(file)
  const at = bytes.lastIndexOf(`"id":"${idOf(2)}"`)
  bytes.writeUInt8(bytes.readUInt8(at + 2) ^ 1, at + 2)
  writeFileSync(file, bytes)
  const stored = await StoredFolder.open(folder, DEADLINE_MS)
  const faults: string[] = []
  const keys: string[] = []
  for await (const { key } of stored.records(fault => faults.push(fault.message))) keys.push(key)
  await stored.close()
  assert.deepEqual(
    keys,
    [3, 1, 2].flatMap(number => {
      const key = `Cluster/${idOf(number)}`
      return number === 2 ? [`${key}/dns`] : [key, `${key}/dns`]
    }),
  )
  assert.equal(faults.length, 1, faults.join('\n'))
  assert.match(faults[0] ?? '', new RegExp(`Cluster/${idOf(2)} of the snapshot is damaged`))
})

test('contract 3.2: imported ids do not raise the watermark of ids', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  await store.stage([put(clusterOf(5))])
  await store.stage([put(clusterOf(6, { id: '6s2rtvq8d00000000000000000000048' }))])
  assert.equal(store.latestId, idOf(5))
  await store.close()
  const again = await openFor(t, folder)
  assert.equal(again.latestId, idOf(5))
})
