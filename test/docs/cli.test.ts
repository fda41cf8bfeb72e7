// Keeps docs/cli.md and the commands together.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { CLIENT_KEYS } from '../../src/cli/connection/client-file.ts'
import { withCommandReference } from '../../src/cli/reference.ts'

const PAGE = readFileSync(join(fileURLToPath(new URL('../../../', import.meta.url)), 'docs/cli.md'), 'utf8')

test('the commands of docs/cli.md are those of the program, with every flag of each', () => {
  assert.equal(PAGE, withCommandReference(PAGE, COMMANDS), 'npm run docs:commands writes it anew')
  for (const { name, flags = [], help } of COMMANDS) {
    assert.ok(PAGE.includes(`\n### ${name}\n`), name)
    for (const flag of flags) {
      assert.ok(PAGE.includes(` --${flag.name}`), `${name} --${flag.name}`)
      // These two say that they take every flag of serve.
      if (name !== 'config' && name !== 'health')
        assert.ok(help().includes(` --${flag.name}`), `${name} --${flag.name}`)
    }
  }
})

test('docs/cli.md has every exit code and every key of the client file', () => {
  for (const code of Object.values(EXIT)) assert.match(PAGE, new RegExp(`^\\| ${code} \\|`, 'm'))
  for (const key of CLIENT_KEYS) {
    const variable = `HYPERFLEET_CLIENT_${key.toUpperCase().replace('-', '_')}`
    assert.ok(PAGE.includes(`| \`--${key}\` | \`${variable}\` | \`${key}\` |`), key)
  }
})

test('no two flags of a command have one name, and choices are what their form says', () => {
  for (const { name, flags = [] } of COMMANDS) {
    const spellings = flags.flatMap(flag => [flag.name, ...('short' in flag ? [flag.short] : [])])
    assert.equal(new Set(spellings).size, spellings.length, name)
  }
})
