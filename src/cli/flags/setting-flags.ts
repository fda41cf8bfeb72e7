// The settings of the server as flags.
import Type from 'typebox'
import { type SettingLeaf, settingLeaves } from '../../config/schema.ts'
import type { Flag } from './flag.ts'

/** The flag that names the file of settings. */
export const CONFIG_FLAG = {
  name: 'config',
  value: 'FILE',
  meaning: "file of settings, in YAML, as for 'hyperfleet serve'",
  completes: 'file',
} as const satisfies Flag

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
