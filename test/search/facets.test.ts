// Counts by the values of fields, in one slice and in many with writes, removals and renumberings between them, compared with the oracle over all
// records: random searches over random fleets. HYPERFLEET_TEST_COUNTS sets the number of counts. The long form is the proof `counts` of
// `npm run test:crash`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { type Counts, isSearchableLabelKey } from '../../src/search/search.ts'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Resource, ResourceKind } from '../../src/state/records.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { addToProofs } from '../crash/proofs.ts'
import { runSeed } from '../harness/random.ts'
import { naiveMatches } from './naive.ts'
import { naiveFacets } from './naive-facets.ts'
import { printSearch, SPEC_PATHS, searches, spellings } from './random-search.ts'
import { ADAPTERS, type Draw, drawFrom, RandomState, sampleOf } from './random-state.ts'
import { NOW, prepare } from './sample.ts'
import { type Count, countAtOnce, countInTurns } from './search-forms.ts'

const SEED = runSeed()
const COUNTS = Number(process.env.HYPERFLEET_TEST_COUNTS ?? 600)
const COUNTS_PER_FLEET = 30
const SIZES = [0, 1, 7, 70, 150, 400, 1500]
const INDEX_BUDGETS_NS = [0, 1000, 1e9]
const INDEXED_LABEL_KEYS = [1024, 1024, 1]
const SPEC_INDEXES = [[], SPEC_PATHS.map(path => `spec.${path}`)]
const ROWS_PER_STEP = [1, 2, 7, 1024]
const LIMITS = [1, 2, 3, 20, 1000]
const DAY_MS = 86_400_000
/** Bounds of buckets. Some are times of the random fleets, and some times are ahead of now. */
const AGES_MS = [
  [60_000],
  [1, 2, DAY_MS, 2 * DAY_MS],
  Array.from({ length: 32 }, (_, i) => (i + 1) * 3_600_000),
]
const FIELDS = [
  'labels.a',
  'labels.in',
  'labels.none',
  'status.conditions.Ready',
  'status.conditions.DnsSuccessful',
  'status.conditions.None',
  'generation',
  'created_by',
  'updated_by',
  'deleting',
  'created_time',
  'updated_time',
  'deleted_time',
  'status.conditions.Ready.last_updated_time',
  'status.conditions.Available.last_transition_time',
  'status.conditions.None.last_updated_time',
  'labels',
  'conditions',
  'adapters',
  'adapters.none',
  'adapters.none.last_report_time',
  ...ADAPTERS.flatMap(adapter => [`adapters.${adapter}`, `adapters.${adapter}.last_report_time`]),
  ...SPEC_PATHS.map(path => `spec.${path}`),
]

const texts = fc.tuple(searches, spellings).map(([syntax, spelling]) => printSearch(syntax, spelling))

