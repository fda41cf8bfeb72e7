// Random bodies of reports: ordinary ones, ones with odd members and values, and changed bytes.
import type { Random } from '../harness/random.ts'

/** Texts of JSON values: those that a report may have, and those that are unusual or a fault. */
interface Choices {
  readonly ordinary: readonly string[]
  readonly odd: readonly string[]
}

export const LIMITS = { conditionsPerReport: 6, reasonMaxBytes: 20, messageMaxBytes: 60 }

const quote = (text: string) => JSON.stringify(text)
const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

const ANYTHING = [
  'null',
  'true',
  '1',
  '""',
  '"x"',
  '[]',
  '{}',
  '{"a":"\\ud800"}',
  '"\\ud83d\\ude00"',
  'nul',
  '',
]

const ADAPTER: Choices = {
  ordinary: ['dns', 'gcp-provisioner', 'a', '3scale.io', 'A_b-c.D', 'x'.repeat(255)].map(quote),
  odd: ['', 'x'.repeat(256), '-a', 'a-', 'a b', 'é', 'a"', 'a\n', 'a\0', 'a/b', '__proto__']
    .map(quote)
    .concat('"\\u0061"'),
}
const GENERATION: Choices = {
  ordinary: ['1', '2', '42', '2147483647'],
  odd: [
    '0',
    '-1',
    '-0',
    '01',
    '1.0',
    '1e2',
    '1E0',
    '1e-1',
    '10e-1',
    '1.5',
    '1.',
    '.5',
    '+1',
    '0x1',
    '1_0',
  ].concat(
    '2147483648',
    '4294967297',
    '12345678901234567890',
    '1e400',
    '-1e400',
    '1'.repeat(400),
    '"1"',
    '1 2',
  ),
}
const TIME: Choices = {
  ordinary: [
    '2026-01-31T23:59:59Z',
    '2026-01-31T23:59:59.1Z',
    '2024-02-29T00:00:00.123456789Z',
    '1970-01-01T00:00:00.000Z',
  ]
    .concat(
      '2026-01-01T00:00:00+00:00',
      '2026-12-31T23:59:59.999999-23:59',
      '1970-01-01T00:00:00+01:00',
      '2199-12-31T23:59:59.123456Z',
    )
    .map(quote),
  odd: [
    '2026-02-29T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '2200-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ]
    .concat(
      '9999-12-31T23:59:59.999999Z',
      '2026-01-01t00:00:00z',
      '2026-01-01T00:00:60Z',
      '2016-12-31T23:59:60Z',
    )
    .concat(
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00.Z',
      '2026-01-01T00:00:00.1234567890Z',
    )
    .concat(
      '2026-01-01T00:00:00+24:00',
      '2026-01-01T00:00:00+0100',
      '2026-01-01 00:00:00Z',
      '2026-01-01',
      '',
      '1767225600',
    )
    .concat('20x6-01-01T00:00:00Z', '2026-1-01T00:00:00Z', '2026-01-01T00:00:00Z ', '2026-13-01T00:00:00Z')
    .map(quote)
    .concat('"2026-01-01T00:00:00\\u005a"', '1767225600'),
}
const TYPE: Choices = {
  ordinary: ['Finalized', 'Ready', 'example.com/Ready', 'a', 'x'.repeat(316)].map(quote),
  odd: ['', 'x'.repeat(317), '/a', 'A.b/c', 'a.b/', 'a/b/c', 'é', 'a b', '__proto__', 'Available\n']
    .map(quote)
    .concat('"\\u0041vailable"'),
}
const STATUS: Choices = {
  ordinary: ['True', 'False', 'Unknown'].map(quote),
  odd: ['true', 'TRUE', '', 'Tru', 'Truee', 'Unknown '].map(quote).concat('"\\u0054rue"', 'true', 'True'),
}
const TEXT: Choices = {
  ordinary: [
    '',
    'AsExpected',
    'All is well',
    'é\u2028😀',
    'say "yes"\n\tor \\no',
    'x'.repeat(20),
    'é'.repeat(10),
    '\x7f',
  ]
    .map(quote)
    .concat('null', '"\\/\\b\\f\\u00e9\\u0000"'),
  odd: [
    'x'.repeat(21),
    'é'.repeat(11),
    'x'.repeat(61),
    '\n'.repeat(21),
    '\x01'.repeat(20),
    '\ufeff',
    'y'.repeat(700),
  ]
    .map(quote)
    .concat(
      [
        '"\\ud800"',
        '"\\udc00x"',
        '"\\ud83d\\ude00"',
        '"\\\\ud800"',
        '"\\x"',
        '"\\u00g0"',
        '"\n"',
        '"\0"',
        "'a'",
        `"${'\\u0078'.repeat(21)}"`,
      ],
      `"${'\\u0078'.repeat(20)}"`,
    ),
}
const OBJECT: Choices = {
  ordinary: [
    '{}',
    '{"a":1}',
    '{ "n" : [ -0, 1e400, 1.50, 12345678901234567890 ], "w":[true,false,null]}',
    'null',
  ]
    .concat(
      '{"__proto__":{"a":1},"constructor":0}',
      '{"a":1,"a":2}',
      '{"\\ud800":"\\udfff"}',
      '{"é":"😀\\n\\/"}',
    )
    .concat(nested(62), nested(63), '\n{\t"a"\r:\n"\ufeff" }'.trim()),
  odd: [
    nested(64),
    nested(65),
    nested(500),
    '{"a":01}',
    '{"a":1.}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":.1}',
    '{"a":+1}',
    '{a:1}',
    "{'a':1}",
  ]
    .concat(
      '{"a":NaN}',
      '{"a":tru}',
      '{"a" 1}',
      '{"a":1,}',
      '{,}',
      '{"a":[1,]}',
      '{"a":"\\x"}',
      '{"a":"\\u12"}',
      '{"a":"\t"}',
    )
    .concat('{"a":1}}', '[{}]', '{"a":{}', '"{}"', '{/**/}', '{"a":1//\n}'),
}
const OTHER_NAMES = [
  'kind',
  'extra',
  'observed_times',
  'adapte',
  '',
  'é',
  '__proto__',
  'constructor',
  'typ',
  'Reason',
].map(quote)
const ODD_NAMES = [
  '"\\u0061dapter"',
  '"\\u0074ype"',
  '"\\ud800"',
  '"a\\nb"',
  'kind',
  "'kind'",
  '"a\n"',
  '"adapter "',
]
const OTHER: Choices = {
  ordinary: ['null', '1.0', '"é"', '[[],{}]', '{"adapter":1}', 'true'],
  odd: [...ANYTHING, nested(61), nested(62), nested(63), nested(64), '"\\n"'],
}
const SPACES = ['', '', '', ' ', '\n  ', '\t', '\r\n']
const ODD_SPACES = ['\u00a0', '\f', '\v', '\ufeff', '\0', '/**/', '\u2028']

