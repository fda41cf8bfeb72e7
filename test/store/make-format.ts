// Makes a data folder of the present format for test/store/formats: `node dist/test/store/make-format.js FOLDER`. It has a folded part,
// statuses, a record of several pages, free pages and a journal tail. Its visible state is written beside it.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { initialConditions } from '../../src/fleet/conditions.ts'
import { openStore } from '../../src/store/store.ts'
import { clusterOf, dump, idOf, nodepoolOf, optionsFor, put, statusOf } from './samples.ts'

const [target = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-format-'))

const first = await openStore(optionsFor(folder))
for (let generation = 1; generation <= 3; generation++) {
  for (let i = 1; i <= 10; i++) {
    const cluster = clusterOf(i, { generation, labels: new Map([['env', 'prod']]), spec: `{"n":${i}e0}` })
    void first.stage([put(cluster), put(statusOf(cluster, 'dns')), put(statusOf(cluster, 'validator'))])
  }
  await first.settled()
}
void first.stage([put(nodepoolOf(20, 1, { spec: `{"pad":"${'é'.repeat(4000)}"}` }))])
await first.close()

// A removal and a mark that the snapshot has, and a name that was freed and taken.
const again = await openStore(optionsFor(folder))
for (const i of [2, 6]) {
  void again.stage([{ kind: 'removal', resource: { kind: 'Cluster', id: idOf(i) }, time: 5n }])
}
const marked = { ...clusterOf(3), deletedTime: 5n, deletedBy: 'ada@example.com' }
await again.stage([put(marked)])
await again.stage([put(clusterOf(40, { name: marked.name }))])
await again.close()

const second = await openStore(optionsFor(folder))
for (let i = 5; i <= 12; i++) {
  await second.stage([put(clusterOf(i, { generation: 4, spec: '{"tail":-0}' }))])
}
await second.stage([put({ ...clusterOf(9), deletedTime: 6n, deletedBy: 'bob@example.com' })])
await second.stage([{ kind: 'removal', resource: { kind: 'Cluster', id: idOf(4) }, time: 7n }])
// Reports, of which one is staged together with the creation of its resource.
const conditions = initialConditions({
  kind: 'Cluster',
  createdTime: 8n,
  compatibility: 'both',
  required: [],
})
for (const i of [1, 5, 7]) {
  const cluster = clusterOf(i)
  await second.stage([put(statusOf(cluster, 'dns')), { kind: 'conditions', resource: cluster, conditions }])
}
const created = clusterOf(41)
void second.stage([put(created)])
void second.stage([put(statusOf(created, 'dns')), { kind: 'conditions', resource: created, conditions }])
await second.settled()
writeFileSync(join(target, 'shown.txt.gz'), gzipSync(dump(second).join('\n')))
// A copy of the files between two commits is a data folder as after a crash.
const copy = join(folder, 'copy')
for (const name of ['journal', 'snapshot']) {
  cpSync(join(folder, name), join(copy, name), { recursive: true })
  writeFileSync(join(target, `${name}.mdb.gz`), gzipSync(readFileSync(join(copy, name, 'data.mdb'))))
}
await second.close()
rmSync(folder, { recursive: true })
