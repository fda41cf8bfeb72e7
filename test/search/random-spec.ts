// Specs of few distinct values, in the spellings that JSON allows.
import type { Draw } from './random-state.ts'

const SCALARS: readonly string[] = [
  '"a"',
  '"b"',
  '"ab"',
  '"A"',
  '"it\'s"',
  '"\\u0061"',
  '""',
  '"5"',
  '"5.0"',
  '"05"',
  '" 5"',
  '"\\u0035"',
  '5',
  '5.0',
  '50e-1',
  '-5',
  '0',
  '-0',
  '"-0"',
  '1000',
  '1e3',
  '10E+2',
  '1e400',
  '10e399',
  '-1e400',
  '1e-400',
  '"1e400"',
  '12345678901234567890',
  '12345678901234567891',
  'true',
  'false',
  '"true"',
  'null',
  '"null"',
  '"😀"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '"\\udfff"',
  '"\uffff"',
  '"é"',
  '"É"',
  '"a%"',
  '"back\\\\slash"',
  `"${'a'.repeat(255)}"`,
  `"${'a'.repeat(256)}"`,
  `"${'é'.repeat(128)}"`,
  `1${'0'.repeat(300)}`,
]
const CONTAINERS = ['{}', '[]', '[1]', '{"a":5}', '{"c":{"d":"a"}}', '{"a":"b","c":{"d":5}}']
const SPACES = ['', '', '', ' ', '\n', '\t \r\n']

/** Some of the scalars, so that a fleet may have few of them: an order walks an index of few values. */
export function someScalars(draw: Draw): readonly string[] {
  if (draw(2) === 0) return SCALARS
  return Array.from({ length: 1 + draw(4) }, () => SCALARS[draw(SCALARS.length)] ?? '')
}

/** @param version makes its bytes unlike the bytes of every other version */
export function randomSpec(draw: Draw, version: number, scalars = SCALARS): string {
  const pick = (texts: readonly string[]) => texts[draw(texts.length)] ?? ''
  const space = () => pick(SPACES)
  const value = () => pick(draw(5) === 0 ? CONTAINERS : scalars)
  const member = (key: string, text: string) => `${space()}${key}${space()}:${space()}${text}${space()}`
  const object = (...members: readonly string[]) => `{${members.filter(() => draw(4) > 0).join()}}`
  const inner = () =>
    object(member('"a"', value()), member('"c"', object(member('"d"', value()))), member('"a"', value()))
  const members = [
    ...(draw(3) === 0 ? [] : [member('"a"', value())]),
    ...(draw(2) === 0 ? [] : [member('"b"', draw(3) === 0 ? value() : inner())]),
    ...(draw(4) === 0 ? [member('"__proto__"', value())] : []),
    ...(draw(4) === 0 ? [member(pick(['"a"', '"\\u0061"']), value())] : []),
    ...(draw(6) === 0 ? [member('"b"', value())] : []),
  ]
  return `{"version":${version}${members.map(text => `,${text}`).join('')}}`
}
