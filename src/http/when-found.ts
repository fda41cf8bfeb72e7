// The answer to a search: at once when it was found at once, so that a quick read costs no promise, and later when it
// took many turns of the event loop.
import type { Found } from '../search/resource-search.ts'
import { TurnsBusyError, UnwantedError } from '../search/run/turns.ts'
import type { Answer } from './call.ts'
import { problem } from './problems.ts'

/** A long search takes tenths of a second, and those that wait are many. */
const RETRY_AFTER_SECONDS = '2'

/** Nobody gets it: the client left during its search. */
const TO_NOBODY: Answer = { kind: 'no-content' }

/** Makes the answer of what was found; 503 when too many long searches are waiting. */
export function whenFound(
  find: () => Found | Promise<Found>,
  answer: (found: Found) => Answer,
): Answer | Promise<Answer> {
  try {
    const found = find()
    return found instanceof Promise ? found.then(answer, unwanted) : answer(found)
  } catch (error) {
    if (!(error instanceof TurnsBusyError)) throw error
    return problem(
      'HYPERFLEET-SVC-001',
      'Too many searches that no index can answer are waiting. Ask again later, or look at /explain to see what is slow',
      { headers: [['Retry-After', RETRY_AFTER_SECONDS]], refusal: 'searches-busy' },
    )
  }
}

/** A search ends early for a client that has gone; any other error is a defect. */
function unwanted(error: unknown): Answer {
  if (error instanceof UnwantedError) return TO_NOBODY
  throw error
}
