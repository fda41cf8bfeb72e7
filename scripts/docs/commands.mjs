// Writes the command reference in docs/guide/cli.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadCommands } from '../../dist/src/cli/commands.js'
import { withCommandReference } from '../../dist/src/cli/reference.js'

const page = join(dirname(fileURLToPath(import.meta.url)), '../../docs/guide/cli.md')
writeFileSync(page, withCommandReference(readFileSync(page, 'utf8'), await loadCommands()))
