// Writes the documentation of the settings: the tables of docs/guide/configuration.md, the example file, and their part of the Helm
// chart's schema.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fileSchema } from '../../dist/src/config/file-schema.js'
import { exampleFile, withSettingTables } from '../../dist/src/config/reference.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const page = join(root, 'docs/guide/configuration.md')
const chart = join(root, 'deploy/helm/hyperfleet/values.schema.json')

writeFileSync(page, withSettingTables(readFileSync(page, 'utf8')))
writeFileSync(join(root, 'deploy/config.example.yaml'), exampleFile())
const values = JSON.parse(readFileSync(chart, 'utf8'))
values.properties.config = fileSchema()
writeFileSync(chart, `${JSON.stringify(values, null, 2)}\n`)
