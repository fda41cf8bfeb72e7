import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeBody } from '../../src/state/document.ts'
import { hasId, hasName, idIn, nameIn, ownerIdIn } from '../../src/state/layout.ts'
import { runSeed } from '../harness/random.ts'
import { clusterOf, nodepoolOf } from '../store/samples.ts'

const seed = runSeed()
/** Texts that the contract allows, and any others. */
const names = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/),
  fc.string({ unit: 'binary' }),
)

test(`ids, names and owners are read from a body as they were written (contract 3.1, 3.3), seed ${seed}`, () => {
  const property = fc.property(names, names, names, (id, name, other) => {
    const cluster = encodeBody({ kind: 'resource', record: clusterOf(1, { id, name }) }, 7)
    const nodepool = encodeBody(
      { kind: 'resource', record: nodepoolOf(2, 1, { id, name, ownerId: other }) },
      8,
    )
    for (const [kind, body] of [
      ['Cluster', cluster],
      ['NodePool', nodepool],
    ] as const) {
      assert.equal(idIn(kind, body), id)
      assert.equal(nameIn(kind, body), name)
      assert.equal(hasId(kind, body, id), true)
      assert.equal(hasId(kind, body, other), other === id)
      assert.equal(hasName(kind, body, name), true)
      assert.equal(hasName(kind, body, other), other === name)
    }
    assert.equal(ownerIdIn(nodepool), other)
  })
  fc.assert(property, { seed, numRuns: 2000 })
})

test('a text that goes on behind the end of an id or a name is another text (contract 3.2)', () => {
  const body = encodeBody({ kind: 'resource', record: clusterOf(1, { id: 'abc', name: 'def' }) }, 0)
  assert.equal(hasId('Cluster', body, 'abc","href'), false)
  assert.equal(hasName('Cluster', body, 'def","generation'), false)
  assert.equal(hasId('Cluster', body, 'ab'), false)
  assert.equal(hasId('Cluster', body, ''), false)
})
