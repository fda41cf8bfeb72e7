// Work on several resources that were found before: a refused one does not stop the others.
import { EXIT, FailedError } from '../command.ts'
import type { ServedResource } from '../resources/served.ts'

/**
 * Performs the work on each, in order. Resolves with the exit code of the first refusal.
 * @throws FailedError if there is only one, or the server is away
 */
export async function forEachResource(
  resources: readonly ServedResource[],
  work: (resource: ServedResource) => Promise<void>,
): Promise<number> {
  const failures: FailedError[] = []
  for (const resource of resources) {
    try {
      await work(resource)
    } catch (error) {
      if (!(error instanceof FailedError) || error.exitCode === EXIT.unreachable || resources.length === 1)
        throw error
      console.error(`hyperfleet: ${error.message}`)
      failures.push(error)
    }
  }
  return failures[0]?.exitCode ?? EXIT.ok
}
