// Settings in force and their origins. Flags take precedence over the environment, then the file, then OpenTelemetry's
// variables, then defaults. A wrong or unknown setting from any source is refused with its place, its value and what is
// allowed.
import { Compile } from 'typebox/compile'
import { reasonOf } from '../wire/text.ts'
import { type Environment, FILE_VARIABLE, readEnvironment } from './environment.ts'
import { readSettingsFile } from './file.ts'
import { readFlags } from './flags.ts'
import type { Given, Reading } from './origin.ts'
import type { OriginalVariable } from './original.ts'
import { readOtel } from './otel.ts'
import { type SettingLeaf, type Settings, SettingsSchema, settingLeaves } from './schema.ts'

/** Faults in the settings; the message is for the user. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** Places of the settings file if none is named; the first that exists counts. */
export const FILE_PLACES = ['/etc/hyperfleet/config.yaml', './configs/config.yaml'] as const

/** Reads a file; undefined if it does not exist. Throws the system's error if it cannot be read. */
export type ReadFile = (path: string) => Uint8Array | undefined

export interface Sources {
  /** Command line after the name of the command. */
  readonly flags: readonly string[]
  readonly environment: Environment
  readonly readFile: ReadFile
}

/** All settings with their origins. */
export interface Configuration {
  readonly settings: Settings
  /** Values in schema order. */
  readonly inForce: readonly Given[]
  /** Path of the file that was read. */
  readonly file: string | undefined
  /** Warnings for the user. */
  readonly warnings: readonly string[]
  /** Variables of the original server, whose demands a start must meet (contract 1.6). */
  readonly original: readonly OriginalVariable[]
}

/**
 * Combines the settings of all sources.
 * @throws SettingsError that lists every wrong or unknown setting, one a line
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

/** Combines flags and environment, without any file. */
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

/**
 * Chooses the settings file. A named file must exist. An unreadable file in a default place is an error, not a reason
 * to try the next place.
 */
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
      `${origin} is ${JSON.stringify(path)}: there is no such file; it must be the path of a settings file`,
    )
  return { path, bytes }
}

function tryToRead(origin: string, path: string, readFile: ReadFile): Uint8Array | undefined {
  try {
    return readFile(path)
  } catch (error) {
    const reason = reasonOf(error)
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
