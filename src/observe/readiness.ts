// Readiness: if the server accepts requests, otherwise the reasons why not (contract, section 1; 9.2).
import type { MemberStatus } from '../replication/member.ts'
import type { StoreEvent, StoreHealth } from '../store/store.ts'

type Phase =
  | 'opening'
  | 'loading'
  | 'awaiting-database'
  | 'awaiting-copy'
  | 'indexing'
  | 'following'
  | 'serving'
  | 'draining'

/** Tracks the server from startup to shutdown. */
export class Readiness {
  #phase: Phase = 'opening'
  #loaded = ''
  #health: () => StoreHealth = () => ({ kind: 'ok' })
  #databaseFault = ''
  #copy = ''
  #member: ClusterMember | undefined

  /** Takes an event of the store while it loads. */
  onStoreEvent(event: StoreEvent): void {
    if (event.kind === 'recovery-progress') {
      const { phase, done, total } = event.progress
      this.#enter('loading')
      this.#loaded = `${phase}, ${percent(done, total)} %`
    } else if (event.kind === 'recovered') {
      this.#enter('indexing')
    }
  }

  /** The database of the cluster does not answer at the start. */
  awaitDatabase(reason: string): void {
    this.#databaseFault = reason
    this.#enter('awaiting-database')
  }

  /** The data folder is about to be replaced by a copy of another server's (contract 14.15). */
  awaitCopy(progress: string): void {
    this.#copy = progress
    this.#enter('awaiting-copy')
  }

  /** The indexes are there. Applies what the database of the cluster has. */
  follow(member: ClusterMember): void {
    this.#member = member
    this.#enter('following')
  }

  /** The part of this server in a cluster; undefined for a server that is alone (contract 14.13). */
  get cluster(): ClusterState | undefined {
    return this.#member && clusterStateOf(this.#member)
  }

  /** The member behind it, for metrics; undefined for a server that is alone. */
  get member(): MemberStatus | undefined {
    return this.#member?.status()
  }

  /** Starts serving, within the limits of the store's health. */
  serve(health: () => StoreHealth): void {
    this.#health = health
    this.#enter('serving')
  }

  /** Starts draining: the server wants no more requests. */
  drain(): void {
    this.#enter('draining')
  }

  /** Reasons why the server is not ready, as text; empty if it is. */
  reasons(): string[] {
    switch (this.#phase) {
      case 'opening':
        return ['opening the store']
      case 'loading':
        return [`loading the store: ${this.#loaded}`]
      case 'indexing':
        return ['building the indexes']
      case 'awaiting-database':
        return [`waiting for the database of the cluster: ${this.#databaseFault}`]
      case 'awaiting-copy':
        return [`waiting for a copy of a data folder ${this.#copy}`]
      case 'following':
        return [...this.#memberReasons(), 'applying what the database of the cluster has']
      case 'draining':
        return ['shutting down']
      case 'serving':
        return [...reasonsOf(this.#health(), this.#member !== undefined), ...this.#memberReasons()]
    }
  }

  #memberReasons(): string[] {
    if (this.#member === undefined) return []
    const { fault, role, staleMs = Number.POSITIVE_INFINITY } = this.#member.status()
    const reasons = fault === undefined ? [] : [fault.message]
    const { maxStalenessMs } = this.#member
    if (role !== 'leading' && maxStalenessMs > 0 && staleMs > maxStalenessMs && this.#phase === 'serving')
      reasons.push(`the database of the cluster has not answered for over ${maxStalenessMs} ms`)
    return reasons
  }

  /** Draining is final; no later event makes the server ready. */
  #enter(phase: Phase): void {
    if (this.#phase !== 'draining') this.#phase = phase
  }
}

/** A server of a cluster, as the readiness sees it. */
export interface ClusterMember {
  readonly status: () => MemberStatus
  /** The digest of the settings that decide about writes (contract 14.12). */
  readonly settings: string
  /** With reads by any server the age from which this one is not ready (contract 14.8); 0: none. */
  readonly maxStalenessMs: number
}

/** The part of a server in a cluster, in JSON (contract 14.13). */
export interface ClusterState {
  readonly role: 'writer' | 'follower'
  /** The state of its part of the protocol, such as `claiming` or `lost`. */
  readonly state: MemberStatus['role']
  readonly epoch: number
  /** The address of the server that decides; null if none does. */
  readonly writer: string | null
  /** The number of the newest change that it shows. */
  readonly sequence: number
  /** Entries of the journal that it is known to lack. */
  readonly behind: number
  /** Milliseconds since it began to look and found nothing new; null before that. */
  readonly confirmed_ms_ago: number | null
  /** True if the writer decides by other settings than this server would (contract 14.12). */
  readonly settings_differ: boolean
}

function clusterStateOf({ status, settings }: ClusterMember): ClusterState {
  const { role, epoch, leader, sequence, behind, staleMs } = status()
  return {
    role: role === 'leading' || role === 'resolving' ? 'writer' : 'follower',
    state: role,
    epoch,
    writer: leader?.address ?? null,
    sequence,
    behind,
    confirmed_ms_ago: staleMs === undefined ? null : Math.round(staleMs),
    settings_differ: leader !== undefined && leader.settings !== settings,
  }
}

/** @param isShared its own disk hinders no write of a server that shares a journal (contract 14.10) */
function reasonsOf(health: StoreHealth, isShared: boolean): string[] {
  switch (health.kind) {
    case 'ok':
      return []
    case 'full':
      return [
        isShared
          ? 'the disk is full: changes are not in the data folder of this server'
          : 'the disk is full: writes are refused, reads continue',
      ]
    case 'failed':
      return [`storage failed, shutting down: ${health.error.message}`]
  }
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100)
}
