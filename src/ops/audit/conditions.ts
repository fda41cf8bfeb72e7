// Audit of a resource's conditions: their form, and their agreement with the statuses that they summarize (contract,
// section 6). Rules that depend on the required adapters are left out, because that list may have changed.
import { conditionType } from '../../fleet/adapter-name.ts'
import { SUMMARY_TYPES } from '../../fleet/conditions.ts'
import { readingOf } from '../../fleet/report.ts'
import type { AdapterStatus, Resource, ResourceCondition } from '../../state/records.ts'

/** Lists the faults. Every status must have `Available`. */
export function conditionFaults(resource: Resource, statuses: readonly AdapterStatus[]): string[] {
  const summary = SUMMARY_TYPES.flatMap(type => resource.conditions.find(other => other.type === type) ?? [])
  const own = resource.conditions.slice(summary.length)
  const isInPlace = summary.every((condition, i) => resource.conditions[i] === condition)
  if (summary.length === 0 || !isInPlace)
    return [`its first conditions are not some of ${SUMMARY_TYPES.join(', ')}, in this order`]
  return [
    ...summaryFaults(resource, summary),
    ...repeated(resource.conditions),
    ...strangers(own, statuses),
    ...statuses.flatMap(status => disagreement(own, status)),
  ]
}

/**
 * Contract 6.4: older versions let `Ready` observe the resource's generation before any report. So a generation without
 * a report is not a fault, but a True `Ready` always observes the current generation.
 */
function summaryFaults({ generation }: Resource, conditions: readonly ResourceCondition[]): string[] {
  return conditions.flatMap(({ type, status, observedGeneration }) => {
    if (observedGeneration > generation)
      return [
        `its condition ${type} observes generation ${observedGeneration}, but the resource has only ${generation}`,
      ]
    const isCurrent = type === 'Ready' || type === 'Reconciled'
    if (isCurrent && status === 'True' && observedGeneration < generation)
      return [`its condition ${type} is True at generation ${observedGeneration}, and it has ${generation}`]
    return []
  })
}

function repeated(conditions: readonly ResourceCondition[]): string[] {
  const types = conditions.map(({ type }) => type)
  return new Set(types).size === types.length ? [] : ['a condition type appears twice']
}

function strangers(own: readonly ResourceCondition[], statuses: readonly AdapterStatus[]): string[] {
  const known = new Set(statuses.map(({ adapter }) => conditionType(adapter)))
  return own
    .filter(({ type }) => !known.has(type))
    .map(({ type }) => `its condition ${type} belongs to an adapter that has not reported`)
}

/** Contract 5.7, 6.10: the report and the condition were written together. */
function disagreement(own: readonly ResourceCondition[], status: AdapterStatus): string[] {
  const { adapter, value, generation, time } = readingOf(status, false)
  if (value === 'Unknown') return []
  const condition = own.find(({ type }) => type === conditionType(adapter))
  if (condition === undefined) return [`it has no condition for the report of ${adapter}`]
  const agrees =
    condition.status === value &&
    condition.observedGeneration === generation &&
    condition.lastUpdatedTime === time
  return agrees ? [] : [`its condition ${condition.type} is not that of the last report of ${adapter}`]
}
