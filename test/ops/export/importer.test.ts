// Imports: accepted input byte for byte, and refused input line by line.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { auditFolder } from '../../../src/ops/audit/folder-audit.ts'
import { countRecords, exportLines } from '../../../src/ops/export/exporter.ts'
import { Importer, RefusedError } from '../../../src/ops/export/importer.ts'
import { type Line, readLines } from '../../../src/ops/export/line-reader.ts'
import { FolderWriter } from '../../../src/store/copy/folder-writer.ts'
import { StoredFolder } from '../../../src/store/copy/stored-folder.ts'
import { openStore } from '../../../src/store/store.ts'
import { dump, idOf, optionsFor, temporaryFolder, time } from '../../store/samples.ts'
import {
  inPlace,
  plantedFolder,
  reported,
  soundCluster,
  soundFleet,
  soundNodepool,
} from '../audit/planted-folder.ts'
import { exported, imported, QUIET, STRICT } from './round-trip.ts'

/** Values that a careless copy would change. */
const AWKWARD = {
  spec: '{"z": 1e400,\n\t"a":-0 , "big":12345678901234567890,\r\n"text":"\\ud83d\\ude00 \\ud800 é\\u000a\u2028","a":1.50}',
  labels: new Map([
    ['10', 'ten'],
    ['2', 'two'],
    ['__proto__', 'x'],
    ['a', ''],
  ]),
  createdTime: time('2026-01-01T00:00:00.000001Z'),
  specChangedTime: time('2026-03-01T00:00:00Z'),
  updatedTime: time('2026-04-01T00:00:00.123456Z'),
  generation: 7,
}

const MARKED = {
  updatedTime: time('2026-04-01T00:00:00Z'),
  deletedTime: time('2026-04-01T00:00:00Z'),
  deletedBy: 'ann@example.com',
}

function awkwardFleet() {
  const [cluster, status] = reported(soundCluster(1, AWKWARD), 'dns')
  const more = { ...status, metadata: '{"b": 1,\n "a":2}', data: undefined }
  const marked = soundCluster(3, { ...AWKWARD, ...MARKED, id: 'a-marked-one', name: 'cluster-2' })
  return inPlace(
    cluster,
    more,
    soundCluster(2, { labels: new Map(), createdTime: AWKWARD.createdTime }),
    marked,
    soundNodepool(9, 1, { spec: '{ }', ...MARKED }),
    soundNodepool(8, 3, { ownerId: 'a-marked-one', id: '018-a' }),
  )
}

test('contract 3.8: an export that is imported and exported again has the same bytes', async t => {
  for (const fleet of [awkwardFleet(), soundFleet(), []]) {
    const first = await exported(await plantedFolder(t, fleet))
    assert.equal(first.split('\n').length, fleet.length + 2, 'a header, a line for each record, and the end')
    const folder = await imported(t, first)
    assert.equal(await exported(folder), first)
    const { faults } = await auditFolder({ path: folder, ...QUIET })
    assert.deepEqual(faults, [])
  }
})

test('an imported fleet is the exported one: the same documents, in the same order, under the same clock', async t => {
  const path = await plantedFolder(t, soundFleet())
  const folder = await imported(t, await exported(path))
  const [before, after] = [await openStore(optionsFor(path)), await openStore(optionsFor(folder))]
  assert.deepEqual(dump(after), dump(before))
  assert.equal(after.latestId, idOf(104))
  assert.equal(after.latestTime, time('2026-01-01T00:00:00.001Z'))
  for (const store of [before, after]) await store.close()
})

/** The lines of a sound export: a header, two clusters with a status each, a nodepool of the first with one. */
async function soundLines(t: TestContext): Promise<string[]> {
  const groups = [
    reported(soundCluster(1), 'dns'),
    reported(soundCluster(2, { labels: new Map([['env', 'dev']]) }), 'dns'),
    reported(soundNodepool(9, 1), 'dns'),
  ]
  return (await exported(await plantedFolder(t, inPlace(...groups.flat())))).trimEnd().split('\n')
}

type Change = (lines: string[]) => string[]

/** Puts something else into a line; the first line is 1. */
function inLine(number: number, from: string | RegExp, to: string): Change {
  return lines =>
    lines.map((line, i) => {
      if (i + 1 !== number) return line
      assert.notEqual(line.replace(from, to), line, `${from} is in line ${number}`)
      return line.replace(from, to)
    })
}

