// Whether the conditions of a resource are in order, and agree with the statuses that they were condensed from (contract,
// section 6). What rests on the list of required adapters is left out: it may have been another one.
import { conditionType } from '../../fleet/adapter-name.ts'
import { readingOf } from '../../fleet/report.ts'
import type { AdapterStatus, Resource, ResourceCondition } from '../../state/records.ts'

/** What is wrong, in words; statuses have to hold `Available`. */
export function conditionFaults(resource: Resource, statuses: readonly AdapterStatus[]): string[] {
  const [available, ready, ...own] = resource.conditions
  if (available?.type !== 'Available' || ready?.type !== 'Ready')
    return ['its first conditions are not Available and Ready']
  return [
    ...summaryFaults(resource, [available, ready]),
    ...repeated(resource.conditions),
    ...strangers(own, statuses),
    ...statuses.flatMap(status => disagreement(own, status)),
  ]
}

/**
 * Contract 6.4: older versions let `Ready` observe the resource's generation before a report was there, so that a generation
 * without a report is no fault; `Ready` that is True has always observed the resource's own.
 */
function summaryFaults({ generation }: Resource, conditions: readonly ResourceCondition[]): string[] {
  return conditions.flatMap(({ type, status, observedGeneration }) => {
    if (observedGeneration > generation)
      return [
        `its condition ${type} observes generation ${observedGeneration}, and it has only ${generation}`,
      ]
    if (type === 'Ready' && status === 'True' && observedGeneration < generation)
      return [`its condition Ready is True at generation ${observedGeneration}, and it has ${generation}`]
    return []
  })
}

function repeated(conditions: readonly ResourceCondition[]): string[] {
  const types = conditions.map(({ type }) => type)
  return new Set(types).size === types.length ? [] : ['a condition type stands twice']
}

function strangers(own: readonly ResourceCondition[], statuses: readonly AdapterStatus[]): string[] {
  const known = new Set(statuses.map(({ adapter }) => conditionType(adapter)))
  return own
    .filter(({ type }) => !known.has(type))
    .map(({ type }) => `its condition ${type} is of an adapter that has not reported`)
}

/** Contract 5.7, 6.10: the report and the condition came together. */
function disagreement(own: readonly ResourceCondition[], status: AdapterStatus): string[] {
  const { adapter, value, generation, time } = readingOf(status)
  if (value === 'Unknown') return []
  const condition = own.find(({ type }) => type === conditionType(adapter))
  if (condition === undefined) return [`it has no condition for the report of ${adapter}`]
  const agrees =
    condition.status === value &&
    condition.observedGeneration === generation &&
    condition.lastUpdatedTime === time
  return agrees ? [] : [`its condition ${condition.type} is not that of the last report of ${adapter}`]
}
