// What is in force and where it comes from: flags before environment before file before the variables of OpenTelemetry before defaults. A wrong or unknown
// setting, wherever it stands, is refused with its place, what it was and what is allowed.
import { Compile } from 'typebox/compile'
import { type Environment, FILE_VARIABLE, readEnvironment } from './environment.ts'
import { readSettingsFile } from './file.ts'
import { readFlags } from './flags.ts'
import type { Given, Reading } from './origin.ts'
import type { OriginalVariable } from './original.ts'
import { readOtel } from './otel.ts'
import { type SettingLeaf, type Settings, SettingsSchema, settingLeaves } from './schema.ts'

/** A setting that cannot be used; the message is for the user. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** Where the file of settings is looked for when none is named; the first that exists counts. */
export const FILE_PLACES = ['/etc/hyperfleet/config.yaml', './configs/config.yaml'] as const

/** The bytes of a file; undefined when there is none. Throws what the system says when it cannot be read. */
export type ReadFile = (path: string) => Uint8Array | undefined

export interface Sources {
  /** The command line after the command's name. */
  readonly flags: readonly string[]
  readonly environment: Environment
  readonly readFile: ReadFile
}

/** All settings, and where each comes from. */
export interface Configuration {
  readonly settings: Settings
  /** In the order of the schema. */
  readonly inForce: readonly Given[]
  /** The file that was read. */
  readonly file: string | undefined
  /** What the user should know although nothing is wrong. */
  readonly warnings: readonly string[]
  /** Variables of the original server, which may ask for what a start here has to have (contract 1.6). */
  readonly original: readonly OriginalVariable[]
}

/**
 * Puts the settings together.
 * @throws SettingsError that lists every wrong or unknown setting, one in each line
 */
export function loadConfiguration({ flags, environment, readFile }: Sources): Configuration {
  const leaves = settingLeaves()
  const fromFlags = readFlags(flags, leaves)
  const fromEnvironment = readEnvironment(environment, leaves)
  const file = chooseFile(fromFlags.file, fromEnvironment.file, readFile)
  const fromFile = file === undefined ? NOTHING : readSettingsFile(file.path, file.bytes, leaves)
  const fromOtel = readOtel(environment, leaves)
  const readings = [fromFile, fromEnvironment, fromFlags]
  const faults = readings.flatMap(reading => reading.faults)
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  const givens = [fromOtel, ...readings].flatMap(reading => reading.given)
  const given = new Map(givens.map(each => [each.leaf, each]))
  const inForce = leaves.map(leaf => given.get(leaf) ?? byDefault(leaf))
  const warnings = [...fromEnvironment.warnings, ...fromOtel.warnings]
  const { original } = fromEnvironment
  return { settings: settingsOf(inForce), inForce, file: file?.path, warnings, original }
}

/** The settings alone, with no file anywhere. */
export function loadSettings(flags: readonly string[], environment: Environment): Settings {
  return loadConfiguration({ flags, environment, readFile: () => undefined }).settings
}

const NOTHING: Reading = { given: [], faults: [] }

function byDefault(leaf: SettingLeaf): Given {
  return { leaf, value: leaf.schema.default, origin: { kind: 'default' } }
}

interface ChosenFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** A file that is named must be there; a place of its own that cannot be read is no reason to go on to the next. */
function chooseFile(
  byFlag: string | undefined,
  byVariable: string | undefined,
  readFile: ReadFile,
): ChosenFile | undefined {
  if (byFlag !== undefined) return namedFile('--config', byFlag, readFile)
  if (byVariable !== undefined) return namedFile(FILE_VARIABLE, byVariable, readFile)
  for (const path of FILE_PLACES) {
    const bytes = tryToRead('the file of settings', path, readFile)
    if (bytes !== undefined) return { path, bytes }
  }
  return undefined
}

function namedFile(origin: string, path: string, readFile: ReadFile): ChosenFile {
  const bytes = path === '' ? undefined : tryToRead(origin, path, readFile)
  if (bytes === undefined)
    throw new SettingsError(
      `${origin} is ${JSON.stringify(path)}: there is no such file; it must be one of settings`,
    )
  return { path, bytes }
}

function tryToRead(origin: string, path: string, readFile: ReadFile): Uint8Array | undefined {
  try {
    return readFile(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SettingsError(`${origin} is ${JSON.stringify(path)}, which cannot be read: ${reason}`)
  }
}

function settingsOf(inForce: readonly Given[]): Settings {
  const settings = {}
  for (const { leaf, value } of inForce) assign(settings, leaf.path, value)
  if (!Compile(SettingsSchema).Check(settings)) throw new Error('valid settings do not satisfy their schema')
  return settings
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
