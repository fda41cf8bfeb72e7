// Search: values in the spec (contract 13.2-13.4).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, refusal } from '../harness/find.ts'

/** The specs of a fleet as the clients write them, by name. */
const SPECS: Readonly<Record<string, string>> = {
  text: '{"v":"5","region":"eu","network":{"type":"ovn","mtu":1400}}',
  number: '{"v":5,"region":"us","network":{"type":"sdn","mtu":9000}}',
  decimal: '{"v":5.0,"region":"é😀"}',
  power: '{ "v" : 50e-1 , "region" : null }',
  word: '{"v":true}',
  falsehood: '{"v":false}',
  nothing: '{"v":null}',
  object: '{"v":{"w":1}}',
  array: '{"v":[5]}',
  other: '{"w":5}',
  twice: '{"v":5,"v":"last","network":{"type":"ovn"},"network":1}',
  escaped: '{"\\u0076":"\\u0035","r\\u0065gion":"\\u0065u"}',
  huge: '{"v":1e400}',
  precise: '{"v":12345678901234567890}',
  lone: '{"v":"\\ud800"}',
  proto: '{"__proto__":"p","constructor":{"name":"c"},"0":"zero"}',
  deep: '{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":"end"}}}}}}}}',
}
const ALL = Object.keys(SPECS)

/** The names of the fleet but for some. */
function allBut(...names: readonly string[]): string {
  return ALL.filter(name => !names.includes(name))
    .sort()
    .join(' ')
}

async function prepare({ client }: Bench): Promise<void> {
  for (const [name, spec] of Object.entries(SPECS)) {
    const body = `{"kind":"Cluster","name":"${name}","spec":${spec}}`
    const { status } = await client.send('/clusters', { method: 'POST', body })
    assert.equal(status, 201)
  }
}

