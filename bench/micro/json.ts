// Bodies: reading one of about 1 KB as JSON that is kept as written, compared with V8's parser as the ceiling.
import type { Bench } from 'tinybench'
import { readJsonObject } from '../../src/wire/json.ts'
import { sameJsonValue } from '../../src/wire/json-compare.ts'

/** A create request as clients send them. */
function sampleBody(): Buffer {
  const pools = Array.from({ length: 8 }, (_, i) => ({
    name: `pool-${i}`,
    size: i + 3,
    zones: ['a', 'b', 'c'],
  }))
  const spec = { region: 'us-east', version: '4.18.3', network: { cidr: '10.0.0.0/16', mtu: 1500 }, pools }
  return Buffer.from(JSON.stringify({ kind: 'Cluster', name: 'sample', labels: { env: 'dev' }, spec }))
}

export function jsonBenchmarks(bench: Bench): void {
  const body = sampleBody()
  const text = body.toString()
  const respaced = JSON.stringify(JSON.parse(text), null, 2)
  bench
    .add(`JSON.parse of ${body.length} bytes (ceiling)`, () => JSON.parse(body.toString()))
    .add('readJsonObject of the same', () => readJsonObject(body, { maxDepth: 64 }))
    .add('sameJsonValue, identical text', () => sameJsonValue(text, text))
    .add('sameJsonValue, other spacing', () => sameJsonValue(text, respaced))
}
