// Listeners for health and metrics (contract, section 1). A port of 0 disables one (contract 1.1).
import { listenForManagement, type ManagementListener } from './management.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { ClusterState, Readiness } from './readiness.ts'

/** `GET /healthz` and `GET /readyz`. */
export async function listenForHealth(
  host: string,
  port: number,
  readiness: Readiness,
  onError: (error: unknown) => void,
): Promise<ManagementListener | undefined> {
  if (port === 0) return undefined
  const json = ({ status, body }: HealthAnswer) => ({
    status,
    contentType: 'application/json',
    body: `${JSON.stringify(body)}\n`,
  })
  const routes = new Map([
    ['/healthz', () => json(liveness())],
    ['/readyz', () => json(readinessAnswer(readiness.reasons(), readiness.cluster))],
  ])
  return listenForManagement('health', host, port, routes, onError)
}

/** `GET /metrics`. */
export async function listenForMetrics(
  host: string,
  port: number,
  metrics: Metrics,
  onError: (error: unknown) => void,
): Promise<ManagementListener | undefined> {
  if (port === 0) return undefined
  const metricsRoute = async () => ({
    status: 200,
    contentType: metrics.contentType,
    body: await metrics.text(),
  })
  return listenForManagement('metrics', host, port, new Map([['/metrics', metricsRoute]]), onError)
}

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: {
    readonly status: 'ok' | 'unavailable'
    readonly reasons?: readonly string[]
    readonly cluster?: ClusterState
  }
}

/** `GET /healthz`: answers if the process is alive. */
export function liveness(): HealthAnswer {
  return { status: 200, body: { status: 'ok' } }
}

/** `GET /readyz`: store open, replay done, disk not full, not draining. A server of a cluster says what its part is. */
export function readinessAnswer(reasons: readonly string[], cluster?: ClusterState): HealthAnswer {
  const part = cluster === undefined ? {} : { cluster }
  return reasons.length === 0
    ? { status: 200, body: { status: 'ok', ...part } }
    : { status: 503, body: { status: 'unavailable', reasons, ...part } }
}
