// Settings in a YAML file: the path of a setting is the path of its key, spelt exactly. Every setting keeps its line
// and column.
import Type from 'typebox'
import { isMap, isScalar, type ParsedNode } from 'yaml'
import { nearestName } from '../wire/text.ts'
import type { Given, Reading } from './origin.ts'
import { ORIGINAL_GUIDE, originalKey } from './original.ts'
import { type SettingLeaf, SettingsSchema } from './schema.ts'
import { isNumeric, readNumber, refusal, shown } from './value.ts'
import { type Place, parseYaml } from './yaml-text.ts'

/** State of reading one file. */
interface FileReading {
  readonly path: string
  readonly leaves: ReadonlyMap<string, SettingLeaf>
  readonly placeOf: (node: ParsedNode) => Place
  readonly given: Given[]
  readonly faults: string[]
  /** Keys of the original server's file. */
  readonly original: string[]
}

/**
 * Reads a settings file and reports everything unknown or wrong in it, with its position.
 * @param path as shown to the user
 */
export function readSettingsFile(path: string, bytes: Uint8Array, leaves: readonly SettingLeaf[]): Reading {
  const yaml = parseYaml(bytes)
  if (yaml.kind === 'refused') {
    const faults = yaml.faults.map(
      ({ at, message }) => `${at === undefined ? path : placeText(path, at)}: ${message}`,
    )
    const keys = originalSections(bytes)
    return { given: [], faults: keys.length === 0 ? faults : [originalForm(path, keys), ...faults] }
  }
  const reading: FileReading = {
    path,
    leaves: new Map(leaves.map(leaf => [leaf.name, leaf])),
    placeOf: yaml.placeOf,
    given: [],
    faults: [],
    original: [],
  }
  if (yaml.contents !== undefined) readSection(reading, yaml.contents, SettingsSchema, [])
  const { given, faults, original } = reading
  return { given, faults: original.length === 0 ? faults : [originalForm(path, original), ...faults] }
}

/**
 * Finds sections that only the original's files have, in a text that could not be parsed. It may use anchors, for
 * example.
 */
function originalSections(bytes: Uint8Array): string[] {
  const found = Buffer.from(bytes)
    .toString('latin1')
    .matchAll(/^(database|entities|ocm):/gim)
  return [...new Set([...found].map(([, key = '']) => key))]
}

/** Fault for a file of the original server as a whole, listed before the faults of its keys (contract 1.6). */
function originalForm(path: string, keys: readonly string[]): string {
  return (
    `${path}: this is a configuration file of the original HyperFleet API (it has ${keys.join(', ')}), which this server ` +
    `does not read: ${ORIGINAL_GUIDE} says what each setting is called here`
  )
}

/** Reads a section. An empty one sets nothing, such as one whose settings are all commented out. */
function readSection(
  reading: FileReading,
  node: ParsedNode,
  schema: Type.TObject,
  path: readonly string[],
): void {
  if (isScalar(node) && node.value === null) return
  if (!isMap(node)) {
    const what = path.length === 0 ? 'the file' : path.join('.')
    tell(
      reading,
      node,
      `${what} must be a section with any of these keys: ${Object.keys(schema.properties).join(', ')}`,
    )
    return
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? key.source : ''
    const member = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    const memberPath = [...path, name]
    if (member === undefined) {
      tell(
        reading,
        key,
        `${memberPath.join('.')}: there is no such setting; ${memberHint(reading, memberPath, schema)}`,
      )
    } else if (Type.IsObject(member)) {
      if (value !== null) readSection(reading, value, member, memberPath)
    } else {
      readSetting(reading, memberPath.join('.'), key, value)
    }
  }
}

function readSetting(reading: FileReading, name: string, key: ParsedNode, node: ParsedNode | null): void {
  const leaf = reading.leaves.get(name)
  if (leaf === undefined) throw new Error(`the schema and its leaves differ in ${name}`)
  const value = node === null ? null : nodeValue(leaf, node)
  reading.given.push({ leaf, value, origin: { kind: 'file', path: reading.path, ...reading.placeOf(key) } })
  const rule = refusal(leaf, value, 'yaml')
  if (rule !== undefined) tell(reading, node ?? key, `${name} is ${shown(leaf, value)}: ${rule}`)
}

/** Numbers that are not plain digits stay text, as in flags and variables. No schema allows them. */
function nodeValue(leaf: SettingLeaf, node: ParsedNode): unknown {
  if (!isScalar(node)) return node.toJSON()
  return typeof node.value === 'number' && isNumeric(leaf) ? readNumber(leaf, node.source) : node.value
}

/** Hint for an unknown key: its name on this server if it is the original's, otherwise the nearest name. */
function memberHint(reading: FileReading, path: readonly string[], schema: Type.TObject): string {
  const original = originalKey(path)
  if (original === undefined)
    return unknownHint(path, Object.keys(schema.properties), [...reading.leaves.keys()])
  reading.original.push(path.join('.'))
  return original.length === 0 ? 'this server has no counterpart' : `its name here is ${original.join(', ')}`
}

/** Hint for an unknown key: the name most likely meant, or the names allowed there. */
function unknownHint(
  path: readonly string[],
  members: readonly string[],
  settings: readonly string[],
): string {
  const [name = ''] = path.slice(-1)
  const spelt = members.find(member => letters(member) === letters(name))
  if (spelt !== undefined) return `write it ${spelt}`
  const nested = settings.find(setting => letters(setting) === letters(path.join('')))
  if (nested !== undefined)
    return `write it as ${nested.split('.').join(': ')}: each key indented under the previous one`
  const nearest = nearestName(name, members)
  if (nearest !== undefined) return `did you mean ${nearest}?`
  const elsewhere = settings.filter(
    setting => letters(setting.slice(setting.lastIndexOf('.'))) === letters(name),
  )
  return elsewhere.length > 0
    ? `did you mean ${elsewhere.join(' or ')}?`
    : `expected one of ${members.join(', ')}`
}

/** Letters and digits of a name: `bodyLimitBytes`, `body_limit_bytes` and `BODY-LIMIT-BYTES` become equal. */
function letters(name: string): string {
  return name.replace(/[^a-zA-Z0-9]/g, '').toLowerCase()
}

function tell({ path, placeOf, faults }: FileReading, node: ParsedNode, message: string): void {
  faults.push(`${placeText(path, placeOf(node))}: ${message}`)
}

function placeText(path: string, { line, column }: Place): string {
  return `${path}:${line}:${column}`
}
