// What is in force: flags before environment before defaults. A wrong setting is refused with where it came from,
// what it was and what is allowed.
import { parseArgs } from 'node:util'
import { Compile } from 'typebox/compile'
import { type SettingLeaf, type Settings, SettingsSchema, settingLeaves } from './schema.ts'

/** A setting that cannot be used; the message is for the user. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/**
 * Puts the settings together.
 * @param flags the command line after the command's name
 * @throws SettingsError that lists every wrong or unknown setting
 */
export function loadSettings(
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const leaves = settingLeaves()
  const flagValues = readFlags(flags, leaves)
  const faults: string[] = []
  const settings = {}
  for (const leaf of leaves) {
    const value = resolve(leaf, flagValues.get(leaf.flag), environment[leaf.variable], faults)
    assign(settings, leaf.path, value)
  }
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  if (!Compile(SettingsSchema).Check(settings)) throw new Error('valid settings do not satisfy their schema')
  return settings
}

/** The settings as lines of help: flag, default, meaning. */
export function describeSettings(): string {
  const leaves = settingLeaves()
  const width = Math.max(...leaves.map(({ flag }) => flag.length))
  return leaves
    .map(({ flag, schema }) => {
      const fallback = JSON.stringify(schema.default)
      return `  --${flag.padEnd(width)}  ${schema.description ?? ''} (default ${fallback})`
    })
    .join('\n')
}

function readFlags(flags: readonly string[], leaves: readonly SettingLeaf[]): ReadonlyMap<string, string> {
  const options = Object.fromEntries(leaves.map(({ flag }) => [flag, { type: 'string' } as const]))
  try {
    const { values } = parseArgs({ args: [...flags], options, strict: true })
    return new Map(Object.entries(values).map(([flag, value]) => [flag, String(value)]))
  } catch (error) {
    throw new SettingsError(error instanceof Error ? error.message : String(error))
  }
}

function resolve(
  leaf: SettingLeaf,
  flag: string | undefined,
  variable: string | undefined,
  faults: string[],
): unknown {
  if (flag === undefined && variable === undefined) return leaf.schema.default
  const [origin, text] = flag === undefined ? [leaf.variable, variable ?? ''] : [`--${leaf.flag}`, flag]
  const value = readText(leaf, text)
  const [fault] = Compile(leaf.schema).Errors(value)
  if (fault !== undefined) {
    const place = fault.instancePath === '' ? '' : ` at ${fault.instancePath.slice(1)}`
    faults.push(`${origin} is ${JSON.stringify(text)}: ${allowed(leaf) ?? fault.message}${place}`)
  }
  return value
}

/** The value that a text stands for; a text that stands for none is handed on and refused by the schema. */
function readText({ schema }: SettingLeaf, text: string): unknown {
  const type = 'type' in schema ? schema.type : 'string'
  if (type === 'integer') return /^-?\d{1,16}$/.test(text) ? Number(text) : text
  if (type === 'number') return /^\d{1,4}(\.\d{1,9})?$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type !== 'array') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function allowed({ schema }: SettingLeaf): string | undefined {
  if ('enum' in schema && Array.isArray(schema.enum)) return `must be one of ${schema.enum.join(', ')}`
  const type = 'type' in schema ? schema.type : undefined
  if (type === 'integer' && 'minimum' in schema && 'maximum' in schema)
    return `must be an integer from ${schema.minimum} to ${schema.maximum}`
  if (type === 'number' && 'minimum' in schema && 'maximum' in schema)
    return `must be a number from ${schema.minimum} to ${schema.maximum}`
  if (type === 'boolean') return 'must be true or false'
  if (type === 'array' && 'example' in schema)
    return `must be a JSON array such as ${schema.example}, with each entry once`
  return undefined
}

function assign(target: object, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path
  if (name === undefined) return
  if (rest.length === 0) {
    Reflect.set(target, name, value)
    return
  }
  if (!Object.hasOwn(target, name)) Reflect.set(target, name, {})
  assign(Reflect.get(target, name), rest, value)
}
