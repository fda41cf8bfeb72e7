// Reads while a change of a cluster and its nodepools is applied in slices, compared with a fleet that applies it at once: each answer is that of
// the fleet before the change or after it, and never one in between (contract 4.8, 5.7, 7.1, 11.4, 12.3, 12.4, 12.11, 15.1).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OpenReads } from '../../src/http/admission/open-reads.ts'
import type { Call, OperationHandler, Reply } from '../../src/http/call.ts'
import { EntityTags } from '../../src/http/entity-tags.ts'
import { createFacets } from '../../src/http/facets.ts'
import { HeldReads } from '../../src/http/held-reads.ts'
import { createReads } from '../../src/http/reads.ts'
import { copyOf } from '../../src/http/transport/answer.ts'
import { WaitingReads } from '../../src/http/waiting-reads.ts'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { createSearches, isSearchableLabelKey, Turns } from '../../src/search/search.ts'
import { encodePut } from '../../src/state/document.ts'
import { type Put, resourceOf } from '../../src/state/put.ts'
import type { Resource, ResourceKind } from '../../src/state/records.ts'
import type { Watch, Watches } from '../../src/watch/watches.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Random, runSeed } from '../harness/random.ts'
import { newConditions, StateBuilder } from '../harness/state.ts'
import { createWatches, promises, wholeWatch } from '../harness/watch.ts'
import { NOW } from '../search/sample.ts'
import { clusterOf, idOf, nodepoolOf, put, statusOf } from '../store/samples.ts'
import { ManualTiming } from '../watch/manual-timing.ts'

const FAMILY = 1
const OTHER = 2
const FIRST_POOL = 100
const OTHER_POOL = 1000
const SPECS = ['{"n":1}', '{"n":2}', '{}'] as const
const ENVS = ['dev', 'prod'] as const

type Operation = keyof ReturnType<typeof createReads> | keyof ReturnType<typeof createFacets>

interface Question {
  readonly operation: Operation
  readonly parameters: readonly string[]
  readonly query: string
  /** True if the read could see a part of the change. */
  readonly isConcerned: boolean
}

/** A fleet with handlers of reads, without a transport. Its turns of the event loop are run by a test. */
class ReadFleet {
  readonly builder = new StateBuilder()
  readonly timing = new ManualTiming()
  readonly watches: Watches
  readonly #turns: (() => void)[] = []
  readonly #handlers: Readonly<Record<Operation, OperationHandler>>
  readonly #searches
  #tick = 0

  constructor() {
    const { state } = this.builder
    const kernels = loadKernels(new LinearMemory())
    const index = FleetIndex.attach(state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey })
    const nextTurn = (callback: () => void) => this.#turns.push(callback)
    // Each look at the clock takes a millisecond, so that a search ends its turn with each of its steps.
    const turns = new Turns({ nowMs: () => this.#tick++, nextTurn })
    const searches = createSearches(index, { turns, clock: () => NOW, nowMs: () => 0 })
    this.#searches = searches
    this.watches = createWatches({ state, searches, timing: this.timing, clock: () => NOW })
    const openReads = new OpenReads({
      openReads: 1000,
      openReadsPerClient: 1000,
      openSearches: 1000,
      openRelativeSearches: 1000,
    })
    const held = new HeldReads({ state, nextTurn })
    const clientAddress = () => '127.0.0.1'
    this.#handlers = {
      ...createReads({
        state,
        searches,
        held,
        pageLimits: { pageSizeDefault: 20, pageSizeMax: 1000 },
        tags: new EntityTags('a history'),
        waiting: new WaitingReads({ state, openReads, nowMs: () => performance.now(), random: () => 0 }),
        watching: {
          watches: this.watches,
          openReads,
          clientAddress,
          nowMs: () => 0,
          randomInteger: min => min,
        },
        clientAddress,
        clock: () => NOW,
      }),
      ...createFacets({ state, searches, held }),
    }
  }

