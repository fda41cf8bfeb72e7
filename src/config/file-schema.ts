// JSON Schema of the settings file, generated from the schema of the settings. Used by editors and by the values of the
// Helm chart.
import Type from 'typebox'
import { SettingsSchema } from './schema.ts'

/** Options in the schema of settings that JSON Schema does not know. */
const OWN_OPTIONS = ['secret', 'reloadable', 'example']

/** Every setting is optional; unknown keys are not allowed. */
export function fileSchema(schema: Type.TSchema = SettingsSchema): object {
  if (!Type.IsObject(schema))
    return Object.fromEntries(Object.entries(schema).filter(([name]) => !OWN_OPTIONS.includes(name)))
  const properties = Object.entries(schema.properties).map(([name, member]) => [name, fileSchema(member)])
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) }
}
