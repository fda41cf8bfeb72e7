// Random decisions with deletions while commits are under way, are refused, and settings change: against the naive oracle
// (contract 1.5, 4.8, 11.3, 11.6, 11.8, 11.11, 11.12). A short run by default; HYPERFLEET_TEST_LONG=1 takes 20,000 decisions.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServerClock } from '../../src/fleet/clock.ts'
import { COMPATIBILITIES } from '../../src/fleet/conditions.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { RESOURCE_KINDS } from '../../src/state/records.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Random, runSeed } from '../harness/random.ts'
import { idOf } from '../store/samples.ts'
import { answerOf, type Decision, nextDecision, send } from './fleet-decisions.ts'
import { type Answer, Operations } from './fleet-operations.ts'
import { FleetOracle, type OracleSetting } from './fleet-oracle.ts'
import { HeldStore, settle } from './held-store.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
const DECISIONS = IS_LONG ? 20_000 : 800
const SEED = runSeed()

interface Asked {
  readonly what: string
  readonly operation: Decision
  /** The answer, if all that it rests on becomes durable. */
  readonly expected: Answer
  readonly nowMs: number
  answer: Answer | undefined
}

class Run {
  readonly #random: Random
  readonly #operations: Operations
  readonly #store = new HeldStore()
  readonly #oracle: FleetOracle
  /** The oracle as of the end of each staged group, and before the first of them. */
  #ends: FleetOracle[]
  #asked: Asked[] = []
  #fleet: Fleet
  #lastId = 0
  #nowMs = Date.UTC(2026, 2, 1, 12)
  readonly counts = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
    this.#operations = new Operations(random)
    this.#oracle = new FleetOracle(this.#anySetting())
    this.#ends = [this.#oracle.copy()]
    this.#fleet = this.#start()
  }

  /** Decides one operation, or moves the commits on. */
  async step(n: number): Promise<void> {
    const random = this.#random
    this.#nowMs += random.of([0, 0, 1, 1000])
    this.#decide(n)
    const dice = random.below(100)
    if (dice < 30) await this.#commitAll()
    else if (dice < 45) this.#split()
    else if (dice < 50) await this.#refuse()
    else if (dice < 65) await this.#checkEarlyAnswers()
    if (random.chance(0.005)) await this.#restart()
  }

  async finish(): Promise<void> {
    await this.#commitAll()
  }

  #decide(n: number): void {
    const operation = nextDecision(this.#operations, this.#oracle, this.#nowMs)
    const outcome = send(this.#fleet, operation)
    const newId = () => idOf(this.#lastId)
    const expected = this.#oracle.answer(operation, this.#nowMs, newId)
    const what = `decision ${n}: ${JSON.stringify(operation)}`
    const asked: Asked = { what, operation, expected, nowMs: this.#nowMs, answer: undefined }
    this.#asked.push(asked)
    void outcome.then(given => {
      asked.answer = answerOf(operation, given)
    })
  }

  #split(): void {
    this.#store.split()
    this.#ends.push(this.#oracle.copy())
  }

  async #commitAll(): Promise<void> {
    for (const end of [...this.#ends.slice(1), this.#oracle.copy()]) {
      this.#store.commit()
      assertSame(this.#store, end)
    }
    this.#ends = [this.#oracle.copy()]
    await settle()
    for (const { what, answer, expected } of this.#asked) this.#assertAnswer(what, answer, expected)
    this.#asked = []
  }

  /** Nothing that was staged has happened. What had been answered rested on durable versions alone. */
  async #refuse(): Promise<void> {
    await this.#checkEarlyAnswers()
    this.#store.refuse()
    await settle()
    for (const { what, answer, expected } of this.#asked)
      this.#assertAnswer(what, answer, answer?.status === 503 ? { status: 503 } : expected)
    this.#asked = []
    const [durable] = this.#ends
    assert.ok(durable !== undefined)
    this.#oracle.become(durable)
    this.#ends = [durable.copy()]
    assertSame(this.#store, this.#oracle)
  }

  /** An answer before the next commit is right for the durable state, and changes nothing in it (contract 4.8). */
  async #checkEarlyAnswers(): Promise<void> {
    await settle()
    const [durable] = this.#ends
    assert.ok(durable !== undefined)
    for (const { what, operation, answer, expected, nowMs } of this.#asked) {
      if (answer === undefined) continue
      this.#assertAnswer(what, answer, expected)
      const after = durable.copy()
      const alone = after.answer(operation, nowMs, () => idOf(999_999_999))
      this.#assertAnswer(`early ${what}`, answer, alone)
      assert.deepEqual(after.documents(), durable.documents(), `early ${what}`)
    }
  }

  async #restart(): Promise<void> {
    await this.#commitAll()
    this.#oracle.setting = this.#anySetting()
    this.#ends = [this.#oracle.copy()]
    this.#fleet = this.#start()
  }

  #anySetting(): OracleSetting {
    const lists = [[], [], ['dns'], ['dns', 'validator'], ['3scale', 'pool', 'dns']]
    return {
      compatibility: this.#random.of(COMPATIBILITIES),
      required: { Cluster: this.#random.of(lists), NodePool: this.#random.of(lists) },
    }
  }

  #start(): Fleet {
    const { compatibility, required } = this.#oracle.setting
    return new Fleet({
      store: this.#store,
      clock: createServerClock(() => this.#nowMs, undefined),
      ids: { next: () => idOf(++this.#lastId) },
      limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
      compatibility,
      requiredAdapters: required,
      hasRoom: () => true,
      onEvent: () => {},
    })
  }

  #assertAnswer(what: string, answer: Answer | undefined, expected: Answer): void {
    assert.equal(JSON.stringify(answer), JSON.stringify(expected), what)
    const key = `${answer?.status} ${answer?.code ?? ''}`.trim()
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
  }
}

/** The visible state is exactly what the oracle holds, in the same order. */
function assertSame({ state }: HeldStore, oracle: FleetOracle): void {
  const shown = RESOURCE_KINDS.flatMap(kind => state.living(kind)).flatMap(({ json, statuses }) => [
    json.toString(),
    ...statuses.map(status => status.json.toString()),
  ])
  assert.deepEqual(shown, oracle.documents())
}

test('random decisions are answered as by the oracle, whatever is durable (contract 1.5, 4.8, 11.3, 11.6, 11.8, 11.11, 11.12)', {
  timeout: TEST_HANGS_AFTER_MS * (IS_LONG ? 10 : 1),
}, async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const run = new Run(new Random(SEED))
  for (let n = 0; n < DECISIONS; n++) await run.step(n)
  await run.finish()
  const seen = [...run.counts.keys()]
  for (const key of ['200', '201', '202', '204', '503', '409 HYPERFLEET-CNF-001', '409 HYPERFLEET-CNF-003'])
    assert.ok(seen.includes(key), `no answer ${key}`)
})
