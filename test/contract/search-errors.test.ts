// Search: messages of refused queries.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { refusal, syntaxRefusal } from '../harness/find.ts'

const READY_ONLY_EQUALITY = 'only equality operator (=) is supported for condition status queries'
const NOT_SUPPORTED =
  "NOT operator is not supported with condition queries; use the inverse condition instead (e.g., Ready='False')"

benchOnBothEngines('the errors of a search', bench => {
  test('contract 8.10: a refusal is a bad request, complete in every member', async () => {
    const { json, headers } = await refusal(bench.client, 'nope = 5', 'nope is not a valid field name')
    assert.deepEqual(Object.keys(json), [
      'type',
      'title',
      'status',
      'detail',
      'instance',
      'code',
      'timestamp',
      'trace_id',
      'errors',
    ])
    assert.equal(json.type, 'https://api.hyperfleet.io/errors/bad-request')
    assert.equal(json.title, 'Bad Request')
    assert.equal(json.instance, '/api/hyperfleet/v1/clusters')
    assert.equal(headers['content-type'], 'application/problem+json')
  })

  test('contract 8.10: the detail of a syntax error is a fixed text with the trimmed query', async () => {
    for (const search of [
      'invalid-query',
      '  name =  ',
      "\n name = 'it's'\t",
      '😀',
      '(',
      `name = ${'"'}x${'"'}`,
    ])
      await syntaxRefusal(bench.client, search)
  })

  test('contract 8.10: the first error of a syntax error has offset, found and expected text', async () => {
    const { json } = await syntaxRefusal(bench.client, "name = 'ann' and = 5")
    const [error] = json.errors
    assert.deepEqual(
      Object.keys(error).sort(),
      ['field', 'constraint', 'message', 'offset', 'found', 'expected'].sort(),
    )
    assert.equal(error.field, 'search')
    assert.equal(error.constraint, 'syntax')
    assert.equal(error.offset, 17)
    assert.match(error.found, /=/)
    assert.match(error.expected, /a field name/)
    assert.equal(typeof error.message, 'string')
    assert.notEqual(error.message, '')
  })

  const OFFSETS: readonly (readonly [search: string, offset: number, expected: RegExp])[] = [
    ['name', 4, /an operator/],
    ['invalid-query', 7, /an operator/],
    ["name 'ann'", 5, /an operator/],
    ["name = 'ann' 'bob'", 13, /./],
    ["name = 'ann' or", 15, /a field name/],
    ["= 'ann'", 0, /a field name/],
    ["(name = 'ann'", 13, /./],
    ["name = 'ann')", 12, /./],
    ["name in ('ann' 'bob')", 15, /./],
    ["  name = 'ann' ?", 13, /./],
    ['name = ', 6, /./],
    ['😀', 0, /a field name/],
    ["name = '😀😀' and 😀 = 'x'", 16, /a field name/],
    ["labels.a = '\u{10ffff}é€' or", 19, /a field name/],
    ["name = 'ann' and name = = 5", 24, /./],
  ]

  test('contract 8.10: the offset counts code points of the trimmed query from 0', async () => {
    for (const [search, offset, expected] of OFFSETS) {
      const { json } = await syntaxRefusal(bench.client, search)
      assert.equal(json.errors[0].offset, offset, search)
      assert.match(json.errors[0].expected, expected, search)
    }
  })

  test('contract 8.10: the expected text is understandable to users', async () => {
    for (const search of [
      'name',
      'name =',
      '(',
      ')',
      'name in',
      'name in (',
      "name = 'a' x",
      'name is',
      '1',
      'name like',
    ])
      for (const error of (await syntaxRefusal(bench.client, search)).json.errors)
        assert.doesNotMatch(
          `${error.expected} ${error.message}`,
          /\[[^\]]*-[^\]]*\]|\\[tnrsdw]|undefined|\b(token|regex|A-Z|a-z)\b/i,
          search,
        )
  })

  test('contract 8.10: the detail is the first fault by position, and errors lists all of them', async () => {
    const { json } = await refusal(
      bench.client,
      "name = 'x' and b = 5 or labels.A = 'x' or a like 'x'",
      'b is not a valid field name',
    )
    const keyFault = "label key 'A' is invalid: must contain only lowercase letters, digits, and underscores"
    assert.deepEqual(
      json.errors.map(({ field }: { field: string }) => field),
      ['search', 'search', 'search'],
    )
    const messages: string[] = json.errors.map(({ message }: { message: string }) => message)
    assert.match(messages[0] ?? '', /^b is not a valid field name/)
    assert.ok(messages[1]?.startsWith(keyFault))
    assert.match(messages[2] ?? '', /^a is not a valid field name/)
  })

  test('contract 8.10: type before operator before value', async () => {
    for (const [search, details] of [
      [
        "status.conditions.ready != 'maybe'",
        [
          "condition type 'ready' is invalid: must be PascalCase (e.g., Ready, Available)",
          READY_ONLY_EQUALITY,
          "condition status 'maybe' is invalid: must be True or False",
        ],
      ],
      [
        "status.conditions.Ready != 'maybe'",
        [READY_ONLY_EQUALITY, "condition status 'maybe' is invalid: must be True or False"],
      ],
      [
        "status.conditions.Ready = 'maybe' and status.conditions.Ready != 'True'",
        ["condition status 'maybe' is invalid: must be True or False", READY_ONLY_EQUALITY],
      ],
      [
        "status.conditions.ready = 'maybe'",
        [
          "condition type 'ready' is invalid: must be PascalCase (e.g., Ready, Available)",
          "condition status 'maybe' is invalid: must be True or False",
        ],
      ],
      ["nope = 1 and not status.conditions.Ready='True'", ['nope is not a valid field name', NOT_SUPPORTED]],
      [
        "not status.conditions.ready = 'True'",
        [NOT_SUPPORTED, "condition type 'ready' is invalid: must be PascalCase (e.g., Ready, Available)"],
      ],
      ["not status.conditions.Ready='True' and nope = 1", [NOT_SUPPORTED, 'nope is not a valid field name']],
    ] as const) {
      const { json } = await refusal(bench.client, search, details[0])
      const messages: string[] = json.errors.map(({ message }: { message: string }) => message)
      assert.equal(messages.length, details.length, `${search}: ${messages.join(' | ')}`)
      for (const [index, detail] of details.entries()) assert.ok(messages[index]?.startsWith(detail), search)
    }
  })

  test('contract 8.10: hints appear only in the message of an error', async () => {
    for (const [search, detail, hint] of [
      ["nmae = 'x'", 'nmae is not a valid field name', /\bname\b.*$/],
      ["Generation = 'x'", 'Generation is not a valid field name', /\bgeneration\b/],
      ["created_at = 'x'", 'created_at is not a valid field name', /\bcreated_(time|by)\b/],
      ["label.env = 'x'", 'label.env is not a valid field name', /\blabels\b/],
    ] as const) {
      const { json } = await refusal(bench.client, search, detail)
      assert.match(json.errors[0].message.slice(detail.length), hint)
    }
    const { json } = await syntaxRefusal(bench.client, 'name = "x"')
    assert.match(json.errors[0].message, /use single quotes/)
    assert.doesNotMatch(json.detail, /single/)
  })

  test('contract 8.10: a query that does not parse is refused only for that', async () => {
    const { json } = await syntaxRefusal(bench.client, "nope = 5 and status.conditions.ready != 'x' and")
    assert.equal(json.errors[0].constraint, 'syntax')
  })

  test('contract 8.10: a refusal is JSON whatever the query contains', async () => {
    for (const search of ['"\\\u0001\u007f\u2028<script>', 'name = \'\u0000"', "it's \ud7ff \u{10ffff}"])
      await syntaxRefusal(bench.client, search)
  })

  test('contract 8.10, 9.1: no search causes a server error', async () => {
    const pieces = [
      'name',
      '=',
      "'x'",
      '(',
      ')',
      'and',
      'not',
      'in',
      '[',
      "'",
      'like',
      'is',
      'null',
      '5',
      '.',
      ',',
      '\\',
    ]
    let seed = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now()) % 2_147_483_647
    console.log(`HYPERFLEET_TEST_SEED=${seed}`)
    const random = (below: number) => {
      seed = (seed * 48_271 + 11) % 2_147_483_647
      return seed % below
    }
    for (let turn = 0; turn < 300; turn++) {
      const length = 1 + random(12)
      const search = Array.from({ length }, () => pieces[random(pieces.length)]).join(
        random(2) === 0 ? ' ' : '',
      )
      const { status, text } = await bench.client.list('/clusters', { search })
      assert.ok(status === 200 || status === 400, `${search}: ${text}`)
    }
  })
})