  ask({ operation, parameters, query }: Question, known?: string): Asked {
    const request = {
      method: 'GET',
      path: `/${operation}/${parameters.join('/')}`,
      query,
      aborted: false,
      peer: () => '127.0.0.1',
      values: (name: string) => (name === 'if-none-match' && known !== undefined ? [known] : []),
      header: (name: string) => (name === 'if-none-match' ? known : undefined),
      wait: () => {},
      body: () => assert.fail('a read has no body'),
    }
    const call: Call = {
      request,
      requestId: 'a request',
      parameters,
      subject: undefined,
      caller: undefined,
      expiresMs: Number.POSITIVE_INFINITY,
      span: undefined,
    }
    return new Asked(this.#handlers[operation](call))
  }

  /** Opens a watch. Returns the lines that it is sent. */
  watch(kind: ResourceKind, ownerId: string | undefined, search: string): WatchLines {
    const query = this.#searches[kind].prepare({ search })
    if (query.kind === 'fault') throw new Error(query.fault.detail)
    const client = new WatchLines()
    const output = {
      write: (bytes: Buffer) => {
        client.lines.push(...bytes.toString('utf8').split('\n').slice(0, -1))
        return !client.isFull
      },
      end: () => watch.over(),
      cutOff: () => watch.over(),
    }
    const watch: Watch = this.watches.open(wholeWatch({ subject: { kind, ownerId, search }, query, output }))
    client.ready = () => watch.ready()
    return client
  }

  /** Runs the next turn of searches and held reads. Returns whether there was anything to do. */
  async turn(): Promise<boolean> {
    const due = this.#turns.splice(0)
    for (const callback of due) callback()
    await promises()
    return due.length > 0 || this.#turns.length > 0
  }

  async settle(): Promise<void> {
    await promises()
    while (await this.turn());
  }
}

class WatchLines {
  readonly lines: string[] = []
  isFull = false
  ready = () => {}
}

/** A read and its answer, as text, once it is there. */
class Asked {
  text: string | undefined

