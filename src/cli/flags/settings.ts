// The server's settings as flags, and the configuration of this process from flags, environment and files.
import { readFileSync } from 'node:fs'
import Type from 'typebox'
import { type SettingLeaf, settingLeaves } from '../../config/schema.ts'
import { type Configuration, loadConfiguration } from '../../config/settings.ts'
import type { Flag } from './flag.ts'

/** A flag for every setting, in the order of the schema. */
export function settingFlags(): Flag[] {
  return settingLeaves().map(leaf => {
    const choices = choicesOf(leaf)
    return {
      name: leaf.flag,
      value: choices?.join('|') ?? valueForm(leaf),
      meaning: leaf.schema.description ?? '',
      fallback: JSON.stringify(leaf.schema.default),
      ...(choices === undefined ? {} : { choices }),
      ...(leaf.flag.endsWith('-path') ? { completes: 'file' as const } : {}),
    }
  })
}

function choicesOf({ schema }: SettingLeaf): readonly string[] | undefined {
  if (Type.IsEnum(schema)) return schema.enum.map(String)
  return Type.IsBoolean(schema) ? ['true', 'false'] : undefined
}

function valueForm({ schema }: SettingLeaf): string {
  if (Type.IsInteger(schema) || Type.IsNumber(schema)) return 'N'
  return Type.IsArray(schema) ? 'JSON' : 'TEXT'
}

/** @throws SettingsError that lists all faults */
export function processConfiguration(flags: readonly string[]): Configuration {
  return loadConfiguration({ flags, environment: process.env, readFile: readIfThere })
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}
