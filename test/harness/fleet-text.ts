// Everything that a server stores, as it serves it.
import assert from 'node:assert/strict'
import type { TestClient } from './client.ts'

/** All clusters, nodepools and statuses as text; two of them are equal when nothing has changed in between. */
export async function fleetText(client: TestClient): Promise<string> {
  const read = async (path: string) => {
    const { status, json, text } = await client.get(`${path}?pageSize=1000`)
    assert.equal(status, 200, text)
    assert.equal(json.items.length, json.total, 'the fleet of a test fits a page')
    return { text, items: json.items }
  }
  const [clusters, nodepools] = [await read('/clusters'), await read('/nodepools')]
  const paths: string[] = [
    ...clusters.items.map(({ id }: { id: string }) => `/clusters/${id}/statuses`),
    ...nodepools.items.map(
      ({ id, owner_references: owner }: { id: string; owner_references: { id: string } }) =>
        `/clusters/${owner.id}/nodepools/${id}/statuses`,
    ),
  ]
  const statuses = await Promise.all(paths.map(read))
  return [clusters, nodepools, ...statuses].map(({ text }) => text).join('\n')
}
