// The buffer for JSON, against joining strings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonBuffer } from '../../src/wire/json-buffer.ts'
import { holds } from './random.ts'

test('pieces of every length are in the buffer one after another', () => {
  const source = Buffer.from(
    Array.from({ length: 5000 }, (_, i) => String.fromCharCode(32 + (i % 90))).join(''),
  )
  const piece = fc.oneof(
    fc.record({ start: fc.nat(4000), length: fc.oneof(fc.nat(200), fc.nat(1000)) }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
  )
  holds(fc.array(piece, { maxLength: 60 }), pieces => {
    const out = new JsonBuffer()
    let expected = ''
    for (const some of pieces) {
      if (typeof some === 'string') {
        out.write(some)
        expected += some
      } else {
        out.copy(source, some.start, some.start + some.length)
        expected += source.toString('latin1', some.start, some.start + some.length)
      }
      assert.equal(out.length, expected.length)
    }
    assert.equal(out.taken().toString('latin1'), expected)
  })
})
