// Data folders with a fleet, written as a checkpoint writes them. A million clusters then take no million requests.
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { encodeRecords } from '../../src/state/document.ts'
import { FORMAT } from '../../src/store/codec.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { type Fold, Snapshot } from '../../src/store/snapshot/snapshot.ts'
import { clusterId, createClusterRecords, createdTime, type FleetShape } from './fleet.ts'

const KEPT = 'hyperfleet-load'
const DEADLINE_MS = 60_000
const CLUSTERS_PER_COMMIT = 1000
/** Identity of a first start. */
const IDENTITY = { store: 'load', epoch: 1 }

/** Folders of one run. */
export class FleetFolders {
  /** Parent of all of them. */
  readonly root: string
  readonly #isKept: boolean
  readonly #own: string[] = []

  /**
   * @param parent a folder on the disk to be measured
   * @param isKept true to keep the fleets for the next run, which finds them by name
   */
  constructor(parent: string, isKept: boolean) {
    this.#isKept = isKept
    this.root = isKept ? join(parent, KEPT) : mkdtempSync(join(parent, `${KEPT}-`))
    mkdirSync(this.root, { recursive: true })
  }

  /** Creates an empty folder. */
  empty(): string {
    const path = mkdtempSync(join(this.root, 'run-'))
    this.#own.push(path)
    return path
  }

  /** Folder with a fleet, from which copies are made. */
  async #original(shape: FleetShape): Promise<string> {
    const path = join(this.root, `fleet-${FORMAT}-${shape.clusters}-${shape.statuses}`)
    if (existsSync(path)) return path
    const part = `${path}.part`
    rmSync(part, { recursive: true, force: true })
    await writeFleet(part, shape)
    renameSync(part, path)
    return path
  }

  /** Folder with a fleet for one server. */
  async copy(shape: FleetShape): Promise<string> {
    const original = await this.#original(shape)
    const path = this.empty()
    cpSync(original, path, { recursive: true })
    return path
  }

  remove(path: string): void {
    rmSync(path, { recursive: true, force: true })
  }

  /** Removes everything that is not kept. */
  close(): void {
    for (const path of this.#isKept ? this.#own : [this.root]) this.remove(path)
  }
}

/** Writes every record as older than the first journal entry. */
async function writeFleet(path: string, shape: FleetShape): Promise<void> {
  const journal = openJournal(join(path, 'journal'), DEADLINE_MS)
  await journal.identify(IDENTITY)
  await journal.close()
  const snapshot = new Snapshot(join(path, 'snapshot'), DEADLINE_MS)
  await snapshot.create(IDENTITY)
  const last = shape.clusters - 1
  const watermarks = { latestTime: createdTime(last), latestId: clusterId(last) }
  const records = createClusterRecords(shape)
  for (let from = 0; from <= last; from += CLUSTERS_PER_COMMIT) {
    const folds: Fold[] = []
    const end = Math.min(from + CLUSTERS_PER_COMMIT, shape.clusters)
    for (let number = from; number < end; number++) folds.push(...foldsOf(number, records))
    await snapshot.fold(folds, watermarks)
  }
  await snapshot.complete(0, { ...watermarks, removalsAfter: 0 })
  await snapshot.close()
}

function foldsOf(number: number, records: ReturnType<typeof createClusterRecords>): Fold[] {
  return records(number).flatMap((put, place) =>
    // The slot of a cluster is its number; a status has its place within its cluster.
    encodeRecords(put, put.kind === 'resource' ? number : place - 1, 0).records.map(({ key, body }) => {
      return { key, sequence: 0, body, replaces: undefined }
    }),
  )
}
