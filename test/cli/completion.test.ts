// The completion scripts in their shells.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadCommands } from '../../src/cli/commands.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
const skipWithout = (shell: string) =>
  spawnSync(shell, ['--version']).status === 0 ? false : `there is no ${shell} on this machine`

/** Completes the last argument. */
const BASH = `source script.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hyperfleet
printf '%s\\n' "\${COMPREPLY[@]}"`

/** Command lines as bash splits them, and the expected offers for the last word. */
const OFFERS: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['g'], ['get']],
  [
    ['get', ''],
    ['clusters', 'nodepools', 'statuses'],
  ],
  [['get', 'cl'], ['clusters']],
  [['get', 'clusters', 'alp'], ['alpha']],
  [['describe', 'nodepool', ''], ['alpha/workers']],
  [
    ['get', 'clusters', '--ord'],
    ['--order', '--order-by'],
  ],
  [['get', '-o', 'y'], ['yaml']],
  [
    ['get', '-o', 'j'],
    ['json', 'jsonpath='],
  ],
  [['get', 'nodepools', '--cluster', 'a'], ['alpha']],
  [['get', '--limit', ''], []],
  [['get', '--limit', '3', 'st'], ['statuses']],
  [['explain', 'n'], ['nodepools']],
  [['serve', '--server-engine', 'u'], ['uws']],
  [['create', '-f', 'docu'], ['document.yaml']],
  [['label', 'cluster', 'al'], ['alpha']],
  [['docs', 'runb'], ['runbook']],
  [['--server', 'http', 'descr'], ['describe']],
  [['wait', 'nodepool', 'alpha/workers', '--for', 'cre'], ['create']],
  [
    ['completion', ''],
    ['bash', 'fish', 'zsh'],
  ],
]

describe('hyperfleet completion', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  let environment: NodeJS.ProcessEnv = {}

  before(async () => {
    shell = await startShell()
    const { id } = await shell.client.cluster('alpha')
    await shell.client.nodepool(id, 'workers')
    const bin = join(shell.home, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'hyperfleet'), `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`)
    await chmod(join(bin, 'hyperfleet'), 0o755)
    await writeFile(join(shell.home, 'document.yaml'), '')
    environment = {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: shell.home,
      HYPERFLEET_CLIENT_SERVER: shell.server.origin,
    }
    for (const name of ['bash', 'zsh', 'fish']) {
      const { code, stdout } = await shell.run('completion', name)
      assert.equal(code, 0)
      await writeFile(join(shell.home, `script.${name}`), stdout)
    }
  })
  after(() => shell.stop())

  /** Asynchronous, because this process runs the server. */
  const output = async (command: string, ...args: readonly string[]) => {
    const { stdout } = await promisify(execFile)(command, [...args], { env: environment, cwd: shell.home })
    return stdout
  }
  const sortedLines = (text: string) => text.split('\n').filter(Boolean).sort()

  const inBash = async (...words: readonly string[]) =>
    sortedLines(await output('bash', '-c', BASH, 'bash', 'hyperfleet', ...words))

  test('bash offers commands, flags, their values, files and names', {
    skip: skipWithout('bash'),
  }, async () => {
    for (const [words, offered] of OFFERS) assert.deepEqual(await inBash(...words), offered, words.join(' '))
  })

  test('bash offers values behind =, although it splits the word there', {
    skip: skipWithout('bash'),
  }, async () => {
    assert.deepEqual(await inBash('get', '--output', '=', 'y'), ['yaml'])
    assert.deepEqual(await inBash('get', '--output', '='), [
      'custom-columns=',
      'json',
      'jsonpath=',
      'name',
      'table',
      'wide',
      'yaml',
    ])
    assert.deepEqual(await inBash('get', '--server', '=', 'http', ':', '//h', 'cl'), ['clusters'])
    assert.deepEqual(await inBash('wait', 'cluster', 'a', '--for', 'condition', '=', 'A'), ['Available'])
    assert.deepEqual(await inBash('--server', '=', 'http', ':', '//h', 'get', 'cl'), ['clusters'])
    assert.ok((await inBash('--')).includes('--token-file'))
  })

  test('bash offers every command and every flag', { skip: skipWithout('bash') }, async () => {
    const COMMANDS = await loadCommands()
    assert.deepEqual(await inBash(''), COMMANDS.map(({ name }) => name).sort())
    for (const { name, flags = [] } of COMMANDS)
      assert.deepEqual(
        await inBash(name, '--'),
        [...flags.map(flag => `--${flag.name}`), '--help'].sort(),
        name,
      )
  })

  test('fish offers the same', { skip: skipWithout('fish') }, async () => {
    for (const [words, offered] of OFFERS) {
      const line = ['hyperfleet', ...words].join(' ')
      const found = await output('fish', '--no-config', '-c', `source script.fish; complete -C '${line}'`)
      const names = sortedLines(found).map(each => each.split('\t')[0])
      assert.deepEqual(names, offered, line)
    }
  })

  test('zsh completes the same if there is exactly one continuation', {
    skip: skipWithout('zsh'),
  }, async () => {
    const single = OFFERS.filter(([words, offered]) => offered.length === 1 && words.at(-1) !== '')
    const typed = single.map(
      ([words]) => `zpty -w -n z "hyperfleet ${words.join(' ')}"$'\\t'; sleep 1; zpty -w -n z $'\\x15'`,
    )
    const screen = await output(
      'zsh',
      '-f',
      '-c',
      `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z "stty cols 500; autoload -Uz compinit; compinit -u -D; source script.zsh"; sleep 1
${typed.join('\n')}
zpty -w z exit; while zpty -r z text; do print -rn -- "$text"; done`,
    )
    for (const [words, [offered]] of single)
      assert.ok(
        screen.includes(`${['hyperfleet', ...words.slice(0, -1)].join(' ')} ${offered}`),
        `${words}: ${screen}`,
      )
  })

  test('an unknown shell is refused', async () => {
    for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
      const { code, stderr } = await shell.run('completion', ...args)
      assert.equal(code, 2)
      assert.match(stderr, /completion takes one shell, bash, zsh or fish/)
    }
  })
})
