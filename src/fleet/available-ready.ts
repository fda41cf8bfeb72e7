// Verdicts on `Available` and `Ready`, the conditions of the documents' clients (contract 6.4-6.9, 11.10).
import type { ResourceCondition } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import {
  type Assessment,
  earliestTime,
  findCommonGeneration,
  greatestGeneration,
  isFalse,
  isTrue,
  type Verdict,
} from './assessment.ts'

/** Contract 6.4, 6.6, 6.9, 11.10. */
export function judgeReady(ready: ResourceCondition, assessment: Assessment): Verdict {
  const { generation, counted, required, specChangedTime, isDeleting } = assessment
  const current = counted.filter(reading => reading.generation === generation)
  const isComplete = required.length > 0 && required.length === current.length && current.every(isTrue)
  if (isComplete && !isDeleting)
    return {
      status: 'True',
      reason: 'ResourceReady',
      message: 'All adapters report ready at current generation',
      observedGeneration: generation,
      lastUpdatedTime: earliestTime(current),
    }
  return {
    status: 'False',
    ...(isDeleting
      ? { reason: 'Deleting', message: 'Resource is being deleted' }
      : wordsOfFalse(assessment, generation)),
    observedGeneration: current.length > 0 ? generation : ready.observedGeneration,
    lastUpdatedTime: earliestTime(current.filter(isFalse)) ?? earliestTime(current) ?? specChangedTime,
  }
}

/** Contract 6.5, 6.6, 6.9. */
export function judgeAvailable(available: ResourceCondition, assessment: Assessment): Verdict {
  const { counted, kind } = assessment
  const commonGeneration = findCommonGeneration(assessment)
  const held = available.observedGeneration
  const availableAt = (observedGeneration: number, lastUpdatedTime: Instant | undefined): Verdict => ({
    status: 'True',
    reason: 'ResourceAvailable',
    message: `${kind} is accessible`,
    observedGeneration,
    lastUpdatedTime,
  })
  const unavailableAt = (generation: number): Verdict => ({
    status: 'False',
    ...wordsOfFalse(assessment, generation),
    observedGeneration: generation,
    lastUpdatedTime: earliestTime(
      counted.filter(reading => isFalse(reading) && reading.generation === generation),
    ),
  })
  if (commonGeneration !== undefined)
    return counted.every(isTrue)
      ? availableAt(commonGeneration, earliestTime(counted))
      : unavailableAt(commonGeneration)
  if (available.status === 'True') {
    const isDenied = counted.some(reading => isFalse(reading) && reading.generation === held)
    return isDenied ? unavailableAt(held) : availableAt(held, undefined)
  }
  return unavailableAt(greatestGeneration(assessment) ?? held)
}

/** The words of a False condition that awaits reports at `generation` (contract 6.9). */
function wordsOfFalse(
  { counted, required }: Assessment,
  generation: number,
): Pick<Verdict, 'reason' | 'message'> {
  const denials = counted
    .filter(reading => isFalse(reading) && reading.generation === generation)
    .map(({ adapter, reason }) => (reason ? `${adapter} (${reason})` : adapter))
  if (denials.length > 0)
    return {
      reason: 'AdapterNotAvailable',
      message: `Adapters not available: ${denials.join(', ')}`,
    }
  const arrived = new Set(counted.filter(reading => reading.generation === generation).map(r => r.adapter))
  const awaited = required.filter(adapter => !arrived.has(adapter))
  return {
    reason: 'AwaitingAdapters',
    message: `Waiting for adapters to report at generation ${generation}: ${awaited.join(', ')}`,
  }
}
