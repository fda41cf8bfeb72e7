// The data folder that the damage proof spoils, and the ways in which it does.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../src/store/store.ts'
import type { RandomStream } from '../../tools/simulate/random.ts'
import { clusterOf, dump, nodepoolOf, optionsFor, put, statusOf } from '../store/samples.ts'

export const ENVIRONMENTS = ['journal', 'snapshot'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

/** One way of spoiling one file. */
export type Damage =
  | { readonly kind: 'flip'; readonly file: EnvironmentName; readonly bit: number }
  | { readonly kind: 'cut'; readonly file: EnvironmentName; readonly bytes: number }

/** A folder as a crash left it, and what a start has to show of it. */
export interface Original {
  readonly files: Readonly<Record<EnvironmentName, Buffer>>
  readonly shown: readonly string[]
}

const PAGE_BYTES = 4096
/** The bytes of a page that LMDB's header and, on a meta page, all of its content take. */
const HEADER_BYTES = 24
const META_BYTES = 168

/**
 * Creates a folder with resources and statuses, free pages from several checkpoints, and a journal tail. Every page has
 * the same content in each run.
 */
export async function makeOriginal(folder: string): Promise<Original> {
  const options = optionsFor(folder, { randomId: () => 'the damage proof' })
  for (let generation = 1; generation <= 6; generation++) {
    const store = await openStore(options)
    for (let i = 1; i <= 200; i++) {
      const spec = `{"n":${i},"pad":"${'x'.repeat(i % 40 === 0 ? 6000 : 100)}"}`
      const cluster = clusterOf(i, { generation, spec, labels: new Map([['env', `e${i % 3}`]]) })
      void store.stage([put(cluster), put(statusOf(cluster, i % 2 === 0 ? 'dns' : 'validator'))])
      if (generation === 2) void store.stage([put(nodepoolOf(1000 + i, i))])
      if (i % 50 === 0) await store.settled()
    }
    await store.close()
  }
  const store = await openStore(options)
  for (let i = 1; i <= 60; i++) {
    const cluster = clusterOf(i, { generation: 7, spec: '{"tail":-0}' })
    await store.stage([put(cluster), put(statusOf(cluster, 'dns'))])
  }
  const files = { journal: readData(folder, 'journal'), snapshot: readData(folder, 'snapshot') }
  const original = { files, shown: dump(store) }
  await store.close()
  return original
}

/** A bit to flip, drawn so that meta pages and page headers get more than their share. */
export function drawFlip({ files }: Original, random: RandomStream): Damage {
  const file = random.pick(ENVIRONMENTS)
  const pages = files[file].length / PAGE_BYTES
  const kind = random.fraction()
  if (kind < 0.15) return flip(file, random.between(0, 1), random.between(0, META_BYTES * 8 - 1))
  if (kind < 0.3) return flip(file, random.between(0, pages - 1), random.between(0, HEADER_BYTES * 8 - 1))
  return flip(file, random.between(0, pages - 1), random.between(0, PAGE_BYTES * 8 - 1))
}

function flip(file: EnvironmentName, page: number, bit: number): Damage {
  return { kind: 'flip', file, bit: page * PAGE_BYTES * 8 + bit }
}

/** Both files cut at every page, and once within each of the first pages. */
export function allCuts({ files }: Original): Damage[] {
  return ENVIRONMENTS.flatMap(file => {
    const pages = files[file].length / PAGE_BYTES
    const whole = Array.from({ length: pages }, (_, page) => page * PAGE_BYTES)
    return [...whole, 1, 100, PAGE_BYTES + 100, files[file].length - 1].map(bytes => ({
      kind: 'cut' as const,
      file,
      bytes,
    }))
  })
}

/** Writes the files, one of them spoilt, into a folder. */
export function writeDamaged(folder: string, { files }: Original, damage: Damage): void {
  for (const name of ENVIRONMENTS) {
    mkdirSync(join(folder, name), { recursive: true })
    const content = name === damage.file ? spoil(files[name], damage) : files[name]
    writeFileSync(join(folder, name, 'data.mdb'), content)
  }
}

/** The files of an original as another process reads them. */
export function saveOriginal(folder: string, { files, shown }: Original): void {
  for (const name of ENVIRONMENTS) writeFileSync(join(folder, name), files[name])
  writeFileSync(join(folder, 'shown.json'), JSON.stringify(shown))
}

export function loadOriginal(folder: string): Original {
  const [journal, snapshot] = [readFileSync(join(folder, 'journal')), readFileSync(join(folder, 'snapshot'))]
  // Only saveOriginal wrote it.
  const shown = JSON.parse(readFileSync(join(folder, 'shown.json'), 'utf8')) as string[]
  return { files: { journal, snapshot }, shown }
}

function spoil(content: Buffer, damage: Damage): Buffer {
  if (damage.kind === 'cut') return content.subarray(0, damage.bytes)
  const spoilt = Buffer.from(content)
  const at = damage.bit >> 3
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (damage.bit & 7)), at)
  return spoilt
}

function readData(folder: string, name: EnvironmentName): Buffer {
  return readFileSync(join(folder, name, 'data.mdb'))
}
