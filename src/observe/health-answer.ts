// Whether the process lives and whether it can be sent requests (contract, section 1).

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: { readonly status: 'ok' | 'unavailable'; readonly reasons?: readonly string[] }
}

/** `GET /healthz`: the process is alive, or nobody would answer. */
export function liveness(): HealthAnswer {
  return { status: 200, body: { status: 'ok' } }
}

/** `GET /readyz`: store open, replay done, disk not full, not draining. */
export function readinessAnswer(reasons: readonly string[]): HealthAnswer {
  return reasons.length === 0
    ? { status: 200, body: { status: 'ok' } }
    : { status: 503, body: { status: 'unavailable', reasons } }
}
