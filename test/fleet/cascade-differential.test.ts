// Cascades decided and applied one record in a turn, between random writes: answered, and stored, as by the naive oracle that decides everything at once and
// in the order of arrival (contract 4.8, 5.7, 11.3, 11.4, 11.6, 11.8, 11.11, 11.12). A short run by default; HYPERFLEET_TEST_LONG=1 takes 20,000
// decisions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServerClock } from '../../src/fleet/clock.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { concerns } from '../../src/state/fleet-state.ts'
import { RESOURCE_KINDS } from '../../src/state/records.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Random, runSeed } from '../harness/random.ts'
import { idOf } from '../store/samples.ts'
import { answerOf, type Decision, nextDecision, send } from './fleet-decisions.ts'
import { type Address, type Answer, Operations } from './fleet-operations.ts'
import { FleetOracle } from './fleet-oracle.ts'
import { HeldStore, settle } from './held-store.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
const DECISIONS = IS_LONG ? 20_000 : 1500
const UNKNOWN_ID = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'
/** The id that the fleet gives to the number it creates. It differs from the oracle's, because waiting creations are decided later. */
const fleetIdOf = (created: number) => idOf(10_000_000 + created)

interface Asked {
  readonly number: number
  readonly operation: Decision
  answer: Answer | undefined
}

class Run {
  readonly #random: Random
  readonly #operations: Operations
  readonly #store = new HeldStore()
  /** The turns that cascades wait for. */
  readonly #turns: (() => void)[] = []
  /** The oracle as of the last rest, and with everything asked since. */
  #base: FleetOracle
  #oracle: FleetOracle
  #asked: Asked[] = []
  readonly #fleet: Fleet
  #number = 0
  #created = 0
  #nowMs = Date.UTC(2026, 2, 1, 12)
  /** The oracle's ids by the fleet's, and the other way round. */
  readonly #oracleIds = new Map<string, string>()
  readonly #fleetIds = new Map<string, string>()
  readonly counts = new Map<string, number>()
  /** Turns that cascades have taken. */
  turns = 0
  /** Looks at the state between two slices of an application. */
  slices = 0

  constructor(random: Random) {
    this.#random = random
    this.#operations = new Operations(random)
    const required = random.of([[], ['dns'], ['dns', 'validator']])
    const setting = {
      compatibility: random.of(['documents', 'both'] as const),
      required: { Cluster: required, NodePool: required },
    }
    this.#base = new FleetOracle(setting)
    this.#oracle = this.#base.copy()
    this.#fleet = new Fleet({
      store: this.#store,
      clock: createServerClock(() => this.#nowMs, undefined),
      ids: { next: () => fleetIdOf(++this.#created) },
      limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
      compatibility: setting.compatibility,
      requiredAdapters: setting.required,
      hasRoom: () => true,
      onEvent: () => {},
      cascades: { maxNodepoolsAtOnce: 0, recordsPerTurn: 1, nextTurn: turn => this.#turns.push(turn) },
    })
  }

  async step(): Promise<void> {
    const random = this.#random
    this.#ask()
    const dice = random.below(100)
    if (dice < 30) await this.#turn()
    else if (dice < 40) this.#commit()
    else if (dice < 45) this.#store.split()
    else if (dice < 50) this.#store.refuse()
    else if (dice < 54) await this.#rest()
    else if (dice < 57) this.#deleteLarge()
    if (random.chance(0.3)) await settle()
    this.#assertWhole()
  }

  async finish(): Promise<void> {
    await this.#rest()
    await this.#fleet.close()
  }

  /** Asks for something about resources whose creation has been answered. */
  #ask(): void {
    this.#askFor(nextDecision(this.#operations, this.#oracle, this.#nowMs))
  }

  /** Deletes a cluster after it has got some nodepools more. */
  #deleteLarge(): void {
    const clusters = this.#oracle.resources('Cluster')
    if (clusters.length === 0) return
    const clusterId = this.#random.of(clusters).id
    for (const name of ['first', 'second', 'third', 'fourth', 'fifth'])
      this.#askFor({ kind: 'create', clusterId, name, spec: {}, labels: undefined })
    this.#askFor({ kind: 'delete', address: { kind: 'Cluster', id: clusterId } })
  }

  #askFor(operation: Decision): void {
    if (idsIn(operation).some(id => id !== UNKNOWN_ID && !this.#fleetIds.has(id))) return
    const asked: Asked = { number: ++this.#number, operation, answer: undefined }
    this.#asked.push(asked)
    this.#oracle.answer(operation, this.#nowMs, () => idOf(asked.number))
    void send(this.#fleet, this.#inFleet(operation)).then(outcome => {
      if (operation.kind === 'create' && outcome.kind === 'stored')
        this.#note(outcome.resourceId, asked.number)
      asked.answer = answerOf(operation, outcome)
    })
  }

  async #turn(): Promise<void> {
    const turn = this.#turns.shift()
    if (turn !== undefined) this.turns++
    turn?.()
    await settle()
    this.#assertWhole()
  }

