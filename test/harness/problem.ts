// Required properties of every problem, by its code (contract, section 9).
import assert from 'node:assert/strict'
import { PROBLEMS, type ProblemCode } from '../../src/api/problems.ts'
import type { TestAnswer } from './client.ts'

/** Holds an answer to be the problem of this code, with exactly this detail where one is given. */
export function assertProblem(answer: TestAnswer, code: ProblemCode, detail?: string): void {
  const { status, slug, title } = PROBLEMS[code]
  assert.equal(answer.json?.code, code, answer.text)
  assert.equal(answer.status, status)
  assert.equal(answer.json.type, `https://api.hyperfleet.io/errors/${slug}`)
  assert.equal(answer.json.title, title)
  if (detail !== undefined) assert.equal(answer.json.detail, detail)
}