  constructor(reply: Reply | Promise<Reply>) {
    if (reply instanceof Promise)
      void reply.then(late => {
        this.text = textOf(late)
      })
    else this.text = textOf(reply)
  }
}

function textOf(reply: Reply): string {
  switch (reply.kind) {
    case 'document': {
      const body = copyOf(reply.body).toString()
      // The plan of a search depends on the searches before it.
      const shown = body.startsWith('{"kind":"QueryPlan"') ? JSON.parse(body).total : body
      return JSON.stringify([reply.status, reply.tag, reply.sequence, shown])
    }
    case 'problem':
      return JSON.stringify([reply.code, reply.detail, reply.sequence])
    default:
      return JSON.stringify([reply.kind])
  }
}

const SEARCHES = [
  '',
  'generation = 1',
  'generation > 1 or name = "pool-101"',
  "labels.env = 'prod'",
  "not labels.env = 'prod' and generation < 3",
  "deleted_by = 'eve@example.com'",
  "status.conditions.Ready = 'False'",
  'spec.n = 1 and generation = 1',
  'spec.n > 1 or generation = 2',
] as const
const ORDERS = ['', '&orderBy=name%20asc', '&orderBy=updated_time%20desc', '&page=2&pageSize=3'] as const

function questions(random: Random, pools: number): Question[] {
  const [family, other] = [idOf(FAMILY), idOf(OTHER)]
  const pool = idOf(FIRST_POOL + random.below(pools))
  const foreign = idOf(OTHER_POOL + random.below(3))
  const list = () => `search=${encodeURIComponent(random.of(SEARCHES))}${random.of(ORDERS)}`
  const count = () => `search=${encodeURIComponent(random.of(SEARCHES))}&by=generation,labels.env,updated_by`
  const concerned = (operation: Operation, parameters: string[], query = ''): Question => {
    return { operation, parameters, query, isConcerned: true }
  }
  const free = (operation: Operation, parameters: string[], query = ''): Question => {
    return { operation, parameters, query, isConcerned: false }
  }
  return [
    concerned('getNodePoolById', [pool]),
    concerned('getNodePoolById', [idOf(77)]),
    concerned('getClusterNodePoolById', [family, pool]),
    concerned('getNodePoolStatuses', [family, pool]),
    concerned('getFlatNodePoolStatuses', [pool]),
    concerned('getNodePools', [], list()),
    concerned('getNodePools', [], list()),
    concerned('getNodePoolsByClusterId', [family], list()),
    concerned('getNodePoolFacets', [], count()),
    concerned('getNodePoolFacetsByClusterId', [family], count()),
    concerned('explainNodePools', [], list()),
    free('getClusterById', [family]),
    free('getClusterStatuses', [family]),
    free('getClusters', [], list()),
    free('getClusterFacets', [], count()),
    free('explainClusters', [], list()),
    free('getNodePoolById', [foreign]),
    free('getClusterNodePoolById', [other, foreign]),
    free('getNodePoolStatuses', [other, foreign]),
    free('getNodePoolsByClusterId', [other], list()),
    free('getNodePoolFacetsByClusterId', [other], count()),
  ]
}

function marked(resource: Resource): Put {
  const times = { updatedTime: resource.createdTime + 9n, deletedTime: resource.createdTime + 9n }
  const conditions = newConditions(resource.kind, resource.createdTime + 9n)
  const by = { updatedBy: 'eve@example.com', deletedBy: 'eve@example.com' }
  return put({ ...resource, ...times, ...by, generation: resource.generation + 1, conditions })
}

function removal({ kind, id }: Resource): Put {
  return { kind: 'removal', resource: { kind, id }, time: undefined }
}

/** Two fleets with a family and another cluster with its nodepools. */
function twoFleets(random: Random, pools: number): { fleets: [ReadFleet, ReadFleet]; family: Resource[] } {
  const some = (resource: Resource): Resource => {
    const labels = random.chance(0.7) ? new Map([['env', random.of(ENVS)]]) : undefined
    const conditions = newConditions(resource.kind, resource.createdTime)
    return { ...resource, labels, spec: random.of(SPECS), conditions }
  }
  const cluster = some(clusterOf(FAMILY))
  const family = [
    cluster,
    ...Array.from({ length: pools }, (_, i) => some(nodepoolOf(FIRST_POOL + i, FAMILY))),
  ]
  const others = [clusterOf(OTHER), ...[0, 1, 2].map(i => nodepoolOf(OTHER_POOL + i, OTHER))].map(some)
  const records = [cluster, ...shuffled(random, [...family.slice(1), ...others.slice(1)])]
  const statuses = records.filter(() => random.chance(0.5)).map(each => statusOf(each, 'dns'))
  const fleets: [ReadFleet, ReadFleet] = [new ReadFleet(), new ReadFleet()]
  for (const { builder } of fleets) {
    for (const each of [others[0], ...records]) if (each !== undefined) builder.put(each)
    for (const each of statuses) builder.put(each)
  }
  return { fleets, family }
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  return items
    .map(item => ({ item, place: random.word() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

/** A change as cascades make it. */
function changeOf(random: Random, [cluster, ...pools]: readonly Resource[]): Put[] {
  assert(cluster !== undefined)
  const removed = random.chance(0.5) ? pools : pools.filter(() => random.chance(0.3))
  const kept = pools.filter(pool => !removed.includes(pool))
  const gone = removed.toReversed().map(removal)
  return kept.length === 0 ? [...gone, removal(cluster)] : [...kept.map(marked), marked(cluster), ...gone]
}

/** The slices of a change. */
function slicesOf({ builder: { state, sequence } }: ReadFleet, puts: readonly Put[], records: number) {
  const placed = puts.map(each => encodePut(each, state.resourceById(resourceOf(each).id)?.number ?? 0))
  const change = { sequence: sequence + 1, latestTime: undefined, puts: placed }
  return state.applyInSlices(change, idOf(FAMILY), records)
}

function watchesOf(fleet: ReadFleet): WatchLines[] {
  const watches = [
    fleet.watch('NodePool', undefined, ''),
    fleet.watch('NodePool', undefined, 'generation = 1'),
    fleet.watch('NodePool', idOf(FAMILY), "labels.env = 'prod'"),
    fleet.watch('NodePool', idOf(OTHER), ''),
    fleet.watch('Cluster', undefined, ''),
    // A client that takes nothing until the change is being applied.
    fleet.watch('NodePool', idOf(FAMILY), 'generation = 1'),
  ]
  const slow = watches.at(-1)
  if (slow !== undefined) slow.isFull = true
  return watches
}

async function compareWhileApplied(random: Random): Promise<{ slices: number; held: number }> {
  const pools = 4 + random.below(12)
  const { fleets, family } = twoFleets(random, pools)
  const [sliced, whole] = fleets
  const [watches, expected] = fleets.map(watchesOf)
  assert(watches !== undefined && expected !== undefined)
  for (const fleet of fleets) await settleAll(fleet)
  for (const lines of [...watches, ...expected]) lines.lines.length = 0
  const before = async (question: Question) => {
    const asked = whole.ask(question)
    await whole.settle()
    return asked.text ?? ''
  }
  const puts = changeOf(random, family)
  // Searches that began before the change, more than may be under way at once.
  const scan = { operation: 'getNodePools', parameters: [], isConcerned: true } as const
  const early = Array.from({ length: 8 }, (_, i) => {
    const query = `search=${encodeURIComponent(random.of(['spec.n = 1', 'spec.n > 1 or generation = 2']))}&pageSize=${i + 1}`
    const question = { ...scan, query }
    return { question, asked: sliced.ask(question), before: '' }
  })
  for (const each of early) each.before = await before(each.question)
  const first = { ...scan, query: 'pageSize=5' }
  const waiting = sliced.ask({ ...first, query: 'pageSize=5&wait=30s' }, JSON.parse(await before(first))[1])
  const held: { question: Question; asked: Asked }[] = []
  let slices = 0
  const steps = slicesOf(sliced, puts, 1 + random.below(5))
  while (!steps.next().done) {
    slices++
    assert.equal(sliced.builder.state.sequence, sliced.builder.sequence)
    for (const question of questions(random, pools)) {
      const asked = sliced.ask(question)
      if (question.isConcerned) held.push({ question, asked })
      else {
        while (asked.text === undefined) await sliced.turn()
        assert.equal(asked.text, await before(question), JSON.stringify(question))
      }
    }
    if (random.chance(0.5)) await sliced.turn()
    watches.at(-1)?.ready()
    sliced.timing.pass(random.below(3) * 10_000)
    sliced.timing.settle()
    assert.deepEqual(
      held.flatMap(({ asked }) => asked.text ?? []),
      [],
    )
    assert.deepEqual(
      watches.map(({ lines }) => lines),
      watches.map(() => []),
    )
    assert.equal(waiting.text, undefined)
  }
  whole.builder.apply(...puts)
  watches.at(-1)?.ready()
  expected.at(-1)?.ready()
  for (const client of [watches.at(-1), expected.at(-1)]) if (client !== undefined) client.isFull = false
  for (const fleet of fleets) await settleAll(fleet)
  for (const { question, asked } of held)
    assert.equal(asked.text, await before(question), JSON.stringify(question))
  for (const { question, asked, before: old } of early) {
    const after = await before(question)
    assert.ok(
      asked.text === old || asked.text === after,
      `${question.query}: ${asked.text}\n${old}\n${after}`,
    )
  }
  for (const [i, { lines }] of watches.entries())
    assert.deepEqual(eventsOf(lines), eventsOf(expected[i]?.lines ?? []), `watch ${i}`)
  // A look may take turns of its own.
  for (; waiting.text === undefined; await sliced.settle())
    await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(waiting.text, await before(first))
  return { slices, held: held.length }
}

async function settleAll(fleet: ReadFleet): Promise<void> {
  await fleet.settle()
  fleet.timing.pass(20_000)
  fleet.timing.settle()
  await fleet.settle()
  fleet.timing.pass(20_000)
  fleet.timing.settle()
}

/** The events about resources in any order, and the last bookmark. */
function eventsOf(lines: readonly string[]): string[] {
  const bookmarks = lines.filter(line => line.includes('"BOOKMARK"'))
  return [...lines.filter(line => !bookmarks.includes(line)).sort(), bookmarks.at(-1) ?? '']
}

test('a change in slices is seen as a whole by GET, lists, searches, counts, plans, watches and waiting reads (contract 4.8, 5.7, 7.1, 11.4, 12.3, 12.4, 12.11, 15.1)', {
  timeout: TEST_HANGS_AFTER_MS,
}, async () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  for (let round = 0; round < 12; round++) {
    const { slices, held } = await compareWhileApplied(random)
    assert.ok(slices > 0 && held > 0)
  }
})
