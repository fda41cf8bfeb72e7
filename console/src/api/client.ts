// Requests to the server that served this page. The token is in the memory of this tab and nowhere else.
import { signal } from '@preact/signals'
import type { Problem } from './types.ts'

export const BASE_PATH = '/api/hyperfleet/v1'

/** The bearer token. Empty if none was entered. */
export const token = signal('')
/** True while the server refuses the token, or asks for one (contract 10.1). */
export const isTokenWanted = signal(false)
/** Since when the server does not answer; undefined while it does. */
export const goneSince = signal<Date | undefined>(undefined)

/** The server refused a request. */
export class Refusal extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title)
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }
}

/** No answer came. */
export class Unreachable extends Error {}

/** An answer with its tag (contract 12.10). */
export interface Tagged<T> {
  readonly value: T
  readonly tag: string | undefined
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly body?: string
  /** The tag of the version that a write is meant for (contract 12.12). */
  readonly ifMatch?: string | undefined
  readonly accept?: string
  readonly signal?: AbortSignal | undefined
}

/** The path below the base path of a list, with its parameters; empty ones are left out. */
export function pathOf(
  path: string,
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const query = Object.entries(parameters)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** Sends a request. Throws `Refusal` and `Unreachable`. */
export async function send(path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: call.accept ?? 'application/json' }
  if (token.value !== '') headers.Authorization = `Bearer ${token.value}`
  if (call.body !== undefined) headers['Content-Type'] = 'application/json'
  if (call.ifMatch !== undefined) headers['If-Match'] = call.ifMatch
  let response: Response
  try {
    response = await fetch(path.startsWith('/api/') ? path : BASE_PATH + path, {
      method: call.method ?? 'GET',
      headers,
      body: call.body ?? null,
      signal: call.signal ?? null,
      cache: 'no-store',
      redirect: 'error',
    })
  } catch (error) {
    if (call.signal?.aborted === true) throw error
    goneSince.value ??= new Date()
    throw new Unreachable('The server does not answer.')
  }
  goneSince.value = undefined
  if (response.ok) {
    if (token.value !== '') isTokenWanted.value = false
    return response
  }
  if (response.status === 401) isTokenWanted.value = true
  throw new Refusal(await problemOf(response))
}

/** Reads a document. Throws like `send`. */
export async function read<T>(path: string, call: Call = {}): Promise<Tagged<T>> {
  const response = await send(path, call)
  const tag = response.headers.get('ETag') ?? undefined
  return { value: (await response.json()) as T, tag }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem
  } catch {
    return { status: response.status, title: response.statusText || `Status ${response.status}` }
  }
}
