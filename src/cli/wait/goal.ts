// The goals of `hyperfleet wait`: what `--for` says.
import { UsageError } from '../command.ts'

export type Goal =
  | { readonly kind: 'create' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'condition'; readonly type: string; readonly status: string }

export type ConditionGoal = Goal & { readonly kind: 'condition' }

/** The members of a condition that a goal looks at. */
export interface SeenCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** @throws UsageError that says what is allowed */
export function readGoal(text: string | undefined): Goal {
  if (text === undefined) throw new UsageError('wait needs --for, such as --for condition=Ready')
  if (text === 'create' || text === 'delete') return { kind: text }
  const [, type, status = 'True'] =
    /^condition=([A-Za-z][A-Za-z0-9]*)(?:={1,2}(true|false))?$/i.exec(text) ?? []
  if (type !== undefined) return { kind: 'condition', type, status }
  throw new UsageError(
    `--for is '${text}': must be condition=TYPE, condition=TYPE=STATUS with a status of True or False, create or delete`,
  )
}

/** The observation of a resource that has not the condition; undefined if it has. */
export function unmet(conditions: readonly SeenCondition[], goal: ConditionGoal): string | undefined {
  const found = conditions.find(({ type }) => sameWord(type, goal.type))
  if (found === undefined) return `has no condition ${goal.type}`
  if (sameWord(found.status, goal.status)) return undefined
  return `is ${found.type}=${found.status}, ${found.reason ?? 'no reason'}: ${found.message ?? ''}`
}

/** Ignores case, as kubectl does. */
function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
