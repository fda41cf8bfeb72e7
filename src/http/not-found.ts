// The answers for resources that are not there (contract, section 9).
import { type ProblemAnswer, problem } from './problems.ts'

export function clusterNotFound(id: string): ProblemAnswer {
  return problem('HYPERFLEET-NTF-002', `Cluster with id '${id}' not found`)
}

export function nodepoolNotFound(id: string): ProblemAnswer {
  return problem('HYPERFLEET-NTF-003', `NodePool with id '${id}' not found`)
}
