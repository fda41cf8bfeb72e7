// Readiness: if the server accepts requests, otherwise the reasons why not (contract, section 1; 9.2).
import type { StoreEvent, StoreHealth } from '../store/store.ts'

type Phase = 'opening' | 'loading' | 'indexing' | 'serving' | 'draining'

/** Tracks the server from startup to shutdown. */
export class Readiness {
  #phase: Phase = 'opening'
  #loaded = ''
  #health: () => StoreHealth = () => ({ kind: 'ok' })

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
      case 'draining':
        return ['shutting down']
      case 'serving':
        return reasonsOf(this.#health())
    }
  }

  /** Draining is final; no later event makes the server ready. */
  #enter(phase: Phase): void {
    if (this.#phase !== 'draining') this.#phase = phase
  }
}

function reasonsOf(health: StoreHealth): string[] {
  switch (health.kind) {
    case 'ok':
      return []
    case 'full':
      return ['the disk is full: writes are refused, reads continue']
    case 'failed':
      return [`storage failed, shutting down: ${health.error.message}`]
  }
}

function percent(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100)
}
