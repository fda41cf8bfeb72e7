// The compact form of conditions beside the writer of documents: rendering gives the same bytes as writing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { renderCompact, writeCompact } from '../../src/state/compact-conditions.ts'
import { encodeConditions } from '../../src/state/document.ts'
import { DocumentWriter } from '../../src/state/document-writer.ts'
import { bytesIn } from '../../src/state/layout.ts'
import type { ResourceCondition } from '../../src/state/records.ts'
import { formatInstant } from '../../src/wire/instant.ts'
import { runSeed } from '../harness/random.ts'

/** Texts of clients and of the server, with escapes, halves of pairs, and characters of several bytes. */
const text = fc.oneof(
  fc.constantFrom(
    ...['', 'Ready', 'Available', 'AwaitingAdapters', 'Cluster is accessible', '__proto__', 'constructor'],
    ...['"', '\\', 'é', '\u{1f600}', '\ud800', '\udc00x', '\n\u0000', '\u2028', 'a'.repeat(200)],
  ),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
)
const instant = fc.oneof(
  fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
  // Few distinct ones, as in documents.
  fc.integer({ min: 0, max: 3 }).map(second => 1_750_000_000_000_000n + BigInt(second) * 1_000_000n),
)
const condition = fc
  .record({
    type: text,
    status: fc.constantFrom('True' as const, 'False' as const),
    observedGeneration: fc.oneof(fc.nat(300), fc.nat(), fc.maxSafeNat()),
    createdTime: instant,
    lastUpdatedTime: instant,
    lastTransitionTime: instant,
    said: fc.record({ reason: text, message: text }, { requiredKeys: [] }),
  })
  .map(({ said, ...members }): ResourceCondition => ({ ...members, ...said }))

/** The slow way to the same text. */
function slowText(conditions: readonly ResourceCondition[]): string {
  const documents = conditions.map(each => ({
    type: each.type,
    status: each.status,
    reason: each.reason,
    message: each.message,
    observed_generation: each.observedGeneration,
    created_time: formatInstant(each.createdTime),
    last_updated_time: formatInstant(each.lastUpdatedTime),
    last_transition_time: formatInstant(each.lastTransitionTime),
  }))
  return `,"status":{"conditions":${JSON.stringify(documents)}}}`
}

function compactOf(conditions: readonly ResourceCondition[]): Buffer {
  const out = new DocumentWriter()
  // A place in the middle, where a journal entry has it.
  out.write('before')
  const start = out.end
  writeCompact(out, conditions)
  return Buffer.from(out.bytes.subarray(start, out.end))
}

function rendered(bytes: Buffer): string {
  const out = new DocumentWriter()
  renderCompact(out, { bytes, offset: 0, length: bytes.length })
  return out.bytes.toString('utf8', 0, out.end)
}

test('conditions in compact form are rendered to the bytes that a document has (contract 3.7, 3.8)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const holds = fc.property(fc.array(condition, { maxLength: 12 }), conditions => {
    const text = rendered(compactOf(conditions))
    assert.equal(text, slowText(conditions))
    assert.equal(text, String(bytesIn(encodeConditions(conditions))))
  })
  fc.assert(holds, { seed, numRuns: 2000 })
})

test('many conditions, texts and times come back', () => {
  const conditions = Array.from({ length: 500 }, (_, i): ResourceCondition => {
    const time = BigInt(i) * 1_000_003n
    return {
      ...{
        type: `Adapter${i}Successful`,
        status: 'True',
        reason: 'é'.repeat(i),
        observedGeneration: 2 ** 40,
      },
      ...{ createdTime: time, lastUpdatedTime: -time, lastTransitionTime: time + 1n },
    }
  })
  assert.equal(rendered(compactOf(conditions)), slowText(conditions))
})

test('a broken form is refused, wherever it is broken', () => {
  const times = { createdTime: 5n, lastUpdatedTime: 6n, lastTransitionTime: 5n }
  const compact = compactOf([
    { type: 'Ready', status: 'True', observedGeneration: 300, ...times },
    { type: 'DnsSuccessful', status: 'False', reason: 'é', message: 'm', observedGeneration: 1, ...times },
  ])
  for (let length = 0; length < compact.length; length++)
    assert.throws(() => rendered(compact.subarray(0, length)), `cut to ${length}`)
  assert.throws(() => rendered(Buffer.concat([compact, Buffer.from('x')])), /more than their form allows/)
  // Any other byte gives an error or another text, and never reads beyond the end.
  for (let at = 0; at < compact.length; at++) {
    const changed = Buffer.from(compact)
    changed[at] = (changed[at] ?? 0) ^ 0x55
    try {
      assert.notEqual(rendered(changed), rendered(compact), `byte ${at}`)
    } catch (error) {
      assert.ok(error instanceof Error && /conditions/.test(error.message), `byte ${at}: ${error}`)
    }
  }
})
