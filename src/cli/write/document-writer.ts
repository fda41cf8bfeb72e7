// Writes documents to a server one by one: creates the resources, or changes them to match.
import { EXIT, FailedError } from '../command.ts'
import type { Api, Success } from '../connection/api.ts'
import { compactJson } from '../documents/print.ts'
import type { Tree } from '../documents/tree.ts'
import { findCluster, findNamed, resourcePath } from '../resources/lookup.ts'
import { called, isResource, type ServedCluster, type ServedResource } from '../resources/served.ts'
import type { Output } from '../terminal/output.ts'
import { type Creation, droppedText } from './creations.ts'
import { type Form, type Result, resultText } from './result.ts'

/** Members of a change (contract 4.5). */
const CHANGEABLE = ['spec', 'labels'] as const

export class DocumentWriter {
  readonly #api: Api
  /** Clusters created here, by the ids in their documents, which nodepools in the same file refer to. */
  readonly #made = new Map<string, ServedCluster>()

  constructor(api: Api) {
    this.#api = api
  }

  /** Creates the resource of a document. */
  async create(creation: Creation): Promise<Result> {
    const owner = await this.#owner(creation)
    const { resource, text } = await this.#post(creation, owner)
    const name = called(resource, owner?.name)
    return { text, name, sentence: `created ${name} with id ${resource.id}` }
  }

  /** Creates the resource, or changes the existing one with its name. */
  async apply(creation: Creation): Promise<Result> {
    const owner = await this.#owner(creation)
    const there = await this.#find(creation, owner)
    if (there !== undefined) return this.#change(creation, there, owner)
    try {
      const { resource, text } = await this.#post(creation, owner)
      const name = called(resource, owner?.name)
      return { text, name, sentence: `${name} created` }
    } catch (error) {
      // Another client may have created it meanwhile.
      const rival =
        error instanceof FailedError && error.exitCode === EXIT.conflict
          ? await this.#find(creation, owner)
          : undefined
      if (rival === undefined) throw error
      return this.#change(creation, rival, owner)
    }
  }

  async #owner({ kind, cluster = '' }: Creation): Promise<ServedCluster | undefined> {
    if (kind === 'Cluster') return undefined
    return this.#made.get(cluster) ?? (await findCluster(this.#api, cluster)).value
  }

  async #find(
    { kind, name, formerId }: Creation,
    owner: ServedCluster | undefined,
  ): Promise<ServedResource | undefined> {
    if (name === undefined) return undefined
    const found = await findNamed(this.#api, kind === 'Cluster' ? 'clusters' : 'nodepools', name, owner)
    this.#remember(formerId, found?.value)
    return found?.value
  }

  async #post(
    { kind, body, formerId }: Creation,
    owner: ServedCluster | undefined,
  ): Promise<{ readonly resource: ServedResource; readonly text: string }> {
    const path = owner === undefined ? '/clusters' : `${resourcePath(owner)}/nodepools`
    const success = await this.#api.post(path, compactJson(new Map([...body, ['kind', kind]])))
    const resource = this.#resource(path, success)
    this.#remember(formerId, resource)
    return { resource, text: success.text }
  }

  /** Lets the server decide whether anything changes: it compares numbers by value, and this misses no concurrent write. */
  async #change(
    { body }: Creation,
    there: ServedResource,
    owner: ServedCluster | undefined,
  ): Promise<Result> {
    const path = resourcePath(there)
    const change = new Map(CHANGEABLE.flatMap(key => member(body.get(key), key)))
    const success = await this.#api.patch(path, compactJson(change))
    const after = this.#resource(path, success)
    const name = called(after, owner?.name)
    const verb = after.updated_time === there.updated_time ? 'unchanged' : 'configured'
    return { text: success.text, name, sentence: `${name} ${verb}` }
  }

  #resource(path: string, success: Success): ServedResource {
    const resource = this.#api.json(path, success)
    if (!isResource(resource)) throw this.#api.misshapen(path)
    return resource
  }

  #remember(formerId: string | undefined, resource: ServedResource | undefined): void {
    if (formerId !== undefined && resource?.kind === 'Cluster') this.#made.set(formerId, resource)
  }
}

function member(value: Tree | undefined, key: string): [string, Tree][] {
  return value === undefined ? [] : [[key, value]]
}

/**
 * Writes every document, in order. A refused document does not stop the others. Resolves with the exit code of the first
 * refusal.
 */
export async function writeAll(
  creations: readonly Creation[],
  write: (creation: Creation) => Promise<Result>,
  form: Form,
  output: Output,
): Promise<number> {
  const dropped = droppedText(creations)
  if (dropped !== undefined) console.error(dropped)
  const failures: FailedError[] = []
  for (const creation of creations) {
    try {
      output.write(resultText(await write(creation), form))
    } catch (error) {
      if (!(error instanceof FailedError) || error.exitCode === EXIT.unreachable || creations.length === 1)
        throw error
      console.error(`hyperfleet: ${creation.called}: ${error.message}`)
      failures.push(error)
    }
  }
  return failures[0]?.exitCode ?? EXIT.ok
}
