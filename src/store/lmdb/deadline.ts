// The deadline of a wait for storage: LMDB can be driven into a state in which a commit never settles.
import { StorageFailedError } from '../errors.ts'

/**
 * Settles as `work` does, or rejects with StorageFailedError 'deadline' after `deadlineMs`. A process that was itself
 * held up (a paused machine, a long collection) first looks whether the work is done by now.
 */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    const expire = () => {
      reject(new StorageFailedError('deadline', `${what} is not done after ${deadlineMs} ms`))
    }
    // Timers run before finished work is taken up: a full turn and the next give it its chance.
    timer = setTimeout(() => setImmediate(() => setImmediate(expire)), deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
