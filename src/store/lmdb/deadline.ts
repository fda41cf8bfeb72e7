// Deadline for storage operations: LMDB can get into a state in which a commit never settles.
import { StorageFailedError } from '../errors.ts'

/**
 * Settles like `work`, or rejects with StorageFailedError 'deadline' after `deadlineMs`. After a pause of the whole
 * process (a suspended machine, a long collection), work that is done by then still counts.
 */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    const expire = () => {
      reject(new StorageFailedError('deadline', `${what} is not done after ${deadlineMs} ms`))
    }
    // Timers run before completed work is noticed, so give it one full turn and the next.
    timer = setTimeout(() => setImmediate(() => setImmediate(expire)), deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
