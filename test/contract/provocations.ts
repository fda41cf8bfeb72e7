// One request for each problem that a client can cause. docs/errors.md shows the answer to each.
import type { ProblemCode } from '../../src/api/problems.ts'
import type { Sending } from '../harness/client.ts'
import type { EngineName } from '../harness/server.ts'

/** Request id of all these requests. */
export const REQUEST_ID = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736'
export const NO_SUCH_ID = '2aaaaaaaaaaaaaaaaaaaaaaaaaa'
/** Name of an existing cluster. */
export const TAKEN_NAME = 'my-cluster'

/** The server to send a request to: one with defaults, one that checks tokens, one above its memory bound. */
export type ServerKind = 'plain' | 'authenticated' | 'bounded'

export interface Provocation extends Sending {
  readonly code: ProblemCode
  readonly server: ServerKind
  readonly path: string
  /** Token of the request, if any: expired, or without an e-mail address. */
  readonly token?: 'expired' | 'anonymous'
  /** The only engine with this answer, if the other one differs. */
  readonly engine?: EngineName
}

const cluster = { kind: 'Cluster', name: TAKEN_NAME, spec: {} }

export const PROVOCATIONS: readonly Provocation[] = [
  {
    code: 'HYPERFLEET-VAL-000',
    server: 'plain',
    method: 'POST',
    path: '/clusters',
    body: { kind: 'Cluster', name: 'My-Cluster', labels: { environment: 5 } },
  },
  { code: 'HYPERFLEET-VAL-004', server: 'plain', path: '/clusters?page=0' },
  { code: 'HYPERFLEET-VAL-005', server: 'plain', path: '/clusters?search=nmae%3D%27my-cluster%27' },
  {
    code: 'HYPERFLEET-VAL-006',
    server: 'plain',
    method: 'POST',
    path: '/clusters',
    body: '{"kind":"Cluster","name":',
  },
  { code: 'HYPERFLEET-VAL-008', server: 'plain', method: 'POST', path: '/nodepools', body: {} },
  {
    code: 'HYPERFLEET-VAL-009',
    server: 'plain',
    method: 'POST',
    path: '/clusters',
    body: { ...cluster, spec: { text: 'x'.repeat(1_100_000) } },
  },
  {
    code: 'HYPERFLEET-VAL-010',
    server: 'plain',
    method: 'POST',
    path: '/clusters',
    headers: { 'content-type': 'application/yaml' },
    body: 'kind: Cluster',
  },
  {
    code: 'HYPERFLEET-VAL-011',
    server: 'plain',
    engine: 'uws',
    method: 'POST',
    path: '/clusters',
    headers: { 'transfer-encoding': 'chunked' },
    body: cluster,
  },
  { code: 'HYPERFLEET-AUT-001', server: 'authenticated', path: '/clusters' },
  {
    code: 'HYPERFLEET-AUT-002',
    server: 'authenticated',
    path: '/clusters',
    headers: { authorization: 'Basic dXNlcjpwYXNz' },
  },
  { code: 'HYPERFLEET-AUT-003', server: 'authenticated', path: '/clusters', token: 'expired' },
  {
    code: 'HYPERFLEET-AUZ-001',
    server: 'authenticated',
    method: 'POST',
    path: '/clusters',
    body: cluster,
    token: 'anonymous',
  },
  { code: 'HYPERFLEET-NTF-000', server: 'plain', path: '/cluster' },
  { code: 'HYPERFLEET-NTF-002', server: 'plain', path: `/clusters/${NO_SUCH_ID}` },
  { code: 'HYPERFLEET-NTF-003', server: 'plain', path: `/nodepools/${NO_SUCH_ID}` },
  { code: 'HYPERFLEET-CNF-001', server: 'plain', method: 'POST', path: '/clusters', body: cluster },
  { code: 'HYPERFLEET-SVC-001', server: 'bounded', method: 'POST', path: '/clusters', body: cluster },
]

/** In the catalogue, but not caused by a single request, or not by any yet. No client can cause a 500. */
export const UNPROVOKED: readonly ProblemCode[] = [
  'HYPERFLEET-NTF-001',
  'HYPERFLEET-CNF-002',
  'HYPERFLEET-CNF-003',
  'HYPERFLEET-CNF-004',
  'HYPERFLEET-LMT-001',
  'HYPERFLEET-INT-001',
]
