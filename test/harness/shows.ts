// Comparison with an example of a document: what it shows must be there; what it leaves out may be there too.
import assert from 'node:assert/strict'

/** A member of an example that cannot be known before, such as an id. */
export type Placeholder = (value: unknown) => boolean

/** The form of a documented id, `2<base62>`. */
export const anyId: Placeholder = value => typeof value === 'string' && /^2[0-9A-Za-z]+$/.test(value)
export const anything: Placeholder = value => value !== undefined

/** Holds a value to have every member of the example. Lists have the same length. */
export function assertShows(value: unknown, example: unknown, path = 'the answer'): void {
  if (typeof example === 'function') {
    assert.ok(example(value), `${path} is ${JSON.stringify(value)}`)
    return
  }
  if (typeof example !== 'object' || example === null) {
    assert.deepEqual(value, example, path)
    return
  }
  assert.ok(typeof value === 'object' && value !== null, `${path} is ${JSON.stringify(value)}`)
  if (Array.isArray(example)) assert.equal(Reflect.get(value, 'length'), example.length, path)
  for (const [name, member] of Object.entries(example))
    assertShows(Reflect.get(value, name), member, `${path}.${name}`)
}
