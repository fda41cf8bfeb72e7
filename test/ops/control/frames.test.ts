import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeFrames, encodeFrames } from '../../../src/ops/control/frames.ts'
import type { CopyPart } from '../../../src/store/copy/copy.ts'
import { encodeGroup } from '../../../src/store/journal/group.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const bytes = fc.uint8Array({ maxLength: 300 }).map(array => Buffer.from(array))
const count = fc.nat(1_000_000)
const time = fc.option(fc.bigInt(-(2n ** 62n), 2n ** 62n), { nil: undefined })

const PLAIN = { noNullPrototype: true } as const

const part: fc.Arbitrary<CopyPart> = fc.oneof(
  fc.record({ kind: fc.constant('start' as const), folded: count, records: count }, PLAIN),
  fc.record({ kind: fc.constant('record' as const), key: fc.string(), value: bytes }, PLAIN),
  fc.record({ kind: fc.constant('removals' as const), key: fc.string(), value: bytes }, PLAIN),
  fc
    .tuple(fc.integer({ min: 9, max: Number.MAX_SAFE_INTEGER }), fc.integer({ min: 1, max: 9 }))
    .map(([last, changes]) => ({
      kind: 'group' as const,
      ...encodeGroup(last, undefined, Array(changes).fill([])),
    })),
  fc.record(
    {
      kind: fc.constant('end' as const),
      sequence: fc.maxSafeNat(),
      counts: fc.record({ clusters: count, nodepools: count, statuses: count }, PLAIN),
      watermarks: fc.record(
        { latestTime: time, latestId: fc.option(fc.string(), { nil: undefined }) },
        PLAIN,
      ),
      cursor: fc.option(fc.string(), { nil: undefined }),
      removalsAfter: fc.option(count, { nil: undefined }),
    },
    PLAIN,
  ),
)

async function* cut(whole: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [0, ...cuts.map(place => place % (whole.length + 1)).sort((a, b) => a - b), whole.length]
  for (const [i, from] of places.slice(0, -1).entries()) yield whole.subarray(from, places[i + 1])
}

async function decoded(pieces: AsyncIterable<Buffer>): Promise<CopyPart[]> {
  const parts: CopyPart[] = []
  for await (const some of decodeFrames(pieces)) parts.push(...some)
  return parts
}

test('the parts of a copy pass the socket unchanged, in pieces of any size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.array(fc.nat()), async (parts, cuts) => {
      assert.deepEqual(await decoded(cut(encodeFrames(parts), cuts)), parts)
    }),
    { seed: SEED, numRuns: 300 },
  )
})

test('input that is cut off, not a copy, or of another version is refused', async () => {
  const whole = encodeFrames([{ kind: 'record', key: 'Cluster/2a', value: Buffer.from('value') }])
  await assert.rejects(decoded(cut(whole.subarray(0, -1), [])), /middle of a frame/)
  await assert.rejects(
    decoded(cut(Buffer.from('HTTP/1.1 400 Bad Request'), [])),
    /something other than a copy/,
  )
  const unknown = Buffer.from([1, 0, 0, 0, 99])
  await assert.rejects(decoded(cut(unknown, [])), /unknown kind 99/)
  const later = Buffer.from('{"protocol":2}')
  const frame = Buffer.concat([Buffer.from([later.length + 1, 0, 0, 0, 1]), later])
  await assert.rejects(decoded(cut(frame, [])), /uses version 2 of the copy protocol/)
})
