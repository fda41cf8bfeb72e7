// The settings of the server as flags.
import Type from 'typebox'
import { type SettingLeaf, settingLeaves } from '../../config/schema.ts'
import type { Flag } from './flag.ts'

export { CONFIG_FLAG } from './config-flag.ts'

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
