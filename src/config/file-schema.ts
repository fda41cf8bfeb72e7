// The file of settings as JSON Schema, made from the schema of the settings: for editors, and for the values of the Helm chart.
import Type from 'typebox'
import { SettingsSchema } from './schema.ts'

/** What schemas of settings say beside JSON Schema. */
const OWN_OPTIONS = ['secret', 'reloadable', 'example']

/** Every setting may be left out, and nothing else may stand there. */
export function fileSchema(schema: Type.TSchema = SettingsSchema): object {
  if (!Type.IsObject(schema))
    return Object.fromEntries(Object.entries(schema).filter(([name]) => !OWN_OPTIONS.includes(name)))
  const properties = Object.entries(schema.properties).map(([name, member]) => [name, fileSchema(member)])
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) }
}
