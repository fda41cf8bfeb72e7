// Whether the server can be sent requests, and what stands in the way (contract, section 1; 9.2).
import type { StoreEvent, StoreHealth } from '../store/store.ts'

type Phase = 'opening' | 'loading' | 'indexing' | 'serving' | 'draining'

/** Follows the server from its start to its end. */
export class Readiness {
  #phase: Phase = 'opening'
  #loaded = ''
  #health: () => StoreHealth = () => ({ kind: 'ok' })

  /** What the store tells while it loads. */
  onStoreEvent(event: StoreEvent): void {
    if (event.kind === 'recovery-progress') {
      const { phase, done, total } = event.progress
      this.#enter('loading')
      this.#loaded = `${phase}, ${percent(done, total)} %`
    } else if (event.kind === 'recovered') {
      this.#enter('indexing')
    }
  }

  /** From now on requests are served, as far as the store can. */
  serve(health: () => StoreHealth): void {
    this.#health = health
    this.#enter('serving')
  }

  /** From now on nobody should send requests any more. */
  drain(): void {
    this.#enter('draining')
  }

  /** What stands in the way, in words; none means ready. */
  reasons(): string[] {
    switch (this.#phase) {
      case 'opening':
        return ['the store is being opened']
      case 'loading':
        return [`the store is being loaded: ${this.#loaded}`]
      case 'indexing':
        return ['the store is loaded, the indexes are being built']
      case 'draining':
        return ['the server is shutting down']
      case 'serving':
        return reasonsOf(this.#health())
    }
  }

  /** The end is the end: no later event brings the server back. */
  #enter(phase: Phase): void {
    if (this.#phase !== 'draining') this.#phase = phase
  }
}

function reasonsOf(health: StoreHealth): string[] {
  switch (health.kind) {
    case 'ok':
      return []
    case 'full':
      return ['the disk is full: writes are refused, reads go on']
    case 'failed':
      return [`storage has failed and the server is ending: ${health.error.message}`]
  }
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100)
}
