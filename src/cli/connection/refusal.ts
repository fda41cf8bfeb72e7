// Formats a refusal of the server for people: the fault, its position in the search, a remedy and the exit code.
import type { Problem } from '../../api/problems.ts'
import { EXIT, FailedError } from '../command.ts'
import { visible } from '../terminal/text.ts'

/** Characters of a long query shown around the fault. */
const SHOWN = 100

const PROBLEM_TEXTS = ['title', 'detail', 'code', 'trace_id'] as const

/** True for a problem document of the API. Checks only the members shown. */
export function isProblem(value: unknown): value is Problem {
  if (!isObject(value) || typeof value.status !== 'number') return false
  const { errors = [] } = value
  return (
    PROBLEM_TEXTS.every(name => typeof value[name] === 'string') &&
    Array.isArray(errors) &&
    errors.every(isFault)
  )
}

function isFault(value: unknown): boolean {
  if (!isObject(value) || typeof value.field !== 'string' || typeof value.message !== 'string') return false
  return value.offset === undefined || typeof value.offset === 'number'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** A response with a problem document. */
export class RefusedError extends FailedError {
  override readonly name = 'RefusedError'
  readonly problem: Problem
  /** Seconds of `Retry-After`, or 0. */
  readonly retryAfterS: number

  /** @param search as it was sent */
  constructor(problem: Problem, retryAfterS: number, search = '') {
    super(refusalText(problem, retryAfterS, search), exitCodeOf(problem))
    this.problem = problem
    this.retryAfterS = retryAfterS
  }
}

function exitCodeOf({ status, code }: Problem): number {
  if (status === 401 || status === 403) return EXIT.unauthorised
  if (status === 404) return isNoEndpoint(code) ? EXIT.failed : EXIT.notFound
  if (status === 409) return EXIT.conflict
  return status === 429 || status === 503 ? EXIT.unreachable : EXIT.failed
}

/** True if there is no such path, which says nothing about any resource (contract 2.2): a wrong address must not look like a removal. */
function isNoEndpoint(code: string): boolean {
  return code === 'HYPERFLEET-NTF-000'
}

/** @param search as it was sent; offsets count code points of the trimmed search (contract 8.10) */
function refusalText(problem: Problem, retryAfterS: number, search: string): string {
  const { title, code, detail, errors = [] } = problem
  const faults = errors.flatMap(({ field, message, offset }) => {
    const line = `  ${visible(field)}: ${visible(message)}`
    return field === 'search' && offset !== undefined ? [line, ...marked(search.trim(), offset)] : [line]
  })
  const lead = `the server refuses: ${visible(title)} (${visible(code)}): ${visible(detail)}`
  return [lead, ...faults, ...advice(problem, retryAfterS)].join('\n')
}

/** Marks the position of a fault. Invisible characters become spaces, so that the caret is in the right column. */
function marked(query: string, offset: number): [string, string] {
  const characters = [...query]
  const start = Math.max(0, offset - SHOWN / 2)
  const shown = oneLine(characters.slice(start, start + SHOWN).join(''))
  return [`    ${shown}`, `    ${' '.repeat(offset - start)}^`]
}

/** Replaces control characters with spaces: a query may contain line ends, and its strings any character. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}

function advice({ status, code, trace_id }: Problem, retryAfterS: number): string[] {
  const again = retryAfterS > 0 ? `try again in ${retryAfterS} s` : 'try again later'
  switch (status) {
    case 401:
      return code === 'HYPERFLEET-AUT-001'
        ? ['name a token with --token-file, HYPERFLEET_CLIENT_TOKEN or the file of --client-config']
        : ['get a new token, and name it with --token-file or HYPERFLEET_CLIENT_TOKEN']
    case 403:
      return ['the token does not permit this: use one that identifies you']
    case 404:
      return isNoEndpoint(code)
        ? ['check the path in --server, and that the server is no older than this program']
        : []
    case 429:
    case 503:
      return [again]
    default:
      return status >= 500 ? [`see the server's log: look for ${visible(trace_id)}`] : []
  }
}
