// Searching in tests: the names that a search finds, and the problem that it is refused with.
import assert from 'node:assert/strict'
import type { TestAnswer, TestClient } from './client.ts'
import { assertProblem } from './problem.ts'

/** The names that a search of a list finds, sorted and separated by spaces. */
export async function findNames(client: TestClient, search: string, path = '/clusters'): Promise<string> {
  const { status, text, json } = await client.list(path, { search, pageSize: 1000 })
  assert.equal(status, 200, `${search}: ${text}`)
  assert.equal(json.total, json.items.length)
  return json.items
    .map(({ name }: { name: string }) => name)
    .sort()
    .join(' ')
}

/** Holds each search to find exactly these names. */
export async function expectFinds(
  client: TestClient,
  cases: readonly (readonly [search: string, names: string])[],
  path = '/clusters',
): Promise<void> {
  for (const [search, names] of cases) assert.equal(await findNames(client, search, path), names, search)
}

/** Holds a search to be refused with `HYPERFLEET-VAL-005`, with exactly this detail where one is given. */
export async function refusal(
  client: TestClient,
  search: string,
  detail?: string,
  path = '/clusters',
): Promise<TestAnswer> {
  const answer = await client.list(path, { search })
  assert.equal(answer.status, 400, `${search}: ${answer.text}`)
  assertProblem(answer, 'HYPERFLEET-VAL-005', detail)
  return answer
}

/** The same, for a search that does not parse (contract 8.10). */
export function syntaxRefusal(client: TestClient, search: string, path = '/clusters'): Promise<TestAnswer> {
  return refusal(client, search, `Failed to parse search query: ${search.trim()}`, path)
}