  #commit(): void {
    this.#store.commit()
    this.#assertWhole()
  }

  /** Lets everything be decided and durable, and compares it with the oracle. */
  async #rest(): Promise<void> {
    while (this.#asked.some(({ answer }) => answer === undefined)) {
      await this.#turn()
      this.#commit()
    }
    const oracle = this.#base.copy()
    for (const { number, operation, answer } of this.#asked) {
      const what = `decision ${number}: ${JSON.stringify(operation)}`
      const key = `${answer?.status} ${answer?.code ?? ''}`.trim()
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
      // A refused write has not happened.
      if (answer?.status === 503) continue
      const expected = oracle.answer(operation, this.#nowMs, () => idOf(number))
      assert.equal(this.#inOracle(JSON.stringify(answer)), JSON.stringify(expected), what)
    }
    assert.deepEqual(this.#documents().sort(), oracle.documents().sort())
    this.#asked = []
    this.#base = oracle
    this.#oracle = oracle.copy()
    this.#nowMs += this.#random.of([1, 1000])
  }

  /** A poll sees nothing or all of a cascade. While one is applied, no read is about its nodepools. */
  #assertWhole(): void {
    const { state } = this.#store
    const { application } = state
    const isHeld = (clusterId: string) =>
      application !== undefined && concerns(application, 'NodePool', clusterId)
    if (application !== undefined) this.slices++
    for (const { id, isMarked } of state.living('Cluster'))
      for (const nodepool of isHeld(id) ? [] : state.nodepoolsOf(id))
        assert.ok(nodepool.isMarked || !isMarked, `nodepool ${nodepool.id} of ${id} is not marked`)
    for (const { id, ownerId = '' } of state.living('NodePool'))
      assert.ok(state.resource('Cluster', ownerId) !== undefined, `nodepool ${id} has lost its cluster`)
  }

  #documents(): string[] {
    const entries = RESOURCE_KINDS.flatMap(kind => this.#store.state.living(kind))
    return entries.flatMap(({ json, statuses }) => [
      this.#inOracle(json.toString()),
      ...statuses.map(status => status.json.toString()),
    ])
  }

  #note(fleetId: string, number: number): void {
    this.#oracleIds.set(fleetId, idOf(number))
    this.#fleetIds.set(idOf(number), fleetId)
  }

  #inOracle(text: string): string {
    return text.replace(/2[0-9a-z]{26}/g, id => this.#oracleIds.get(id) ?? id)
  }

  #inFleet(operation: Decision): Decision {
    const idIn = (id: string) => this.#fleetIds.get(id) ?? UNKNOWN_ID
    if (operation.kind === 'create')
      return operation.clusterId === undefined
        ? operation
        : { ...operation, clusterId: idIn(operation.clusterId) }
    const { address } = operation
    const inFleet: Address =
      address.kind === 'Cluster'
        ? { kind: 'Cluster', id: idIn(address.id) }
        : { ...address, clusterId: address.clusterId && idIn(address.clusterId), id: idIn(address.id) }
    return { ...operation, address: inFleet }
  }
}

/** The ids that an operation names. */
function idsIn(operation: Decision): string[] {
  if (operation.kind === 'create') return operation.clusterId === undefined ? [] : [operation.clusterId]
  const { address } = operation
  return address.kind === 'Cluster' || address.clusterId === undefined
    ? [address.id]
    : [address.clusterId, address.id]
}

test('cascades in turns are answered and stored as by the oracle, whatever is written meanwhile (contract 4.8, 5.7, 11.3, 11.4, 11.6, 11.8, 11.11, 11.12)', {
  timeout: TEST_HANGS_AFTER_MS * (IS_LONG ? 10 : 1),
}, async () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  const runs = Array.from({ length: 3 }, () => new Run(random))
  for (const run of runs) {
    for (let n = 0; n < DECISIONS / runs.length; n++) await run.step()
    await run.finish()
  }
  const seen = new Set(runs.flatMap(({ counts }) => [...counts.keys()]))
  for (const key of ['200', '201', '202', '204', '503', '409 HYPERFLEET-CNF-001', '409 HYPERFLEET-CNF-003'])
    assert.ok(seen.has(key), `no answer ${key}`)
  const [turns, slices] = runs.reduce(([t, s], run) => [t + run.turns, s + run.slices], [0, 0])
  assert.ok(turns > 0, `all cascades took ${turns} turns`)
  assert.ok(slices > 0, 'no cascade was applied in slices')
})
