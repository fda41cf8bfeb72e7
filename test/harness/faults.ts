// Expected answers to bodies that fail validation (contract 4.7).
import assert from 'node:assert/strict'
import type { TestAnswer } from './client.ts'
import { assertProblem } from './problem.ts'

/** Holds an answer to find fault with exactly these fields, each with a constraint and a message. */
export function assertFaults(answer: TestAnswer, ...fields: readonly string[]): void {
  assertProblem(answer, 'HYPERFLEET-VAL-000')
  assert.ok(answer.json.detail.length > 0, answer.text)
  for (const fault of answer.json.errors) {
    assert.match(fault.constraint, /^\S+$/, answer.text)
    assert.ok(fault.message.length > 0, answer.text)
  }
  assert.deepEqual(faultyFields(answer), [...fields].sort(), answer.text)
}

/** The fields that a problem finds fault with, each once, sorted. */
export function faultyFields(answer: TestAnswer): string[] {
  const fields: string[] = answer.json.errors.map((fault: { field: string }) => fault.field)
  return [...new Set(fields)].sort()
}

/** Holds a problem's detail to have these words. */
export function assertDetail(answer: TestAnswer, ...words: readonly string[]): void {
  for (const word of words) assert.ok(answer.json.detail.includes(word), `no '${word}' in ${answer.text}`)
}
