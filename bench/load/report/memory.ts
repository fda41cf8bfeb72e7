// Tables of memory and of starts.
import { bytesBesideServed, bytesWithoutFiles } from '../memory.ts'
import type { MemoryParts, MemoryResult, StartResult } from '../results.ts'
import { decimals, mebibytes, percent, spread, table, whole } from './format.ts'

const MEMORY_WORDS =
  'Resident memory after a start with the fleet, less that of an empty server; *rest* is what is neither served bytes nor ' +
  'indexes. Bytes for each cluster, its statuses included, and for each status the difference between the two fleets of a size.'
const PARTS_WORDS =
  'Memory by part, in MiB. *Heap* is what V8 has taken from the system for the JavaScript heap, *in use* a part of it; ' +
  '*indexes* is their linear memory; *files* are resident pages of the journal and the snapshot, which the system takes back ' +
  'when it needs them; *rest* is everything else, such as code, stacks and what native modules allocate, and is less if pages ' +
  'of the heap or of buffers are not resident. *Beside served* is the resident memory less that of an empty server and less ' +
  'the JSON of all clusters and statuses, divided by that JSON.'
const MILLISECONDS = 1000

export function memoryParts(memory: readonly MemoryResult[]): string[] {
  if (memory.length === 0) return []
  return ['## Memory', MEMORY_WORDS, memoryTable(memory), PARTS_WORDS, partsTable(memory)]
}

function memoryTable(memory: readonly MemoryResult[]): string {
  const titles = ['clusters', 'statuses each', 'resident MiB', 'after collection', 'bytes a cluster']
  const parts = ['served', 'indexes', 'rest', 'beside served', 'bytes a status']
  return table(
    [...titles, ...parts],
    memory.map(each => {
      const { clusters, emptyRssBytes, started, collected } = each
      const { servedBytes, indexBytes } = started
      const grown = started.rssBytes - emptyRssBytes
      const cells = [
        grown / clusters,
        servedBytes / clusters,
        indexBytes / clusters,
        (grown - servedBytes - indexBytes) / clusters,
        bytesBesideServed(each, started) / clusters,
      ].map(whole)
      const status = bytesPerStatus(each, memory)
      return [
        whole(clusters),
        String(each.statuses),
        mebibytes(started.rssBytes),
        mebibytes(collected.rssBytes),
        ...cells,
        status === undefined ? '' : whole(status),
      ]
    }),
  )
}

function bytesPerStatus(full: MemoryResult, memory: readonly MemoryResult[]): number | undefined {
  const without = memory.find(({ clusters, statuses }) => clusters === full.clusters && statuses === 0)
  if (without === undefined || full.statuses === 0) return undefined
  return (full.started.rssBytes - without.started.rssBytes) / (full.clusters * full.statuses)
}

function partsTable(memory: readonly MemoryResult[]): string {
  const titles = [
    'clusters',
    'statuses each',
    'when',
    'resident',
    'heap',
    'in use',
    'array buffers',
    'indexes',
  ]
  return table(
    [...titles, 'files', 'rest', 'beside served', 'without files'],
    memory.flatMap(each => {
      const row = (when: string, parts: MemoryParts) => {
        const { rssBytes, heapTotalBytes, heapUsedBytes, arrayBufferBytes, indexBytes, mappedBytes } = parts
        const rest = rssBytes - heapTotalBytes - arrayBufferBytes - indexBytes - mappedBytes
        const cells = [
          rssBytes,
          heapTotalBytes,
          heapUsedBytes,
          arrayBufferBytes,
          indexBytes,
          mappedBytes,
          rest,
        ]
        const beside = [bytesBesideServed(each, parts), bytesWithoutFiles(each, parts)].map(bytes =>
          percent(bytes / parts.servedBytes),
        )
        return [whole(each.clusters), String(each.statuses), when, ...cells.map(mebibytes), ...beside]
      }
      const { started, collected, rewritten } = each
      const rewrites = rewritten === undefined ? [] : [row(`rewritten × ${rewritten.times}`, rewritten.parts)]
      return [row('started', started), row('after collection', collected), ...rewrites]
    }),
  )
}

export function startParts(result: StartResult | undefined): string[] {
  if (result === undefined) return []
  const seconds = (ms: number) => decimals(ms / MILLISECONDS)
  return [
    '## Start',
    `The data folder of \`npm run bench:restart\` with ${whole(result.clusters)} clusters: a start until requests can be served, and ` +
      'a program that reads every record and parses each document once. In seconds.',
    table(
      ['start', 'read and parse', 'speed of a start'],
      [
        [
          spread(result.startMs, seconds),
          spread(result.readingMs, seconds),
          `×${spread(result.speed, decimals)}`,
        ],
      ],
    ),
  ]
}
