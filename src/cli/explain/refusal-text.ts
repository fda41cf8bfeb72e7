// A problem answer for people: what is wrong, and a caret under the place of the query where it is.
import type { ProblemFault } from '../../api/service.ts'
import { oneLine } from './plan-text.ts'

/** How much of a long query is shown around the place. */
const SHOWN = 100

export interface Refusal {
  readonly detail: string
  readonly errors?: readonly ProblemFault[]
}

/** @param search as it was sent; offsets are in code points of the trimmed search (contract 8.10) */
export function refusalText({ detail, errors = [] }: Refusal, search: string): string {
  const faults = errors.flatMap(({ field, message, offset }) => {
    const line = `${field}: ${oneLine(message)}`
    return field === 'search' && offset !== undefined ? [line, ...marked(search.trim(), offset)] : [line]
  })
  return [oneLine(detail), ...faults].join('\n')
}

function marked(query: string, offset: number): [string, string] {
  const characters = [...query]
  const start = Math.max(0, offset - SHOWN / 2)
  const shown = oneLine(characters.slice(start, start + SHOWN).join(''))
  return [`  ${shown}`, `  ${' '.repeat(offset - start)}^`]
}
