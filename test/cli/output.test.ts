// Output of commands if it cannot be written or has no reader, and the modules that commands load.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Output } from '../../src/cli/terminal/output.ts'
import { COMMAND, type Ended } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'
import { fill } from './folder-process.ts'

const FULL = '/dev/full'
const SAID = /^hyperfleet: standard output cannot be written: ENOSPC: no space left on device[^\n]*\n$/

describe('output that cannot be written', {
  timeout: TEST_HANGS_AFTER_MS,
  skip: existsSync(FULL) ? false : `there is no ${FULL}`,
}, () => {
  let shell: Shell
  let folder = ''
  before(async () => {
    shell = await startShell()
    folder = await mkdtemp(join(tmpdir(), 'hyperfleet-output-'))
    const { id } = await shell.client.cluster('alpha')
    await shell.client.nodepool(id, 'workers')
    await fill(join(folder, 'data'), 40, 8000)
  })
  after(async () => {
    await shell.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** Runs a shell line in which `$H` is the program. Asynchronous, because this process runs the server. */
  function inShell(line: string, ...args: readonly string[]): Promise<Ended> {
    const env = {
      PATH: process.env.PATH,
      HOME: shell.home,
      HYPERFLEET_CLIENT_SERVER: shell.server.origin,
      HYPERFLEET_STORAGE_PATH: join(folder, 'data'),
      NODE: process.execPath,
      COMMAND,
    }
    const script = `h() { "$NODE" "$COMMAND" "$@"; }\n${line}`
    const child = spawn('bash', ['-c', script, 'bash', ...args], { env, cwd: shell.home })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.stderr.on('data', chunk => {
      stderr += chunk
    })
    return new Promise(resolve => child.on('close', code => resolve({ code, stdout, stderr })))
  }

  /** Command lines that print, at least one of each command. Those that write leave a result. */
  const lines: readonly (readonly string[])[] = [
    [],
    ['--version'],
    ['version'],
    ['serve', '--help'],
    ['config'],
    ['config', '-o', 'yaml'],
    ['docs'],
    ['completion', 'bash'],
    ['get', 'clusters'],
    ['get', 'clusters', '-o', 'json'],
    ['get', 'clusters', '-o', 'yaml'],
    ['get', 'clusters', '--watch'],
    ['describe', 'cluster', 'alpha'],
    ['explain', 'clusters'],
    ['explain', 'clusters', '-o', 'json'],
    ['explain', 'clusters', '-o', 'json', '--search', 'x'],
    ['create', 'cluster', 'created-unseen'],
    ['patch', 'cluster', 'alpha', '-p', '{spec: {a: 1}}', '-o', 'json'],
    ['report', 'cluster', 'alpha', '--adapter', 'a'].concat(
      ...['Available', 'Applied', 'Health'].map(type => ['--condition', `${type}=True`]),
    ),
    ['simulate', '--clusters', '1', '--duration', '0'],
    ['verify'],
    ['backup', 'backup'],
    ['restore', 'backup', '--storage-path', 'restored'],
    ['export'],
  ]

  test('ends every command with one line and the code 1', async () => {
    for (const args of lines) {
      const { code, stderr } = await inShell(`h "$@" > ${FULL}`, ...args)
      const said = stderr.split('\n').filter(line => line.startsWith('hyperfleet: '))
      assert.equal(code, 1, `${args.join(' ')}: ${stderr}`)
      assert.match(`${said.join('\n')}\n`, SAID, args.join(' '))
      assert.doesNotMatch(stderr, /^ {4}at |partial/m, args.join(' '))
    }
  })

  test('does not undo the work: the result exists', async () => {
    assert.equal((await shell.run('get', 'cluster', 'created-unseen')).code, 0)
    assert.ok(existsSync(join(shell.home, 'restored')))
  })

  test('a file that reaches its size limit is not taken for a complete one', async () => {
    // The system first reports a short write, and only then that there is no space.
    const { code, stderr } = await inShell('ulimit -f 8; trap "" XFSZ; h docs contract > short.txt')
    assert.deepEqual([code, /cannot be written: EFBIG/.test(stderr)], [1, true], stderr)
  })

  test('a reader that goes away is not an error', async () => {
    for (const args of [
      ['docs'],
      ['completion', 'bash'],
      ['get', 'clusters', '-o', 'json'],
      ['explain', 'clusters'],
    ]) {
      const { stdout, stderr } = await inShell(`h "$@" | true; echo "\${PIPESTATUS[0]}"`, ...args)
      assert.deepEqual([stdout, stderr], ['0\n', ''], args.join(' '))
    }
  })

  test('export ends early and silently if its reader goes away', async () => {
    const { stdout, stderr } = await inShell(
      `h export | head -1; echo "\${PIPESTATUS[0]}"; h export | head -c 100000 > /dev/null; echo "\${PIPESTATUS[0]}"`,
    )
    assert.match(stdout, /^\{.*\}\n0\n0\n$/)
    assert.equal(stderr, '')
  })

  test('a command that changes things continues without its reader', async () => {
    const documents = Array.from({ length: 20 }, (_, i) => `kind: Cluster\nname: unread-${i}\nspec: {}\n`)
    const { stdout, stderr } = await inShell(
      `printf '%s' "$1" | h create -f - | true; echo "\${PIPESTATUS[1]}"`,
      documents.join('---\n'),
    )
    assert.deepEqual([stdout, stderr], ['0\n', ''])
    const { stdout: names } = await shell.run(
      'get',
      'clusters',
      '-o',
      'name',
      '--search',
      "name like 'unread-%'",
    )
    assert.equal(names.split('\n').length - 1, 20)
  })

  test('no command prints a stack trace if standard output or error is closed or full', async () => {
    for (const line of ['h --version >&-', 'h --version 2>&-', 'h nope 2>/dev/full'])
      assert.doesNotMatch((await inShell(line)).stderr, /^ {4}at /m, line)
    const { code, stdout } = await inShell(`h export 2>/dev/full | wc -l; exit "\${PIPESTATUS[0]}"`)
    assert.deepEqual([code, stdout.trim()], [0, '81'])
  })
})

test('an output reports its error once, and discards what is written afterwards', async () => {
  for (const [errorCode, isFailure] of [
    ['EIO', true],
    ['EPIPE', false],
    ['ECONNRESET', false],
  ] as const) {
    let writes = 0
    const output = new Output(
      () => (_, done) => {
        writes++
        setImmediate(() => done(Object.assign(new Error(`${errorCode}: no`), { code: errorCode })))
      },
      false,
    )
    await output.send(Buffer.from('a'))
    assert.equal(output.ended.aborted, true)
    output.write('b')
    const failure = await output.finish()
    assert.deepEqual([failure?.message, writes], [isFailure ? `${errorCode}: no` : undefined, 1])
  }
})

/** Runs a command. Resolves with the modules that it has loaded, without Node's own. */
function modulesOf(...args: readonly string[]): string[] {
  const hook = `import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(\`
import { writeSync } from 'node:fs'
export async function load(url, context, next) {
  if (!url.startsWith('node:')) writeSync(2, 'loads ' + url + '\\\\n')
  return next(url, context)
}\`))`
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, COMMAND, ...args],
    { encoding: 'utf8', env: { PATH: process.env.PATH, HYPERFLEET_CLIENT_SERVER: 'http://127.0.0.1:1' } },
  )
  return [...stderr.matchAll(/^loads (.*)$/gm)].map(([, url = '']) => url)
}

test('commands load only what they need: client commands load no store, engine, logs or schemas', () => {
  const heavy =
    /lmdb|uwebsockets|typebox|pino|prom-client|ajv|jose|fs-native|src\/(main|http|store|fleet|search|index|audit|backup|export)\b/i
  for (const args of [
    ['--version'],
    ['get', '--help'],
    ['get', 'clusters'],
    ['create', 'cluster', 'abc'],
    ['explain', 'clusters'],
  ]) {
    const loaded = modulesOf(...args)
    assert.ok(
      loaded.some(url => url.endsWith('/cli/hyperfleet.js')),
      args.join(' '),
    )
    assert.deepEqual(
      loaded.filter(url => heavy.test(url)),
      [],
      args.join(' '),
    )
  }
  const bare = modulesOf('--version')
  assert.ok(!bare.some(url => url.includes('node_modules')), bare.join('\n'))
  assert.ok(bare.length <= 20, `${bare.length} modules`)
  // Proves that the test detects a loaded module.
  assert.ok(modulesOf('config', '--check').some(url => url.includes('typebox')))
})
