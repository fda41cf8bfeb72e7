// Values of settings: parsed from text, checked, and shown without their secrets.
import { Compile } from 'typebox/compile'
import type { SettingLeaf } from './schema.ts'

/** Flags and variables are text, files are YAML: lists are written differently. */
export type Notation = 'text' | 'yaml'

const MASKED = '***'

/** Longest value shown in a message. */
const SHOWN_CHARACTERS = 200
/** Excludes `1e3`, `0x10` and `010`, which not everyone reads alike. */
const PLAIN_INTEGER = /^-?(0|[1-9]\d{0,15})$/
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/

/** Parses a text. A text that is not a valid value is returned as is, for the schema to refuse. */
export function readText(leaf: SettingLeaf, text: string): unknown {
  switch (typeOf(leaf)) {
    case 'integer':
    case 'number':
      return readNumber(leaf, text)
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'array':
      try {
        return JSON.parse(text)
      } catch {
        return text
      }
    default:
      return text
  }
}

/** Parses plain digits. Anything else is returned as is, for the schema to refuse. */
export function readNumber(leaf: SettingLeaf, text: string): number | string {
  const plain = typeOf(leaf) === 'integer' ? PLAIN_INTEGER : PLAIN_NUMBER
  return plain.test(text) ? Number(text) : text
}

export function isNumeric(leaf: SettingLeaf): boolean {
  return typeOf(leaf) === 'integer' || typeOf(leaf) === 'number'
}

/** Describes what the setting must be if the value is wrong; undefined if it is right. */
export function refusal(leaf: SettingLeaf, value: unknown, notation: Notation): string | undefined {
  const [fault] = Compile(leaf.schema).Errors(value)
  if (fault === undefined) return undefined
  if (fault.keyword === '~refine') return fault.message
  const place =
    fault.instancePath === '' ? '' : `; entry ${Number(fault.instancePath.slice(1)) + 1} ${fault.message}`
  return `${allowed(leaf, notation) ?? fault.message}${place}`
}

/** `must be an integer from 0 to 65535`; undefined for a schema without such a rule. */
export function allowed(leaf: SettingLeaf, notation: Notation): string | undefined {
  const { schema } = leaf
  if ('enum' in schema && Array.isArray(schema.enum)) return `must be one of ${schema.enum.join(', ')}`
  switch (typeOf(leaf)) {
    case 'integer':
      return `must be an integer${range(schema)}${notation === 'yaml' ? ', in plain digits' : ''}`
    case 'number':
      return `must be a number${range(schema)}`
    case 'boolean':
      return 'must be true or false'
    case 'array': {
      const example = 'example' in schema ? schema.example : '["a","b"]'
      const form = notation === 'yaml' ? 'list of strings' : 'JSON array'
      return `must be a ${form} such as ${example}${uniqueness(schema)}${most(schema)}`
    }
    default:
      return notation === 'yaml' && isFreeText(schema)
        ? "must be text: '' if it is empty, quoted if it looks like a number"
        : undefined
  }
}

/** Prints a value as JSON, cut off if long, masked if secret. */
export function shown(leaf: SettingLeaf, value: unknown): string {
  const json = JSON.stringify(masked(leaf, value)) ?? 'nothing'
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json
}

/** Masks the secrets in a value: all of a secret setting, or the password in a URL. */
export function masked(leaf: SettingLeaf, value: unknown): unknown {
  if (leaf.isSecret) return value === leaf.schema.default ? value : MASKED
  if (typeof value === 'string') return value.replace(/(?<=:\/\/[^/@\s:]*:)[^/@\s]+(?=@)/g, MASKED)
  return value
}

/** `integer`, `number`, `boolean`, `array` or `string`. */
export function typeOf({ schema }: SettingLeaf): string {
  return 'type' in schema && typeof schema.type === 'string' ? schema.type : 'string'
}

function range(schema: SettingLeaf['schema']): string {
  if (!('minimum' in schema && 'maximum' in schema)) return ''
  const isOpen = schema.maximum === Number.MAX_SAFE_INTEGER
  return isOpen ? ` of at least ${schema.minimum}` : ` from ${schema.minimum} to ${schema.maximum}`
}

function uniqueness(schema: SettingLeaf['schema']): string {
  return 'uniqueItems' in schema && schema.uniqueItems === true ? ', without duplicates' : ''
}

function most(schema: SettingLeaf['schema']): string {
  return 'maxItems' in schema ? `, with at most ${schema.maxItems} entries` : ''
}

function isFreeText(schema: SettingLeaf['schema']): boolean {
  return !('pattern' in schema || 'minLength' in schema || 'format' in schema)
}