test('contract 15.1, 15.2, 15.3, 15.5: counts are those of the oracle, as of one state, whatever is written meanwhile', async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_COUNTS=${COUNTS}`)
  const memory = new LinearMemory()
  const wasm = loadKernels(memory)
  assert.equal(wasm.kind, 'wasm', wasm.whyPlain)
  const plain = plainKernels(new LinearMemory(), 'for comparison')
  const sums: Sums = { counts: 0, fields: 0, ofTheSpec: 0, changes: 0 }
  for (let fleets = 0; sums.counts < COUNTS; fleets++)
    await compareOnOneFleet(SEED + fleets, fleets % 4 === 3 ? plain : wasm, sums)
  if (COUNTS >= 500) assert(sums.changes > 100, `${sums.changes} writes came between the turns of counts`)
  addToProofs('counts', SEED, { ...sums })
})

/** An account of the counts of a run. */
interface Sums {
  counts: number
  fields: number
  /** Counts with a path of the spec, in the search or among the fields. */
  ofTheSpec: number
  /** Writes between the turns of a count. */
  changes: number
}

async function compareOnOneFleet(seed: number, kernels: Kernels, sums: Sums): Promise<void> {
  const draw = drawFrom(seed)
  const fleet = new RandomState(pick(draw, SIZES), draw)
  const turns: (() => void)[] = []
  const index = FleetIndex.attach(fleet.state, {
    kernels,
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    maxIndexedLabelKeys: pick(draw, INDEXED_LABEL_KEYS),
    specPaths: pick(draw, SPEC_INDEXES),
    nextTurn: callback => turns.push(callback),
    slotsPerTurn: pick(draw, [1000, 100]),
  })
  const renumber = (limit: number) => {
    for (let left = draw(limit); left > 0; left--) turns.shift()?.()
  }
  const write = (limit: number) => {
    for (let writes = draw(limit); writes > 0; writes--) fleet.write()
  }
  const churnsAt = draw(COUNTS_PER_FLEET * 3)
  for (const [i, text] of sampleOf(texts, seed, COUNTS_PER_FLEET).entries()) {
    if (i === churnsAt) fleet.churn(draw(2) === 0 ? 'Cluster' : 'NodePool')
    const isBusy = draw(4) > 0
    const betweenTurns = () => {
      if (!isBusy) return
      sums.changes++
      write(4)
      renumber(3)
    }
    const kind: ResourceKind = draw(3) === 0 ? 'NodePool' : 'Cluster'
    const inTurns = countInTurns(index, kind, betweenTurns, {
      indexBudgetNs: pick(draw, INDEX_BUDGETS_NS),
      countPace: { rowsPerStep: pick(draw, ROWS_PER_STEP), slotsPerStep: 512 },
    })
    const used = kernels.memory.allocatedBytes
    const asked = randomCount(draw, kind, index, draw(3) === 0 ? '' : text)
    const where = `HYPERFLEET_TEST_SEED=${seed}, count ${i}`
    await compare(fleet, kind, asked, countAtOnce(index, kind), `${where}, at once`)
    await compare(fleet, kind, asked, inTurns, `${where}, in turns`)
    if (!isBusy) assert.equal(kernels.memory.allocatedBytes, used, `${where} frees what it takes`)
    sums.counts++
    sums.fields += asked.by.split(',').length
    if (`${asked.search} ${asked.by}`.includes('spec.')) sums.ofTheSpec++
    write(4)
    renumber(6)
  }
}

interface Asked {
  readonly search: string
  readonly by: string
  readonly limit: number
  readonly agesMs: readonly number[]
  /** Counts the nodepools of some cluster alone. */
  readonly isNested: boolean
}

function randomCount(draw: Draw, kind: ResourceKind, index: FleetIndex, search: string): Asked {
  const { labels, specs } = index.of(kind)
  const fields = kind === 'NodePool' ? [...FIELDS, 'owner_id'] : FIELDS
  const isCountable = (field: string) => {
    if (field.startsWith('labels.')) return !labels.isUnindexed(field.slice('labels.'.length))
    // It would be the time of another adapter.
    return (
      field !== 'adapters.a.last_report_time' &&
      (!field.startsWith('spec.') || specs.get(field) !== undefined)
    )
  }
  const countable = fields.filter(isCountable)
  const by = Array.from({ length: 1 + draw(5) }, () => pick(draw, countable)).join(',')
  const agesMs = pick(draw, AGES_MS)
  return { search, by, limit: pick(draw, LIMITS), agesMs, isNested: kind === 'NodePool' && draw(2) === 0 }
}

async function compare(
  { state }: RandomState,
  kind: ResourceKind,
  { search, by, limit, agesMs, isNested }: Asked,
  count: Count,
  where: string,
): Promise<void> {
  const owner = isNested ? state.living('Cluster')[0] : undefined
  const rows = owner === undefined ? state.living(kind) : [...state.nodepoolsOf(owner.id)]
  const matching = rows.filter(({ resource }) => isMatch(search, resource))
  const expected: Counts = {
    sequence: state.sequence,
    total: matching.length,
    facets: naiveFacets(matching, by, { limit, agesMs, now: NOW }),
  }
  const query = prepare({ search }, kind)
  assert(query.kind === 'query')
  const found = await count({ query, by, limit, agesMs, ownerId: owner?.id })
  assert.deepEqual(found, expected, `${where}: ${search} by ${by}`)
}

function isMatch(search: string, record: Resource): boolean {
  const parsed = search === '' ? undefined : parseSearch(search)
  assert(parsed?.kind !== 'fault')
  return parsed === undefined || naiveMatches(parsed.syntax, record, NOW)
}

function pick<T>(draw: Draw, choices: readonly T[]): T {
  const chosen = choices[draw(choices.length)]
  if (chosen === undefined) throw new Error('nothing to choose from')
  return chosen
}
