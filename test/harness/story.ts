// A resource and what happens to it, with times in seconds since its creation; after each event tests hold its
// conditions to what the contract says (contract, section 6).
import assert from 'node:assert/strict'
import { at, type Bench, START_MS } from './bench.ts'
import { report } from './client.ts'

/** A condition as a test writes it down; the times are in seconds. */
export interface ExpectedCondition {
  readonly status: 'True' | 'False'
  readonly generation: number
  readonly reason?: string
  readonly message?: string
  readonly created?: number
  readonly updated: number
  readonly transition: number
}

/** Stories on one server follow each other in time, for its clock never goes back. */
const STORY_SECONDS = 1000

export class Story {
  readonly path: string
  readonly #bench: Bench
  readonly #baseSeconds: number

  private constructor(bench: Bench, path: string, baseSeconds: number) {
    this.#bench = bench
    this.path = path
    this.#baseSeconds = baseSeconds
  }

  static async begin(bench: Bench, kind: 'Cluster' | 'NodePool'): Promise<Story> {
    const elapsed = (bench.clockMs - START_MS) / 1000
    const base = Math.ceil((elapsed + 1) / STORY_SECONDS) * STORY_SECONDS
    bench.clockAt(base)
    const { id } = await bench.client.cluster(bench.name())
    if (kind === 'Cluster') return new Story(bench, `/clusters/${id}`, base)
    const pool = await bench.client.nodepool(id, 'pool')
    return new Story(bench, `/clusters/${id}/nodepools/${pool.id}`, base)
  }

  /** A time of the story as it is printed. */
  time(seconds: number): string {
    return at(this.#baseSeconds + seconds)
  }

  /** A report that must be accepted. */
  async report(
    adapter: string,
    available: 'True' | 'False' | 'Unknown',
    generation: number,
    seconds: number,
    texts: { readonly reason?: string; readonly message?: string } = {},
  ): Promise<void> {
    const { status, text } = await this.send(adapter, available, generation, seconds, texts)
    assert.equal(status, 201, text)
  }

  send(
    adapter: string,
    available: 'True' | 'False' | 'Unknown',
    generation: number,
    seconds: number,
    texts: { readonly reason?: string; readonly message?: string } = {},
  ) {
    const body = report(adapter, available, generation, this.time(seconds))
    const [, ...others] = body.conditions
    const conditions = [{ type: 'Available', status: available, ...texts }, ...others]
    return this.#bench.client.post(`${this.path}/statuses`, { ...body, conditions })
  }

  /** A change of spec at a time of the story. */
  async changeSpec(seconds: number): Promise<void> {
    await this.#patch(seconds, { spec: { changedAt: seconds } })
  }

  /** A change of labels at a time of the story. */
  async changeLabels(seconds: number): Promise<void> {
    await this.#patch(seconds, { labels: { changed_at: String(seconds) } })
  }

  /** The text of the conditions as they are served. */
  async conditionsText(): Promise<string> {
    return JSON.stringify(await this.#conditions())
  }

  /** The types of the conditions in their order. */
  async types(): Promise<unknown[]> {
    return (await this.#conditions()).map(({ type }) => type)
  }

  /** Holds one condition to be exactly this, members in the contract's order. */
  async expect(type: string, expected: ExpectedCondition): Promise<void> {
    const { status, generation, reason, message, created = 0, updated, transition } = expected
    const condition = (await this.#conditions()).find(candidate => candidate.type === type)
    const wanted = {
      type,
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      observed_generation: generation,
      created_time: this.time(created),
      last_updated_time: this.time(updated),
      last_transition_time: this.time(transition),
    }
    assert.deepEqual(condition, wanted)
    assert.deepEqual(Object.keys(condition ?? {}), Object.keys(wanted))
  }

  async #patch(seconds: number, body: object): Promise<void> {
    this.#bench.clockAt(this.#baseSeconds + seconds)
    const { status, json, text } = await this.#bench.client.patch(this.path, body)
    assert.equal(status, 200, text)
    assert.equal(json.updated_time, this.time(seconds))
  }

  async #conditions(): Promise<Record<string, unknown>[]> {
    return (await this.#bench.client.get(this.path)).json.status.conditions
  }
}

/** `Available` and `Ready` while adapters are awaited (contract 6.9). */
export function awaiting(generation: number, ...adapters: readonly string[]) {
  const message = `Waiting for adapters to report at generation ${generation}: ${adapters.join(', ')}`
  return { status: 'False', generation, reason: 'AwaitingAdapters', message } as const
}

/** `Available` and `Ready` when adapters report `False` (contract 6.9). */
export function unavailable(generation: number, ...adapters: readonly string[]) {
  const message = `Adapters not available: ${adapters.join(', ')}`
  return { status: 'False', generation, reason: 'AdapterNotAvailable', message } as const
}

/** `Ready` when all is well (contract 6.9). */
export function ready(generation: number) {
  const message = 'All adapters report ready at current generation'
  return { status: 'True', generation, reason: 'ResourceReady', message } as const
}

/** `Available` when all is or was well (contract 6.9). */
export function available(generation: number, kind: 'Cluster' | 'NodePool' = 'Cluster') {
  const message = `${kind} is accessible`
  return { status: 'True', generation, reason: 'ResourceAvailable', message } as const
}

/** Both conditions before any report that counts (contract 6.2). */
export const UNREPORTED = {
  status: 'False',
  generation: 0,
  reason: 'AwaitingAdapters',
  message: 'Waiting for adapters to report status',
} as const
