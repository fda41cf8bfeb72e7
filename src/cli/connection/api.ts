// Requests to one server: each succeeds, or fails with a message for the user.
import { BASE_PATH } from '../../wire/paths.ts'
import { EXIT, FailedError } from '../command.ts'
import { type Answer, type Client, createClient } from './client.ts'
import { isProblem, RefusedError } from './refusal.ts'
import { noHyperfleet, unreachable } from './server-address.ts'
import type { Target } from './target.ts'

export type Parameters = ReadonlyMap<string, string | number>

export interface Success {
  readonly status: number
  /** Empty for 204. */
  readonly text: string
}

/**
 * Runs work with a connection to a server, and closes the connection afterwards.
 * @throws what the work throws
 */
export async function withServer<T>(target: Target, work: (api: Api) => Promise<T>): Promise<T> {
  const client = createClient(target, 1)
  try {
    return await work(new Api(client, target.url))
  } finally {
    client.close()
  }
}

export class Api {
  readonly #client: Client
  readonly #server: URL

  constructor(client: Client, server: URL) {
    this.#client = client
    this.#server = server
  }

  /** @param path relative to the base path */
  get(path: string, parameters: Parameters = new Map()): Promise<Success> {
    const query = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
    const search = String(parameters.get('search') ?? '')
    return this.#send('GET', query === '' ? path : `${path}?${query}`, { search })
  }

  post(path: string, body: string): Promise<Success> {
    return this.#send('POST', path, { body })
  }

  patch(path: string, body: string): Promise<Success> {
    return this.#send('PATCH', path, { body })
  }

  delete(path: string): Promise<Success> {
    return this.#send('DELETE', path, {})
  }

  /** The parsed body of a success. */
  json(path: string, { text }: Success): unknown {
    const json = parsed(text)
    if (json === undefined) throw this.misshapen(path)
    return json
  }

  /** The failure for a response that does not have the shape in the contract. */
  misshapen(path: string): Error {
    return new FailedError(noHyperfleet(this.#server, BASE_PATH + path, 200), EXIT.failed)
  }

  /** @throws FailedError if no response arrives, RefusedError if it is a problem */
  async #send(
    method: string,
    path: string,
    { search, body }: { search?: string; body?: string },
  ): Promise<Success> {
    const answer = await this.#exchange(method, BASE_PATH + path, body)
    const text = answer.body.toString('utf8')
    if (answer.status >= 200 && answer.status < 300) return { status: answer.status, text }
    const problem = parsed(text)
    if (isProblem(problem)) throw new RefusedError(problem, answer.retryAfterS, search)
    const [bare = ''] = path.split('?', 1)
    throw new FailedError(noHyperfleet(this.#server, BASE_PATH + bare, answer.status), EXIT.failed)
  }

  async #exchange(method: string, path: string, body: string | undefined): Promise<Answer> {
    try {
      return await this.#client.send(method, path, body)
    } catch (error) {
      throw new FailedError(unreachable(this.#server, error), EXIT.unreachable, { cause: error })
    }
  }
}

/** The parsed JSON, or undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