const BAD: Readonly<Record<string, readonly [Change, ...string[]]>> = {
  'an empty file': [() => [], 'line 1: this is not an export: it is empty'],
  'another file': [
    () => ['hello'],
    'line 1: this is not an export: the line is not valid JSON: expected a value',
  ],
  'a header of something else': [
    inLine(1, 'hyperfleet-export', 'x'),
    'line 1: this is not an export: its first line must look like {"format":"hyperfleet-export","version":1,',
  ],
  'a later version': [
    inLine(1, '"version":1', '"version":2'),
    'line 1: this export has version 2, but this program reads 1',
  ],
  'a file cut short between lines': [
    lines => lines.slice(0, -1),
    'the end: 6 records were announced, but 5 arrived',
  ],
  'a file cut short within a line': [
    lines => [...lines.slice(0, -1), lines.at(-1)?.slice(0, 50) ?? ''],
    'line 7: the line is not valid JSON: ',
  ],
  'a header that counts wrong': [
    lines => lines.map(line => line.replace('"clusters":2,"nodepools":1', '"clusters":1,"nodepools":2')),
    'line 1: clusters must be 2, as many as there are',
    'line 1: nodepools must be 1, as many as there are',
  ],
  'a line that is no JSON': [
    inLine(3, ',"document"', ';"document"'),
    "line 3: the line is not valid JSON: expected ',' or '}', found ';' at column ",
  ],
  'a line that is no object': [
    inLine(3, /.*/, '[]'),
    'line 3: the line is an array; a JSON object is expected',
  ],
  'an unknown kind of line': [
    inLine(3, '"status"', '"event"'),
    'line 3: record must be "resource" or "status"',
  ],
  'an unknown member of a line': [
    inLine(3, '{"record"', '{"extra":1,"record"'),
    'line 3: "extra" is not a member of a line',
  ],
  'no document': [inLine(3, '"document"', '"resource"'), 'line 3: document is required'],
  'no time of the last spec change': [
    inLine(2, /"spec_changed_time":"[^"]*"/, '"spec_changed_time":"yesterday"'),
    'line 2: spec_changed_time must be an RFC 3339 time, such as',
  ],
  'a status about nothing': [
    inLine(3, /"resource":\{[^}]*\}/, '"resource":{"kind":"Pod","id":"x"}'),
    'line 3: resource must identify what the status is about',
  ],
  'a document of another kind': [
    inLine(2, '"kind":"Cluster"', '"kind":"Pod"'),
    'line 2: document.kind must be "Cluster" or "NodePool"',
  ],
  'a document that lacks something': [
    inLine(2, /"created_by":"[^"]*",/, ''),
    'line 2: document.created_by is required',
  ],
  'all the faults of a document': [
    lines => inLine(2, '"generation":1', '"generation":0')(inLine(2, /"id":"[^"]*"/, '"id":"X"')(lines)),
    'line 2: document.generation must be >= 1',
    'line 2: document.id must match pattern "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"',
  ],
  'a name that no client may choose (4.2)': [
    inLine(2, '"name":"cluster-1"', '"name":"X_"'),
    'line 2: name must',
  ],
  'a label that no client may choose (4.4)': [
    inLine(4, '"env"', '""'),
    'line 4: labels. must be 1-317 bytes long in UTF-8',
  ],
  'a member that documents do not have': [
    inLine(2, '"name":', '"nick":"x","name":'),
    'line 2: document.nick is not a member of such a document',
  ],
  'an href of something else (3.3)': [
    inLine(2, /"href":"[^"]*"/, '"href":"/elsewhere"'),
    `line 2: document.href must be "/api/hyperfleet/v1/clusters/${idOf(1)}"`,
  ],
  'a time in other words (3.4)': [
    inLine(2, /"created_time":"[^"]*"/, '"created_time":"2026-01-01T01:00:00.001+01:00"'),
    'line 2: document.created_time must be "2026-01-01T00:00:00.001Z"',
  ],
  'a time that there is not (3.4)': [
    inLine(2, /"updated_time":"[^"]*"/, '"updated_time":"2026-12-31T23:59:60Z"'),
    'line 2: document',
  ],
  'a resource that appears twice': [
    lines => [...lines.slice(0, 5), ...lines.slice(3)],
    'line 6: its id is taken by another resource',
  ],
  'resources out of their order (3.4)': [
    inLine(2, /_time":"2026-01-01T00:00:00.001Z"/g, '_time":"2026-01-01T00:00:00.002Z"'),
    `line 4: its created_time is before that of Cluster/${idOf(1)}, which precedes it`,
  ],
  'a deletion without an author (11.2)': [
    inLine(2, ',"status":', ',"deleted_time":"2026-01-01T00:00:00.001Z","status":'),
    'line 2: document.deleted_by is required with deleted_time',
  ],
  'an author of a deletion that there was not (11.2)': [
    inLine(2, ',"status":', ',"deleted_by":"a@example.com","status":'),
    'line 2: document.deleted_by is not a member of such a document',
  ],
  'a name that is taken (4.3)': [
    inLine(4, '"name":"cluster-2"', '"name":"cluster-1"'),
    `line 4: its name "cluster-1" is also the name of Cluster/${idOf(1)}`,
  ],
  'a nodepool without its cluster (3.1)': [
    lines => lines.map((line, i) => (i === 5 ? line.replaceAll(idOf(1), idOf(5)) : line)),
    `line 6: its cluster ${idOf(5)} is missing`,
  ],
  'a status that stands elsewhere (5.7)': [
    lines => [...lines.slice(0, 2), ...lines.slice(3), lines[2] ?? ''],
    `line 7: it must follow its resource, Cluster/${idOf(1)}`,
  ],
  'a status that appears twice': [
    lines => [...lines.slice(0, 3), lines[2] ?? '', ...lines.slice(3)],
    'line 4: the status of dns is already in line 3',
  ],
  'conditions that are not those of the reports (6.10)': [
    inLine(3, /"last_report_time":"[^"]*"/, '"last_report_time":"2026-02-02T00:00:00Z"'),
    'line 2: its condition DnsSuccessful is not that of the last report of dns',
  ],
}

for (const [name, [change, ...expected]] of Object.entries(BAD)) {
  test(`an import refuses ${name}, and nothing is imported`, async t => {
    const text = change(await soundLines(t)).join('\n')
    await assert.rejects(imported(t, text), error => {
      assert(error instanceof RefusedError, String(error))
      const told = error.refusals.faults.map(({ where, what }) => `${where}: ${what}`)
      for (const start of expected)
        assert.ok(
          told.some(line => line.startsWith(start)),
          `${start} in\n${told.join('\n')}`,
        )
      return true
    })
  })
}

test('refused lines can be skipped: the rest is imported, and sound', async t => {
  const lines = await soundLines(t)
  const text = inLine(3, '"True"', '"Maybe"')(lines).join('\n')
  const importer = new Importer({ ...STRICT, skipsRefused: true })
  const folder = await imported(t, text, importer)
  const { faults, clusters, nodepools, statuses } = await auditFolder({ path: folder, ...QUIET })
  assert.deepEqual([faults, clusters, nodepools, statuses], [[], 1, 0, 1])
  // The cluster is refused with its status, and the nodepool with its cluster.
  assert.equal(importer.refusals.lineCount, 4)
  assert.deepEqual(
    importer.refusals.faults.map(({ where }) => where),
    ['line 3', 'line 6'],
  )
})

test('a hundred faults are listed, and the rest counted', async t => {
  const header = '{"format":"hyperfleet-export","version":1,"clusters":0,"nodepools":0,"statuses":0}'
  const text = [header, ...Array.from({ length: 250 }, () => '{}')].join('\n')
  await assert.rejects(imported(t, text), error => {
    assert(error instanceof RefusedError)
    const { faults, faultCount, lineCount } = error.refusals
    assert.deepEqual([faults.length, faultCount, lineCount], [100, 251, 250])
    return true
  })
})

/** A fleet of 40 MB in all. */
async function largeFolder(t: TestContext): Promise<string> {
  const spec = JSON.stringify({ filling: 'm'.repeat(20_000) })
  return plantedFolder(t, inPlace(...Array.from({ length: 2000 }, (_, i) => soundCluster(i + 1, { spec }))))
}

test('an export produces no more than is consumed, and an import reads no more than it writes', async t => {
  const folder = await StoredFolder.open(await largeFolder(t), QUIET.commitDeadlineMs)
  t.after(() => folder.close())
  const counts = await countRecords(folder, QUIET)
  const target = join(temporaryFolder(t), 'imported')
  mkdirSync(target)
  const writer = await FolderWriter.create(target, QUIET)
  let made = 0
  let taken = 0
  let most = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of exportLines(folder, counts, QUIET)) {
      made += chunk.length
      yield chunk
    }
  }
  async function* watched(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
    for await (const line of lines) {
      yield line
      taken += line.bytes.length + 1
    }
  }
  for await (const parts of new Importer(STRICT).copy(watched(readLines(counted())))) {
    await writer.take(parts)
    most = Math.max(most, made - taken + writer.waitingBytes)
  }
  await writer.finish()
  await writer.close()
  assert.ok(made > 40_000_000)
  assert.ok(most < 6 << 20, `${most} of ${made} bytes were held at once`)
})