benchOnBothEngines('values in the spec in a search', bench => {
  before(() => prepare(bench))

  test('contract 13.2: a path reaches into objects; strings are themselves, other scalars their characters', async () => {
    await expectFinds(bench.client, [
      ["spec.region = 'eu'", 'escaped text'],
      ["spec.network.type = 'ovn'", 'text'],
      ["spec.network.mtu = '1400'", 'text'],
      ["spec.v = '5'", 'escaped number text'],
      ["spec.v = '5.0'", 'decimal'],
      ["spec.v = 'true'", 'word'],
      ["spec.v in ('true', 'false', '1e400')", 'falsehood huge word'],
      ["spec.region = 'é😀'", 'decimal'],
      ["spec.a.b.c.d.e.f.g.h = 'end'", 'deep'],
      ["spec.__proto__ = 'p' and spec.constructor.name = 'c' and spec.0 = 'zero'", 'proto'],
      ['spec.toString is not null or spec.length is not null', ''],
    ])
  })

  test('contract 13.2: null and a missing key are no value', async () => {
    await expectFinds(bench.client, [
      ['spec.region is not null', 'decimal escaped number text'],
      ['spec.v is null', 'deep nothing other proto'],
      ["spec.v is null and spec.w != 'x'", 'deep nothing other proto'],
      ['spec.region.name is null and spec.region is not null', 'decimal escaped number text'],
    ])
  })

  test('contract 13.2: an object or array has a value that only is null looks at', async () => {
    await expectFinds(bench.client, [
      ["spec.v is not null and spec.v not like '%'", 'array object'],
      ["spec.v != '[5]' and name = 'array'", 'array'],
      ["spec.v = '[5]' or spec.v = '{\"w\":1}' or spec.v like '%w%'", ''],
      ["spec.v > 0 and name = 'array'", ''],
      [
        "spec.v not in ('a') and not spec.v < 'z' and not spec.v >= '' and name in ('array', 'object')",
        'array object',
      ],
      ['spec.v.w = 1', 'object'],
      ['spec.network.type is null and spec.network is not null', 'twice'],
    ])
  })

  test('contract 13.2: the last of two equal keys counts, and keys are compared after their escapes are decoded', async () => {
    await expectFinds(bench.client, [
      ["spec.v = 'last'", 'twice'],
      ["name = 'twice' and spec.v = 5", ''],
      ["name = 'twice' and spec.network.type = 'ovn'", ''],
      ["name = 'escaped' and spec.v = 5 and spec.region = 'eu'", 'escaped'],
    ])
  })

  test('contract 13.3: an unquoted number compares by exact decimal value with numbers, and with strings that are numbers', async () => {
    const fives = 'decimal escaped number power text'
    await expectFinds(bench.client, [
      ['spec.v = 5', fives],
      ['spec.v = 5.00', fives],
      ['spec.v = +50e-1', fives],
      ['spec.v in (4, 5, 6)', fives],
      ['spec.v between 4.9 and 5.1', fives],
      ['spec.v > 5', 'huge precise'],
      ['spec.v >= 1e400', 'huge'],
      ['spec.v > 1e399', 'huge'],
      ['spec.v < 1e999999999 and spec.v > 12345678901234567889.5', 'huge precise'],
      ['spec.v = 12345678901234567891', ''],
      ['spec.v = 12345678901234567890.0', 'precise'],
      ['spec.v != 5', allBut('decimal', 'escaped', 'number', 'power', 'text')],
      ['spec.v not in (5)', allBut('decimal', 'escaped', 'number', 'power', 'text')],
      ['spec.v not between 4 and 6', allBut('decimal', 'escaped', 'number', 'power', 'text')],
      [
        "not spec.v < 1e999999999 and name in ('word', 'twice', 'lone', 'nothing', 'huge')",
        'lone nothing twice word',
      ],
    ])
  })

  test('contract 13.3: if not all literals are unquoted numbers they compare as texts', async () => {
    await expectFinds(bench.client, [
      ["spec.v in (5, 'x')", 'escaped number text'],
      ["spec.v between 5 and '5'", 'escaped number text'],
      ["spec.v between '5' and 5.0", 'decimal escaped number text'],
      ['spec.v in ()', ''],
      ['spec.v not in ()', allBut()],
    ])
  })

  test('contract 13.3: strings compare by code point, and all text operators apply', async () => {
    await expectFinds(bench.client, [
      ["spec.region < 'us'", 'escaped text'],
      ["spec.region >= 'us'", 'decimal number'],
      ["spec.region like '_😀'", 'decimal'],
      ["spec.region ilike 'E_'", 'escaped text'],
      ["spec.region ilike 'É%'", 'decimal'],
      ["spec.region not like 'e%'", allBut('text', 'escaped')],
      ["spec.v like '5%'", 'decimal escaped number power text'],
      ["spec.v like '_' and spec.v > '\ud7ff' and spec.v < '\ue000'", 'lone'],
      ["spec.v ilike 'TR%'", 'word'],
    ])
  })

  test('contract 13.4: not above a path is as above labels, so that it finds what lacks a value', async () => {
    await expectFinds(bench.client, [
      ["not spec.region = 'eu'", allBut('text', 'escaped')],
      ["spec.region != 'eu'", allBut('text', 'escaped')],
      [
        "not (spec.region = 'eu' or spec.v is null)",
        'array decimal falsehood huge lone number object power precise twice word',
      ],
      ["not not spec.network.type = 'ovn'", 'text'],
    ])
  })

  test('contract 13.4: spec alone and more than eight keys are refused', async () => {
    for (const field of ['spec', 'spec.a.b.c.d.e.f.g.h.i', 'Spec.region'])
      await refusal(bench.client, `${field} = 'x'`, `${field} is not a valid field name`)
    await refusal(bench.client, 'spec is not null', 'spec is not a valid field name')
    const answer = await refusal(
      bench.client,
      "spec.a-b = 'x'",
      "Failed to parse search query: spec.a-b = 'x'",
    )
    assert.match(answer.json.errors[0].message, /letters A to Z, digits, underscores and dots/)
  })

  test('contract 13.2: nodepools have their own specs', async () => {
    const { client } = bench
    const { id } = await client.cluster('owner')
    await client.nodepool(id, 'small', { spec: { replicas: 2 } })
    await client.nodepool(id, 'large', { spec: { replicas: 20 } })
    const cases = [
      ['spec.replicas > 3', 'large'],
      ['spec.replicas < 10 or spec.replicas is null', 'small'],
    ] as const
    await expectFinds(client, cases, '/nodepools')
    await expectFinds(client, cases, `/clusters/${id}/nodepools`)
  })

  test('contract 9.1, 13.3: no value and no literal gives a 5xx', async () => {
    const { client } = bench
    const digits = '9'.repeat(4000)
    for (const search of [
      `spec.v < ${digits}`,
      `spec.v > 1e${digits}`,
      `spec.v = -1e-${digits}`,
      `spec.v = '${digits}'`,
    ])
      await expectFinds(client, [[`${search} and name = 'none'`, '']])
  })
})
