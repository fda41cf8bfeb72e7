// What the writers know: every answered write, and for each thing they own the one write that was under way when the
// server died. What the server shows must be the one or the other.
import assert from 'node:assert/strict'

/** The last answered value, and the one that was sent after it and not answered yet. */
export interface Sent<T> {
  answered: T | undefined
  underWay: T | undefined
}

export interface OwnedCluster {
  readonly name: string
  id: string | undefined
  /** The number in the cluster's spec. */
  readonly spec: Sent<number>
  /** Seconds of the last report, by adapter. */
  readonly reports: Map<string, Sent<number>>
}

export class Ledger {
  readonly clusters = new Map<string, OwnedCluster>()

  own(name: string): OwnedCluster {
    const cluster: OwnedCluster = {
      name,
      id: undefined,
      spec: { answered: undefined, underWay: undefined },
      reports: new Map(),
    }
    this.clusters.set(name, cluster)
    return cluster
  }

  /** Records that a value is on its way, runs the write, and records its answer. */
  async write<T>(sent: Sent<T>, value: T, send: () => Promise<unknown>): Promise<void> {
    sent.underWay = value
    await send()
    sent.answered = value
    sent.underWay = undefined
  }

  /** What stands after a restart, told by what the server shows; from now on that is what was answered. */
  settle<T>(sent: Sent<T>, shown: T | undefined, what: string): void {
    const allowed = sent.underWay === undefined ? [sent.answered] : [sent.answered, sent.underWay]
    assert.ok(allowed.includes(shown), `${what}: ${shown} is shown, ${allowed.join(' or ')} was sent`)
    sent.answered = shown
    sent.underWay = undefined
  }
}
