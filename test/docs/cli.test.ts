// Keeps docs/guide/cli.md and the commands together.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../src/cli/command.ts'
import { loadCommands } from '../../src/cli/commands.ts'
import { CLIENT_KEYS } from '../../src/cli/connection/client-file.ts'
import { withCommandReference } from '../../src/cli/reference.ts'

const COMMANDS = await loadCommands()
const PAGE = readFileSync(
  join(fileURLToPath(new URL('../../../', import.meta.url)), 'docs/guide/cli.md'),
  'utf8',
)

test('the commands of docs/guide/cli.md are those of the program, with every flag of each', () => {
  assert.equal(PAGE, withCommandReference(PAGE, COMMANDS), 'npm run docs:commands writes it anew')
  for (const { name, flags = [], help } of COMMANDS) {
    assert.ok(PAGE.includes(`\n### ${name}\n`), name)
    for (const flag of flags) {
      assert.ok(PAGE.includes(` --${flag.name}`), `${name} --${flag.name}`)
      // These say that they take every flag of serve.
      if (!['cluster', 'config', 'health'].includes(name))
        assert.ok(help().includes(` --${flag.name}`), `${name} --${flag.name}`)
    }
  }
})

test('each command has examples, and they use nothing but its own flags and those that go before it', () => {
  for (const { name, examples, flags = [] } of COMMANDS) {
    assert.notEqual(examples.length, 0, name)
    for (const [line] of examples)
      for (const part of line.split(/\||\$\(|<\(/)) {
        const [, called, rest = ''] = /\bhyperfleet (?:--\w[\w-]* \S+ )*([\w-]+)(.*)/.exec(part) ?? []
        const command = COMMANDS.find(candidate => candidate.name === called)
        if (command === undefined) continue
        const known = [...(command.flags ?? []), ...flags].flatMap(flag => [
          `--${flag.name}`,
          `-${flag.short ?? ''}`,
        ])
        const unquoted = rest.replaceAll(/'[^']*'|"[^"]*"/g, '')
        for (const [, flag = ''] of unquoted.matchAll(/ (--?[a-z][\w-]*)/g))
          assert.ok(known.includes(flag), `${line}: ${flag}`)
      }
  }
})

test('docs/guide/cli.md has every exit code and every key of the client file', () => {
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
