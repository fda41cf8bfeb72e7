// Projections of stored documents, compared with an obvious selection from all of a document (contract 13.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Projection } from '../../src/state/projection.ts'
import type { Resource } from '../../src/state/records.ts'
import { JsonBuffer } from '../../src/wire/json-buffer.ts'
import { StateBuilder } from '../harness/state.ts'
import { condition, instant, resource } from '../search/sample.ts'
import { chooser, jsonObject, write } from '../wire/json-oracle.ts'
import { holds } from '../wire/random.ts'
import { compact, naiveProjection } from './projection-oracle.ts'

function pathsOf(items: readonly string[]): string[][] {
  return items.map(item => (item.startsWith('labels.') ? ['labels', item.slice(7)] : item.split('.')))
}

/** The document of a resource, and a projection of it. */
function project(record: Resource, ...items: readonly string[]) {
  const builder = new StateBuilder()
  if (record.ownerId !== undefined) builder.put(resource({ id: record.ownerId }))
  builder.put(record)
  const entry = builder.state.resource(record.kind, record.id)
  assert(entry !== undefined)
  const texts = [entry, entry.version, entry.kept()].map(version => {
    const out = new JsonBuffer()
    new Projection(pathsOf(items)).write(version, out)
    return out.taken().toString()
  })
  assert.equal(new Set(texts).size, 1, 'the same for every form of a version')
  return { document: entry.json.toString(), text: texts[0] ?? '' }
}

const TIME = instant('2026-01-02T03:04:05Z')
const FULL = resource({
  kind: 'NodePool',
  id: '2n1',
  name: 'pool',
  ownerId: '2c1',
  spec: '{ "a" : {"b":-0.50e+3, "\\u0063":[{"d":1}]}, "a.b":1, "e":null, "__proto__":{"x":"é"},"a":{"b":2,"z":{}} }',
  labels: { env: 'prod', 'app.kubernetes.io/name': 'x,"y"', '': 'empty' },
  deletedTime: TIME,
  deletedBy: 'grace@example.com',
  conditions: [
    condition({ type: 'Available', reason: 'R', message: 'says "hi", {and} [more]' }),
    condition({ type: 'Ready', status: 'False' }),
    condition({ type: 'DnsSuccessful', reason: 'D' }),
  ],
})

const PROJECTIONS: readonly (readonly [items: string, expected: string])[] = [
  ['', '{"id":"2n1"}'],
  ['id', '{"id":"2n1"}'],
  ['name,kind', '{"kind":"NodePool","id":"2n1","name":"pool"}'],
  ['generation,id,generation', '{"id":"2n1","generation":1}'],
  ['owner_references.id', '{"id":"2n1","owner_references":{"id":"2c1"}}'],
  ['deleted_by,created_by', '{"id":"2n1","created_by":"user@example.com","deleted_by":"grace@example.com"}'],
  ['labels.env', '{"id":"2n1","labels":{"env":"prod"}}'],
  ['labels.app.kubernetes.io/name', '{"id":"2n1","labels":{"app.kubernetes.io/name":"x,\\"y\\""}}'],
  ['labels.', '{"id":"2n1","labels":{"":"empty"}}'],
  ['labels.none,labels.env.x', '{"id":"2n1"}'],
  ['spec.a.b', '{"id":"2n1","spec":{"a":{"b":2}}}'],
  ['spec.a.c', '{"id":"2n1"}'],
  ['spec.a.z', '{"id":"2n1","spec":{"a":{"z":{}}}}'],
  ['spec.__proto__,spec.e', '{"id":"2n1","spec":{"e":null,"__proto__":{"x":"é"}}}'],
  ['spec.e.x,kind.x,id.x', '{"id":"2n1"}'],
  [
    'status.conditions.Ready.status,generation',
    '{"id":"2n1","generation":1,"status":{"conditions":[{"status":"False"}]}}',
  ],
  [
    'status.conditions.type',
    '{"id":"2n1","status":{"conditions":[{"type":"Available"},{"type":"Ready"},{"type":"DnsSuccessful"}]}}',
  ],
  [
    'status.conditions.reason,status.conditions.message',
    '{"id":"2n1","status":{"conditions":[{"reason":"R","message":"says \\"hi\\", {and} [more]"},{"reason":"D"}]}}',
  ],
  ['status.conditions.Nobody,status.phase,status.conditions.Ready.x', '{"id":"2n1"}'],
  [
    'status.conditions.DnsSuccessful.type,status.conditions.status',
    '{"id":"2n1","status":{"conditions":[{"status":"True"},{"status":"False"},{"type":"DnsSuccessful","status":"True"}]}}',
  ],
]

