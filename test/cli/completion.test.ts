// The completion scripts in their shells.
import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { loadCommands } from '../../src/cli/commands.ts'
import { shellQuoted } from '../../src/cli/completion/words.ts'
import { report } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'
import { whyNoTerminal } from './on-terminal.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
const skipWithout = (shell: string) =>
  spawnSync(shell, ['--version']).status === 0 ? false : `there is no ${shell} on this machine`

/** Completes the last argument. */
const BASH = `source script.bash
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hyperfleet
printf '%s\\n' "\${COMPREPLY[@]}"`

/** Labels with what a shell would expand. */
const HOSTILE = [
  '$(touch expanded)',
  '`touch expanded`',
  'a b',
  '*',
  '~',
  'x;touch expanded',
  "it's",
  '{a,b}',
  '$HOME',
]

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
  // Fields, labels and values that the server has.
  [
    ['count', 'clusters', '--by', 'labels.'],
    ['labels.region', 'labels.retired'],
  ],
  [['count', 'clusters', '--by', 'generation,labels.reg'], ['generation,labels.region']],
  [
    ['count', 'clusters', '--by', 'adapters.d'],
    ['adapters.dns', 'adapters.dns.last_report_time'],
  ],
  [['count', 'nodepools', '--by', 'own'], ['owner_id']],
  [['count', 'clusters', '--by', 'own'], []],
  [['count', 'clusters', '--by', 'status.conditions.Av'], ['status.conditions.Available']],
  [
    ['count', 'clusters', '--by', 'status.conditions.Ready.'],
    ['status.conditions.Ready.last_transition_time', 'status.conditions.Ready.last_updated_time'],
  ],
  [
    ['get', 'clusters', '--fields', 'name,sp'],
    ['name,spec', 'name,spec.'],
  ],
  [
    ['get', 'clusters', '--fields', 'spec.nodes.'],
    ['spec.nodes.count', 'spec.nodes.zones'],
  ],
  [['get', 'clusters', '--order-by', 'nam'], ['name']],
  [['get', 'clusters', '-l', 'retired,reg'], ['retired,region']],
  [['get', 'clusters', '-l', '!ret'], ['!retired']],
  [['get', 'clusters', '--search', 'labels.reg'], ['labels.region']],
  [['get', 'statuses', '--search', 'last'], ['last_report_time']],
]

