// Verdicts on `Reconciled` and `LastKnownReconciled`, the conditions of today's clients (contract 6.14-6.20).
import type { ResourceCondition } from '../state/records.ts'
import {
  type Assessment,
  earliestTime,
  findCommonGeneration,
  greatestGeneration,
  isFalse,
  isTrue,
  type Verdict,
} from './assessment.ts'

const WORDS_OF_RECONCILED = {
  reason: 'ReconciledAll',
  message: 'All required adapters reported Available=True or Finalized=True at the current generation',
}

/** Contract 6.14-6.16. */
export function judgeReconciled(_previous: ResourceCondition, assessment: Assessment): Verdict {
  const { generation, counted, required, specChangedTime, isDeleting } = assessment
  const current = counted.filter(reading => reading.generation === generation)
  const affirmed = current.filter(isTrue).map(({ adapter }) => adapter)
  const isReconciled = !isDeleting && required.length > 0 && affirmed.length === required.length
  const { reason, message } = isReconciled ? WORDS_OF_RECONCILED : wordsOfMissing(assessment, affirmed)
  return {
    status: isReconciled ? 'True' : 'False',
    reason,
    message,
    observedGeneration: generation,
    lastUpdatedTime: earliestTime(current) ?? specChangedTime,
  }
}

/** Contract 6.15. */
function wordsOfMissing(
  { counted, required, unfinished, isDeleting }: Assessment,
  affirmed: readonly string[],
): Pick<Verdict, 'reason' | 'message'> {
  if (isDeleting && unfinished.length === 0)
    return {
      reason: 'ReconciledWaitingForChildren',
      message:
        'Deletion in progress. All required adapters reported Finalized=True but child resources still exist',
    }
  const wanted = isDeleting ? 'Finalized=True' : 'Available=True'
  const missing = isDeleting ? unfinished : required.filter(adapter => !affirmed.includes(adapter))
  const reporting = counted.map(({ adapter }) => adapter)
  return {
    reason: 'ReconciledMissingAdapters',
    message: `Required adapters not reporting ${wanted}: [${missing.join(', ')}]. Currently reporting: [${reporting.join(', ')}]`,
  }
}

/** Contract 6.17-6.19. */
export function judgeLastKnownReconciled(previous: ResourceCondition, assessment: Assessment): Verdict {
  const { counted, required } = assessment
  const held = previous.observedGeneration
  const isMissing = required.length === 0 || counted.length < required.length
  const isAffirmed = !isMissing && counted.every(isTrue)
  const common = isAffirmed ? findCommonGeneration(assessment) : undefined
  const isDenied = counted.some(reading => isFalse(reading) && reading.generation === held)
  const isKept = !isMissing && previous.status === 'True' && !isDenied
  if (common !== undefined || isKept)
    return {
      status: 'True',
      reason: 'AllAdaptersReconciled',
      message: 'All required adapters report Available=True for the tracked generation',
      observedGeneration: common ?? held,
      lastUpdatedTime: common === undefined ? undefined : earliestTime(counted),
    }
  const observedGeneration = greatestGeneration(assessment) ?? held
  const observed = counted.filter(({ generation }) => generation === observedGeneration)
  const { reason, message } = wordsOfUnreconciled(isMissing, isAffirmed)
  return {
    status: 'False',
    reason,
    message,
    observedGeneration,
    lastUpdatedTime: observed.some(isFalse) ? earliestTime(observed) : undefined,
  }
}

/** Contract 6.19. */
function wordsOfUnreconciled(isMissing: boolean, isAffirmed: boolean): Pick<Verdict, 'reason' | 'message'> {
  if (isMissing)
    return {
      reason: 'AdaptersMissingReports',
      message: 'Required adapters have not yet reported status',
    }
  if (!isAffirmed)
    return {
      reason: 'AdapterReportedNotAvailable',
      message: 'One or more required adapters report Available=False',
    }
  return {
    reason: 'AdaptersNotAtSameGeneration',
    message: 'Required adapters do not report a consistent Available state',
  }
}
