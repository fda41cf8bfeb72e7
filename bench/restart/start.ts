// Start of a server, reduced to the parts that grow with the fleet: opening and loading the data folder, and building
// the indexes.
import { randomUUID } from 'node:crypto'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import type { CheckpointLimits } from '../../src/store/snapshot/checkpoint.ts'
import { openStore, type Store, type StoreEvent } from '../../src/store/store.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import type { Load } from './load.ts'

const NEVER: CheckpointLimits = {
  maxJournalEntries: Number.MAX_SAFE_INTEGER,
  maxJournalBytes: Number.MAX_SAFE_INTEGER,
  maxJournalAgeMs: 2 ** 31 - 1,
}

export interface Started {
  readonly store: Store
  readonly index: FleetIndex
}

/** Opens the folder with a checkpoint after so many entries, or none. */
export async function start(
  path: string,
  maxJournalEntries = NEVER.maxJournalEntries,
  onEvent: (event: StoreEvent) => void = () => {},
): Promise<Started> {
  const store = await openStore({
    path,
    commitDeadlineMs: 600_000,
    checkpoint: { ...NEVER, maxJournalEntries },
    monotonicMs: () => performance.now(),
    randomId: randomUUID,
    onFatal: error => {
      throw error
    },
    onEvent,
  })
  const kernels = loadKernels(new LinearMemory())
  return {
    store,
    index: await FleetIndex.attachInTurns(store.state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey }),
  }
}

/** Counts the records of the snapshot and of the journal after it. */
export async function measureStart(path: string): Promise<Load> {
  const startMs = performance.now()
  const { store } = await start(path)
  const durationMs = performance.now() - startMs
  const { state } = store
  const records = state.resources('Cluster').length + state.statusCount + store.journalInfo.entries
  return { durationMs, records, bytes: state.bytes, rssBytes: process.memoryUsage.rss() }
}