for (const [items, expected] of PROJECTIONS)
  test(`contract 13.7: the fields '${items}'`, () => {
    const wanted = items === '' ? [] : items.split(',')
    const { document, text } = project(FULL, ...wanted)
    assert.equal(text, expected)
    assert.equal(naiveProjection(document, wanted), compact(expected), 'the oracle agrees')
  })

test('contract 13.7: whole members are the same characters as without fields', () => {
  const { document, text } = project(FULL, 'spec', 'status', 'labels', 'spec.a')
  assert.ok(text.includes(FULL.spec))
  for (const key of ['"spec":', '"labels":', '"status":'])
    assert.ok(document.includes(text.slice(text.indexOf(key), text.indexOf(key) + 40)), key)
  const all =
    'kind,href,name,owner_references,generation,spec,labels,created_time,updated_time,created_by,updated_by'
  assert.equal(project(FULL, ...all.split(','), 'deleted_time', 'deleted_by', 'status').text, document)
  assert.equal(
    project(FULL, ...all.split(','), 'deleted_time', 'deleted_by', 'status.conditions').text,
    document,
  )
})

test('contract 13.7: one condition is the same characters as in the document', () => {
  const { document, text } = project(FULL, 'status.conditions.Available', 'status.conditions.type')
  const [whole = ''] = /\{"type":"Available".*?Z"\}/.exec(document) ?? []
  assert.equal(
    text,
    `{"id":"2n1","status":{"conditions":[${whole},{"type":"Ready"},{"type":"DnsSuccessful"}]}}`,
  )
})

test('contract 13.7: what a resource lacks is left out, and empty values are not', () => {
  const bare = resource({ labels: {}, spec: '{}', conditions: [] })
  assert.equal(
    project(bare, 'deleted_time', 'owner_references', 'labels.a', 'status.conditions.type').text,
    '{"id":"2c1"}',
  )
  assert.equal(
    project(bare, 'labels', 'spec', 'status').text,
    '{"id":"2c1","spec":{},"labels":{},"status":{"conditions":[]}}',
  )
  assert.equal(project(resource(), 'labels').text, '{"id":"2c1"}')
})

const item = fc.oneof(
  fc.constantFrom(
    'id',
    'kind',
    'name',
    'spec',
    'labels',
    'status',
    'generation',
    'updated_time',
    'deleted_by',
  ),
  fc.constantFrom(
    'labels.env',
    'labels.app.kubernetes.io/name',
    'status.conditions',
    'owner_references.href',
  ),
  fc
    .constantFrom(
      'Ready',
      'Available',
      'DnsSuccessful',
      'type',
      'reason',
      'Ready.status',
      'DnsSuccessful.message',
    )
    .map(name => `status.conditions.${name}`),
  fc
    .array(fc.constantFrom('a', '__proto__', '', '0', 's', '"', '\\', '😀'), { minLength: 1, maxLength: 3 })
    .map(keys => ['spec', ...keys].join('.')),
)

test('random fields of random documents are those of an obvious selection (contract 13.7)', () => {
  holds(
    fc.tuple(jsonObject, fc.array(item, { maxLength: 5 }), fc.nat(), fc.subarray([...FULL.conditions])),
    ([spec, items, seed, conditions]) => {
      const record = { ...(seed % 2 === 0 ? FULL : resource()), spec: write(spec, chooser(seed)), conditions }
      const { document, text } = project(record, ...items)
      assert.equal(compact(text), naiveProjection(document, items))
    },
    1000,
  )
})
