// Requests to one server: each succeeds, or fails with a message for the user.
import { BASE_PATH } from '../../wire/paths.ts'
import { EXIT, FailedError } from '../command.ts'
import { type Answer, createClient, type Opened, type StreamingClient } from './client.ts'
import { eventsOf, LINES_TYPE, MisshapenEventError, type WatchEvent } from './event-lines.ts'
import { isProblem, RefusedError } from './refusal.ts'
import { isOfGateway, noHyperfleet, unreachable } from './server-address.ts'
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
  readonly #client: StreamingClient
  readonly #server: URL

  constructor(client: StreamingClient, server: URL) {
    this.#client = client
    this.#server = server
  }

  /** @param path relative to the base path */
  get(path: string, parameters: Parameters = new Map()): Promise<Success> {
    return this.#send('GET', withQuery(path, parameters), { search: searchIn(parameters) })
  }

  /**
   * Opens a watch (contract 12.1). The events come in batches, as they are read.
   * @throws FailedError as `get` does; so do the batches when the connection is lost
   */
  async watch(
    path: string,
    parameters: Parameters,
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent[]>> {
    const opened = await this.#reached(() =>
      this.#client.open(BASE_PATH + withQuery(path, parameters), LINES_TYPE, signal),
    )
    if (opened.kind === 'answer') throw this.#refusal(opened.answer, BASE_PATH + path, searchIn(parameters))
    if (!opened.mediaType.startsWith(LINES_TYPE)) throw this.misshapen(path)
    return this.#events(opened, path)
  }

  async *#events({ chunks }: Opened & { kind: 'stream' }, path: string): AsyncGenerator<WatchEvent[]> {
    try {
      yield* eventsOf(chunks)
    } catch (error) {
      if (error instanceof MisshapenEventError) throw this.misshapen(path)
      const cause = error instanceof Error ? error.message : String(error)
      throw new FailedError(`the watch was cut off (${cause})`, EXIT.unreachable, { cause: error })
    }
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
    const answer = await this.#reached(() => this.#client.send(method, BASE_PATH + path, body))
    if (answer.status >= 200 && answer.status < 300)
      return { status: answer.status, text: answer.body.toString('utf8') }
    const [bare = ''] = path.split('?', 1)
    throw this.#refusal(answer, BASE_PATH + bare, search)
  }

  /** The failure for an answer that is no success. */
  #refusal(answer: Answer, path: string, search: string | undefined): FailedError {
    const problem = parsed(answer.body.toString('utf8'))
    if (isProblem(problem)) return new RefusedError(problem, answer.retryAfterS, search)
    const exitCode = isOfGateway(answer.status) ? EXIT.unreachable : EXIT.failed
    return new FailedError(noHyperfleet(this.#server, path, answer.status), exitCode)
  }

  async #reached<T>(exchange: () => Promise<T>): Promise<T> {
    try {
      return await exchange()
    } catch (error) {
      throw new FailedError(unreachable(this.#server, error), EXIT.unreachable, { cause: error })
    }
  }
}

function withQuery(path: string, parameters: Parameters): string {
  const query = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return query === '' ? path : `${path}?${query}`
}

function searchIn(parameters: Parameters): string {
  return String(parameters.get('search') ?? '')
}

/** The parsed JSON, or undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
