// The text of conditions in documents, of a resource (contract 3.7) or as an adapter reported them (contract 5.4).
import { formatInstant } from '../wire/instant.ts'
import { CONDITION, RESOURCE } from './layout.ts'
import type { AdapterCondition, ResourceCondition } from './records.ts'

/** The texts around values of a condition with the quotes of these, because each concatenation costs 10 ns or more. */
const BEFORE_TYPE = `${CONDITION.type}"`
const BEFORE_STATUS = `"${CONDITION.status}"`
const BEFORE_REASON = `"${CONDITION.reason}"`
const BEFORE_MESSAGE = `${CONDITION.message}"`
const CREATED_TIME = `${CONDITION.createdTime}"`
const UPDATED_TIME = `"${CONDITION.updatedTime}"`
const BEFORE_TIME = `${CONDITION.transitionTime}"`
const TRANSITION_TIME = `"${BEFORE_TIME}`
const AFTER_TIME = `"${CONDITION.end}`

/** The beginning and the end of the body of a resource's conditions. */
export const CONDITIONS_START = `${RESOURCE.conditions}[`
export const CONDITIONS_END = `]${RESOURCE.end}`

/** The body of a resource's conditions: the end of its document. */
export function conditionsText(conditions: readonly ResourceCondition[]): string {
  let text = CONDITIONS_START
  let comma = ''
  for (const condition of conditions) {
    text +=
      comma +
      verdictOf(condition) +
      observationText(
        condition.observedGeneration,
        formatInstant(condition.createdTime),
        formatInstant(condition.lastUpdatedTime),
        formatInstant(condition.lastTransitionTime),
      )
    comma = ','
  }
  return text + CONDITIONS_END
}

/** The conditions of a status. */
export function adapterConditionsText(conditions: readonly AdapterCondition[]): string {
  let text = '['
  let comma = ''
  for (const condition of conditions) {
    text +=
      comma + verdictOf(condition) + BEFORE_TIME + formatInstant(condition.lastTransitionTime) + AFTER_TIME
    comma = ','
  }
  return `${text}]`
}

function verdictOf({ type, status, reason, message }: ResourceCondition | AdapterCondition): string {
  return verdictText(
    escaped(type),
    status,
    reason === undefined ? undefined : escaped(reason),
    message === undefined ? undefined : escaped(message),
  )
}

/** The members that all conditions begin with. All texts are escaped. */
export function verdictText(
  type: string,
  status: string,
  reason: string | undefined,
  message: string | undefined,
): string {
  return (
    BEFORE_TYPE +
    type +
    BEFORE_STATUS +
    status +
    (reason === undefined ? '"' : `${BEFORE_REASON}${reason}"`) +
    (message === undefined ? '' : `${BEFORE_MESSAGE}${message}"`)
  )
}

/** The members that end the condition of a resource. */
export function observationText(
  generation: number,
  createdTime: string,
  updatedTime: string,
  transitionTime: string,
): string {
  return (
    CONDITION.observedGeneration +
    generation +
    CREATED_TIME +
    createdTime +
    UPDATED_TIME +
    updatedTime +
    TRANSITION_TIME +
    transitionTime +
    AFTER_TIME
  )
}

/** Finds what JSON escapes. A pair of surrogates is not escaped, but is as rare as a lone one. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** The characters between the quotes that JSON.stringify makes of a text. The test costs 40 ns for a short text, JSON.stringify 110. */
export function escaped(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

/** Quotes a text as JSON.stringify does. */
export function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}