describe('hyperfleet completion', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  let environment: NodeJS.ProcessEnv = {}

  before(async () => {
    shell = await startShell()
    const { id } = await shell.client.cluster('alpha', {
      labels: { region: 'eu-west', retired: 'yes' },
      spec: { nodes: { count: 3, zones: [] } },
    })
    await shell.client.nodepool(id, 'workers')
    await shell.client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, '2026-01-01T00:00:00Z'))
    // A label may have characters that a shell would expand. None of them is offered.
    for (const [i, region] of HOSTILE.entries())
      await shell.client.cluster(`hostile-${i}`, { labels: { region } })
    const bin = join(shell.home, 'bin')
    await mkdir(bin)
    await writeFile(
      join(bin, 'hyperfleet'),
      `#!/bin/sh\necho "$*" >> '${join(shell.home, 'asked')}'\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`,
    )
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
  /** Types a line in an interactive bash, whose program prints its arguments. */
  const inTerminal = async (line: string) => {
    const rc = join(shell.home, 'rc')
    await writeFile(
      rc,
      'bind \'set bell-style none\'; PS1=; source script.bash; hyperfleet() { [[ $1 == completion ]] && { command hyperfleet "$@"; return; }; echo "got $*"; }\n',
    )
    const child = spawn('script', ['-qec', `bash --rcfile ${rc} -i`, '/dev/null'], {
      env: { ...environment, TERM: 'dumb', COLUMNS: '200' },
      cwd: shell.home,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', chunk => {
      text += chunk
    })
    child.stdin.write(`${line}\n`)
    child.stdin.end('exit\n')
    await once(child, 'close')
    return text.replaceAll('\r', '')
  }
  /** Types lines, each with a Tab behind it, in an interactive zsh. Returns all that it shows. */
  const inZsh = async (lines: readonly { readonly typed: string; readonly shown: string }[]) =>
    output(
      'zsh',
      '-f',
      '-c',
      `zmodload zsh/zpty; zpty z zsh -f -i
until_shown() {
  local all text i
  for ((i = 0; i < 1000; i++)); do
    while zpty -rt z text; do all+=$text; print -rn -- "$text"; done
    [[ $all == *"$1"* ]] && return
    sleep 0.03
  done
}
zpty -w z "stty cols 500; autoload -Uz compinit; compinit -u -D; source script.zsh; print rea''dy"
until_shown ready
${lines.map(({ typed, shown }) => `zpty -w -n z ${shellQuoted(typed)}$'\t'; until_shown ${shellQuoted(shown)}; zpty -w -n z $'\x15'`).join('\n')}
zpty -d z`,
    )
  const sortedLines = (text: string) =>
    [
      ...new Set(
        text
          .split('\n')
          .map(line => line.trimEnd())
          .filter(Boolean),
      ),
    ].sort()

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

  test('bash offers the values of labels behind =, and texts within the quotes of a search', {
    skip: skipWithout('bash'),
  }, async () => {
    assert.deepEqual(await inBash('get', 'clusters', '-l', 'region', '=', 'e'), ['eu-west'])
    assert.deepEqual(await inBash('get', 'clusters', '-l', 'region', '='), ['eu-west'])
    assert.deepEqual(await inBash('get', 'clusters', '-l', 'retired,region!', '=', 'e'), ['eu-west'])
    assert.deepEqual(await inBash('get', 'clusters', '-l', '"region in (x,e'), ['region in (x,eu-west'])
    assert.deepEqual(await inBash('get', 'clusters', '--order-by', '"name d'), ['name desc'])
    assert.deepEqual(await inBash('get', 'clusters', '--search', '"labels.region = \'e'), [
      "labels.region = 'eu-west'",
    ])
    assert.deepEqual(await inBash('get', 'clusters', '--search', "\"name = 'x' and not labels.reg"), [
      "name = 'x' and not labels.region",
    ])
    assert.deepEqual(await inBash('get', 'clusters', '--search', "'labels.region = 'e"), [])
    assert.deepEqual(await inBash('get', 'clusters', '--search', '"nope = \'e'), [])
  })

  test('bash offers at the press of Tab, in a terminal', {
    skip: skipWithout('bash') || whyNoTerminal,
  }, async () => {
    const typed = async (line: string) => {
      const shown = await inTerminal(line)
      return shown.split('\n').find(each => each.startsWith('got '))
    }
    assert.equal(await typed('hyperfleet get clus\t -l reg\t=e\t'), 'got get clusters -l region=eu-west')
    assert.equal(
      await typed('hyperfleet count cl\t --by labels.reg\t'),
      'got count clusters --by labels.region',
    )
    assert.equal(
      await typed('hyperfleet get clusters --search "labels.region=\'e\t and nam\t=\'alp\t"'),
      "got get clusters --search labels.region='eu-west' and name='alp",
    )
    assert.equal(
      await typed('hyperfleet get clusters -o cus\tA:.name'),
      'got get clusters -o custom-columns=A:.name',
    )
  })

  test('a server that is slow, hostile or away offers nothing, prints nothing, and does not hold up the line', {
    skip: skipWithout('bash'),
  }, async () => {
    const sockets = new Set<Socket>()
    const silent = createServer(socket => sockets.add(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const words = ['get', 'clusters', '-l', 'reg']
    const environments = [
      { HYPERFLEET_CLIENT_SERVER: `http://127.0.0.1:${port}` },
      { HYPERFLEET_CLIENT_SERVER: 'http://127.0.0.1:1' },
      { HYPERFLEET_CLIENT_SERVER: 'not an address' },
      { HYPERFLEET_CLIENT_TOKEN_FILE: '/nonexistent' },
    ]
    for (const each of environments) {
      const { stdout, stderr } = await promisify(execFile)(
        'bash',
        ['-c', BASH, 'bash', 'hyperfleet', ...words],
        { env: { ...environment, ...each }, cwd: shell.home },
      )
      assert.deepEqual([stdout.trim(), stderr], ['', ''], JSON.stringify(each))
    }
    for (const args of [[], ['nope'], ['fields', 'clusters', 'x', 'more']])
      assert.deepEqual(await shell.run('completion', 'offers', ...args), { code: 0, stdout: '', stderr: '' })
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  test('each shell asks the server of the command line, and hands its token to no argument of a process', async () => {
    const tokens = new Set<string | undefined>()
    const values = [{ value: 'from-the-line', count: 1 }]
    const facets = { kind: 'ClusterFacets', total: 1, facets: [{ field: 'labels.zone', values, missing: 0 }] }
    const server = createHttpServer(({ headers }, response) => {
      tokens.add(headers.authorization)
      response.end(JSON.stringify(facets))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const origin = `http://127.0.0.1:${port}`
    await writeFile(join(shell.home, 'token'), 'of-a-file\n')
    const lines = [
      ['--server', origin, 'get', 'clusters', '--token', 'of-the-line', '-l', 'zone in (f'],
      [`--server=${origin}`, '--token-file', 'token', 'get', 'clusters', '-l', 'zone in (f'],
      ['get', 'clusters', '--server', `'${origin}'`, '--token-file=~/token', '-l', 'zone in (f'],
    ].map(words => ['hyperfleet', ...words.slice(0, -1), `"${words.at(-1)}`])
    const offered = 'zone in (from-the-line'
    const asked = join(shell.home, 'asked')
    await rm(asked, { force: true })
    const expected = ['Bearer of-a-file', 'Bearer of-the-line']
    if (!skipWithout('bash')) {
      for (const [, ...words] of lines) assert.deepEqual(await inBash(...words), [offered], words.join(' '))
      assert.deepEqual([...tokens].sort(), expected)
      // Only a shell knows this server.
      assert.deepEqual(await inBash('get', 'clusters', '--server', '"$SERVER"', '-l', '"zone in (f'), [])
    }
    tokens.clear()
    if (!skipWithout('fish')) {
      for (const line of lines) {
        const text = `source script.fish; complete -C ${shellQuoted(line.join(' ')).replaceAll("'\\''", "\\'")}`
        const [found = ''] = sortedLines(await output('fish', '--no-config', '-c', text))
        assert.match(found, /from-the-line/, line.join(' '))
      }
      assert.deepEqual([...tokens].sort(), expected)
    }
    tokens.clear()
    if (!skipWithout('zsh')) {
      const screen = await inZsh(
        lines.map(line => ({
          typed: line.join(' '),
          shown: `${line.slice(0, -1).join(' ')} "${offered}`,
        })),
      )
      assert.equal(screen.split(offered).length - 1, lines.length, screen)
      assert.deepEqual([...tokens].sort(), expected)
    }
    server.close()
    server.closeAllConnections()
    const processes = existsSync(asked) ? await readFile(asked, 'utf8') : ''
    assert.ok(processes === '' || processes.includes(`--server=${origin}`), processes)
    assert.ok(!processes.includes('of-the-line'), processes)
  })

  test('no word is offered that a shell would expand', { skip: skipWithout('bash') }, async () => {
    const answer = HOSTILE.map(value => ({ value, count: 1 }))
    const facets = {
      kind: 'ClusterFacets',
      total: 1,
      facets: [{ field: 'labels', values: answer, missing: 0 }],
    }
    const server = createHttpServer((_, response) => response.end(JSON.stringify(facets))).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const word of ['', '"']) {
      const { stdout } = await promisify(execFile)(
        'bash',
        ['-c', BASH, 'bash', 'hyperfleet', 'get', 'clusters', '-l', `${word}region`, '='],
        {
          env: { ...environment, HYPERFLEET_CLIENT_SERVER: `http://127.0.0.1:${port}` },
          cwd: shell.home,
        },
      )
      assert.equal(stdout.trim(), '')
    }
    server.close()
    server.closeAllConnections()
    assert.equal(existsSync(join(shell.home, 'expanded')), false)
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
    // Zsh takes `!` for its history.
    const isPlain = (word = '') => word !== '' && !word.startsWith('!')
    const single = OFFERS.filter(([words, offered]) => offered.length === 1 && isPlain(words.at(-1)))
    const lines = single.map(([words, [offered]]) => ({
      typed: ['hyperfleet', ...words].join(' '),
      shown: `${['hyperfleet', ...words.slice(0, -1)].join(' ')} ${offered}`,
    }))
    const screen = await inZsh(lines)
    for (const { shown } of lines) assert.ok(screen.includes(shown), `${shown}: ${screen}`)
  })

  test('an unknown shell is refused', async () => {
    for (const args of [[], ['tcsh'], ['bash', 'zsh']]) {
      const { code, stderr } = await shell.run('completion', ...args)
      assert.equal(code, 2)
      assert.match(stderr, /completion takes one shell, bash, zsh or fish/)
    }
  })
})