/** Writes bodies; a choice of any part is odd with the given probability. */
export class BodyWriter {
  readonly #random: Random
  readonly #oddity: number

  constructor(random: Random, oddity: number) {
    this.#random = random
    this.#oddity = oddity
  }

  body(): string {
    const members = [
      ['"adapter"', this.#of(ADAPTER)],
      ['"observed_generation"', this.#of(GENERATION)],
      ['"observed_time"', this.#of(TIME)],
      ['"conditions"', this.#conditions()],
    ]
    for (const name of ['"metadata"', '"data"'])
      if (this.#random.chance(0.6)) members.push([name, this.#of(OBJECT)])
    const body = this.#space() + this.#object(members) + this.#space()
    return this.#isOdd() ? this.#random.of(['\ufeff', '[', '{', '""']) + body : body
  }

  #conditions(): string {
    const types = ['"Available"', '"Applied"', '"Health"']
    const further = this.#random.below(3) + (this.#isOdd() ? this.#random.below(5) : 0)
    for (let i = 0; i < further; i++) {
      const type = this.#of(TYPE)
      if (!types.includes(type) || this.#isOdd()) types.push(type)
    }
    if (this.#isOdd()) types.splice(this.#random.below(types.length), 1)
    return this.#isOdd()
      ? this.#random.of(ANYTHING)
      : this.#list(
          '[',
          types.map(type => this.#condition(type)),
          ']',
        )
  }

  #condition(type: string): string {
    if (this.#isOdd()) return this.#random.of(ANYTHING)
    const members = [
      ['"type"', type],
      ['"status"', this.#of(STATUS)],
    ]
    for (const name of ['"reason"', '"message"'])
      if (this.#random.chance(0.7)) members.push([name, this.#of(TEXT)])
    return this.#object(members)
  }

  #object(members: string[][]): string {
    if (this.#random.chance(0.2)) members.push([this.#random.of(OTHER_NAMES), this.#of(OTHER)])
    if (this.#isOdd()) members.push([this.#random.of(ODD_NAMES), this.#of(OTHER)])
    if (this.#isOdd()) members.push(this.#random.of(members))
    if (this.#isOdd()) members.splice(this.#random.below(members.length), 1)
    if (this.#random.chance(0.5)) this.#shuffle(members)
    return this.#list(
      '{',
      members.map(([name, value]) => `${name}${this.#space()}:${this.#space()}${value}`),
      '}',
    )
  }

  #list(open: string, items: readonly string[], close: string): string {
    return open + this.#space() + items.join(`${this.#space()},${this.#space()}`) + this.#space() + close
  }

  #shuffle(members: string[][]): void {
    members.sort(() => this.#random.below(3) - 1)
  }

  #space(): string {
    return this.#isOdd() && this.#isOdd() ? this.#random.of(ODD_SPACES) : this.#random.of(SPACES)
  }

  #of({ ordinary, odd }: Choices): string {
    if (!this.#isOdd()) return this.#random.of(ordinary)
    return this.#random.of(this.#random.chance(0.2) ? ANYTHING : odd)
  }

  #isOdd(): boolean {
    return this.#random.chance(this.#oddity)
  }
}

const BYTES = [...Buffer.from('"\\{}[]:,0123456789.-+eEuTZtrnfalsd \t\n\r\0/')]

/** Changes a few bytes: what comes out need not be UTF-8. */
export function changeBytes(random: Random, body: Buffer): Buffer {
  let bytes = [...body]
  for (let changes = 1 + random.below(3); changes > 0; changes--) {
    const at = random.below(bytes.length + 1)
    const length = 1 + random.below(random.chance(0.8) ? 2 : 40)
    const byte = random.chance(0.8) ? random.of(BYTES) : random.below(256)
    switch (random.below(5)) {
      case 0:
        bytes.splice(at, length)
        break
      case 1:
        bytes.splice(at, 0, byte)
        break
      case 2:
        bytes[at] = byte
        break
      case 3:
        bytes.splice(at, 0, ...bytes.slice(at, at + length))
        break
      default:
        if (random.chance(0.1)) bytes = bytes.slice(0, at)
        else bytes.splice(at, length, byte)
    }
  }
  return Buffer.from(bytes)
}
