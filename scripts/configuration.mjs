// Writes what the documentation says of the settings: the tables of docs/configuration.md and the example of a file.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exampleFile, withSettingTables } from '../dist/src/config/reference.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const page = join(root, 'docs/configuration.md')

writeFileSync(page, withSettingTables(readFileSync(page, 'utf8')))
writeFileSync(join(root, 'configs/config.example.yaml'), exampleFile())
