// Choice of the server and the credentials: flags, environment, the client's settings file, tokens and certificates.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createClient } from '../../src/cli/connection/client.ts'
import { thisMachine } from '../../src/cli/connection/machine.ts'
import { readTarget } from '../../src/cli/connection/target.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'
import { type Shell, startShell } from './client-process.ts'

/** Test tokens are valid at fixed times, before or after the machine's time. */
const FAR_S = 10 ** 9

describe('the connection of the commands', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  let guarded: TestServer
  let keys: ReturnType<typeof writeKeySet>
  let [token, expired] = ['', '']

  before(async () => {
    shell = await startShell()
    await shell.client.cluster('in-the-open')
    const signer = await Signer.create('one')
    keys = writeKeySet([signer])
    guarded = await startTestServer({ engine: 'node', environment: keys.environment })
    token = await signer.sign({ expiresAt: FAR_S })
    expired = await signer.sign({ expiresAt: -FAR_S })
    await mkdir(join(shell.home, '.config/hyperfleet'), { recursive: true })
  })
  after(async () => {
    await guarded.stop()
    keys.remove()
    await shell.stop()
  })

  async function written(name: string, text: string, mode = 0o600): Promise<string> {
    const path = join(shell.home, name)
    await writeFile(path, text)
    await chmod(path, mode)
    return path
  }
  /** Runs with only this environment. */
  const run = (args: readonly string[], environment: Record<string, string> = {}) =>
    shell.start(['get', 'clusters', ...args], { HYPERFLEET_CLIENT_SERVER: '', ...environment }).ended

  test('contract 10.1: without a token, or with a wrong one, the exit code is 5 and says what to do', async () => {
    const none = await run(['--server', guarded.origin])
    assert.equal(none.code, 5)
    assert.match(none.stderr, /Authentication Required \(HYPERFLEET-AUT-001\)/)
    assert.match(none.stderr, /name a token with --token-file, HYPERFLEET_CLIENT_TOKEN/)
    const late = await run(['--server', guarded.origin, '--token', expired])
    assert.equal(late.code, 5)
    assert.match(late.stderr, /HYPERFLEET-AUT-003/)
    assert.match(late.stderr, /get a new token/)
    assert.ok(!late.stderr.includes(expired))
  })

  test('contract 10.2: a token comes from a flag, a file, the environment or the client file', async () => {
    const inFile = await written('token', `${token}\n`)
    const named = await written('named.yaml', `server: ${guarded.origin}\ntoken-file: token\n`)
    const inline = await written('inline.yaml', `server: ${guarded.origin}\ntoken: ${token}\n`)
    for (const [args, environment] of [
      [['--server', guarded.origin, '--token', token], {}],
      [['--server', guarded.origin, '--token-file', inFile], {}],
      [['--server', guarded.origin], { HYPERFLEET_CLIENT_TOKEN: token }],
      [[], { HYPERFLEET_CLIENT_SERVER: guarded.origin, HYPERFLEET_CLIENT_TOKEN_FILE: inFile }],
      [['--client-config', named], {}],
      [[], { HYPERFLEET_CLIENT_CONFIG: inline }],
      // A flag overrides the environment, which overrides the file, in whichever form each gives the token.
      [['--server', guarded.origin, '--token-file', inFile], { HYPERFLEET_CLIENT_TOKEN: expired }],
      [['--client-config', named], { HYPERFLEET_CLIENT_CONFIG: '/nowhere' }],
    ] as const) {
      const { code, stdout, stderr } = await run(args, environment)
      assert.deepEqual([code, stdout, stderr], [0, '', 'no clusters found\n'])
    }
    const { code } = await run(['--client-config', named], { HYPERFLEET_CLIENT_TOKEN: expired })
    assert.equal(code, 5)
  })

  test('contract 10.1: a token file is read again when the server refuses the token', async () => {
    const path = await written('renewed-token', `${expired}\n`)
    const target = readTarget(
      { text: name => ({ server: guarded.origin, 'token-file': path })[String(name)] },
      { ...thisMachine(), environment: {}, home: shell.home },
    )
    const client = createClient(target, 4)
    const ask = () => client.send('GET', '/api/hyperfleet/v1/clusters')
    try {
      assert.equal((await ask()).status, 401)
      await written('renewed-token', '')
      assert.equal((await ask()).status, 401)
      await written('renewed-token', token)
      const answers = await Promise.all([ask(), ask(), ask(), ask(), ask()])
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
      const body = JSON.stringify({ kind: 'Cluster', name: 'renewed', spec: {} })
      assert.equal((await client.send('POST', '/api/hyperfleet/v1/clusters', body)).status, 201)
    } finally {
      client.close()
    }
    // Also applies to a token file named in the settings file.
    const file = await written('renewed.yaml', `server: ${guarded.origin}\ntoken: ${expired}\n`)
    const other = createClient(
      readTarget(
        { text: name => (name === 'client-config' ? file : undefined) },
        { ...thisMachine(), environment: {}, home: shell.home },
      ),
      1,
    )
    await written('renewed.yaml', `server: ${guarded.origin}\ntoken: ${token}\n`)
    assert.equal((await other.send('GET', '/api/hyperfleet/v1/clusters')).status, 200)
    other.close()
  })

  test('flags that select the server may precede the command, and its own win', async () => {
    const ask = (...args: readonly string[]) => shell.start(args, { HYPERFLEET_CLIENT_SERVER: '' }).ended
    for (const args of [
      ['--server', shell.server.origin, 'get', 'clusters', '-o', 'name'],
      [`--server=${shell.server.origin}`, '--request-timeout', '9s', 'get', 'clusters', '-o', 'name'],
      ['--server', 'http://127.0.0.1:1', 'get', 'clusters', '-o', 'name', '--server', shell.server.origin],
    ]) {
      const { code, stdout, stderr } = await ask(...args)
      assert.deepEqual([code, stderr], [0, ''])
      assert.match(stdout, /^cluster\/in-the-open$/m)
    }
    for (const [args, words] of [
      [['--limit', '3', 'get', 'clusters'], /--limit must not precede the command, only --server, /],
      [['--serve', 'x', 'get'], /did you mean --server\?/],
      [['--url', 'x', 'get'], /did you mean --server\?/],
      [['--server'], /--server has no value \(URL\)/],
      [['--server', shell.server.origin, 'docs', 'search'], /docs takes no --server, which precedes it/],
      [['--server=x', 'version'], /version takes no --server/],
      [['--server=x', 'serve'], /serve takes no --server/],
      [['--config=none.yaml', 'get', 'clusters'], /get takes no --config/],
      [['--config=none.yaml', 'cluster', 'status'], /none\.yaml": there is no such file/],
      [['--config=none.yaml', 'cluster'], /cluster takes init, status, reseed or leave\n/],
      [['--config=none.yaml', 'cluster', 'show'], /cluster takes init, status, reseed or leave, not 'show'/],
      [['get'], /get needs a type: clusters or nodepools or statuses/],
      [['get', 'clustrs'], /not 'clustrs'; did you mean clusters\?/],
      [['explain'], /explain takes one list, clusters or nodepools\n/],
    ] as const) {
      const { code, stderr } = await ask(...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, words)
    }
    assert.equal((await ask('--server', 'x')).code, 2)
    assert.match((await ask('--server', 'x', '--version')).stdout, /^hyperfleet \d/)
  })

  test('misnamed variables are refused with the right name', async () => {
    const bare = (environment: Record<string, string>) => run([], environment)
    for (const [variable, right] of [
      ['HYPERFLEET_SERVER', 'HYPERFLEET_CLIENT_SERVER'],
      ['HYPERFLEET_URL', 'HYPERFLEET_CLIENT_SERVER'],
      ['HYPERFLEET_API_URL', 'HYPERFLEET_CLIENT_SERVER'],
      ['HYPERFLEET_CLIENT_URL', 'HYPERFLEET_CLIENT_SERVER'],
      ['HYPERFLEET_TOKEN', 'HYPERFLEET_CLIENT_TOKEN'],
      ['HYPERFLEET_TOKEN_FILE', 'HYPERFLEET_CLIENT_TOKEN_FILE'],
      ['HYPERFLEET_CA_CERT', 'HYPERFLEET_CLIENT_CA_FILE'],
    ] as const) {
      const { code, stderr } = await bare({ [variable]: 'sec-ret' })
      assert.deepEqual(
        [code, stderr.split(',')[0]],
        [2, `hyperfleet: ${variable} is not read: the right name is ${right}`],
      )
      assert.ok(!stderr.includes('sec-ret'))
    }
    const typo = await bare({ HYPERFLEET_CLIENT_SERVR: 'x' })
    assert.match(
      typo.stderr,
      /HYPERFLEET_CLIENT_SERVR is not a setting; did you mean HYPERFLEET_CLIENT_SERVER\?/,
    )
    // The right variable wins, with a warning about the other. Server settings and Kubernetes links are ignored.
    const both = await bare({ HYPERFLEET_CLIENT_SERVER: shell.server.origin, HYPERFLEET_URL: 'http://x' })
    assert.equal(both.code, 0)
    assert.match(both.stderr, /^hyperfleet: HYPERFLEET_URL is not read/)
    const others = await bare({
      HYPERFLEET_CLIENT_SERVER: shell.server.origin,
      HYPERFLEET_SERVER_PORT: '1',
      HYPERFLEET_CLIENT_PORT: 'tcp://10.0.0.1:80',
      HYPERFLEET_CLIENT_SERVICE_HOST: '10.0.0.1',
    })
    assert.deepEqual([others.code, others.stderr], [0, ''])
  })

  test('a request ends after --request-timeout', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { code, stderr } = await run(['--server', `http://127.0.0.1:${port}`, '--request-timeout', '300ms'])
    silent.close()
    assert.deepEqual([code, /no answer within 0\.3 s/.test(stderr)], [6, true], stderr)
  })

  test('all client commands take the same connection flags', async () => {
    const environment = { HYPERFLEET_CLIENT_SERVER: guarded.origin, HYPERFLEET_CLIENT_TOKEN: token }
    for (const args of [
      ['create', 'cluster', 'guarded'],
      ['describe', 'cluster', 'guarded'],
      ['patch', 'cluster', 'guarded', '-p', '{}'],
      ['explain', 'clusters'],
      ['simulate', '--clusters', '1', '--duration', '0'],
    ]) {
      const { code, stdout, stderr } = await shell.start(args, environment).ended
      assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
    }
    for (const args of [['explain', 'clusters'], ['simulate'], ['describe', 'cluster', 'x']])
      assert.equal(
        (await shell.start(args, { HYPERFLEET_CLIENT_SERVER: guarded.origin }).ended).code,
        5,
        args[0],
      )
  })

  test('the file in the home folder is read if it exists', async () => {
    const path = await written('.config/hyperfleet/client.yaml', `# mine\nserver: ${shell.server.origin}\n`)
    assert.match((await run([])).stdout, /^in-the-open\t/m)
    await written('.config/hyperfleet/client.yaml', '')
    const { code, stderr } = await run(['--server', `http://127.0.0.1:${await freePort()}`])
    assert.deepEqual(
      [code, /is it running\? Start one with 'hyperfleet serve'/.test(stderr)],
      [6, true],
      stderr,
    )
    assert.ok(!stderr.includes(path))
  })

  test('a file with a token that other users can read gets a warning, without the token', async () => {
    const open = await written('open.yaml', `server: ${guarded.origin}\ntoken: ${token}\n`, 0o644)
    const warned = await run(['--client-config', open])
    assert.equal(warned.code, 0)
    assert.match(warned.stderr, /open\.yaml holds a token and other users can read it: chmod 600 /)
    const path = await written('open-token', token, 0o640)
    const file = await run(['--server', guarded.origin, '--token-file', path])
    assert.match(file.stderr, /open-token holds a token and other users can read it/)
    for (const { stdout, stderr } of [warned, file]) assert.ok(!(stdout + stderr).includes(token))
    const harmless = await written('harmless.yaml', `server: ${shell.server.origin}\n`, 0o644)
    assert.equal((await run(['--client-config', harmless])).stderr, '')
  })

  test('faults in the file and of a token are reported with their position, and the token is not', async () => {
    for (const [text, words] of [
      ['sever: x\n', /wrong\.yaml:1:1: unknown key 'sever': must be one of server, .*did you mean server\?/],
      ['server: 5\n', /wrong\.yaml:1:1: server must be text/],
      ['server:\n', /server must be text/],
      ['token: [secret]\n', /token must be text/],
      ['- a\n', /must be keys with values/],
      ['server: a\n\ttoken: secret\n', /wrong\.yaml:2:1: indented with a tab/],
      ['server: localhost\n', /server in .*wrong\.yaml is 'localhost': must be an address/],
      ['token: secret\ntoken-file: x\n', /token in .* and token-file in .*: give only one of them/],
      ['token: "sec ret"\n', /token in .*wrong\.yaml contains no token/],
      ['token-file: nope\n', /token-file in .*wrong\.yaml is '.*\/nope': there is no such file/],
      ['ca-file: wrong.yaml\n', /it contains no PEM certificate/],
    ] as const) {
      const path = await written('wrong.yaml', text)
      const { code, stdout, stderr } = await run(['--client-config', path])
      assert.deepEqual([code, stdout], [2, ''], `${text}: ${stderr}`)
      assert.match(stderr, words)
      assert.doesNotMatch(stderr, /sec ?ret/)
    }
    for (const [args, environment, words] of [
      [['--client-config', 'nope.yaml'], {}, /nope\.yaml does not exist/],
      [['--client-config', '.'], {}, /cannot be read: EISDIR/],
      [['--token', 'a', '--token-file', 'b'], {}, /--token and --token-file: give only one of them/],
      [['--token', 'sec\nret'], {}, /--token contains no token/],
      [[], { HYPERFLEET_CLIENT_TOKEN: 'sec ret' }, /HYPERFLEET_CLIENT_TOKEN contains no token/],
      [[], { HYPERFLEET_CLIENT_SERVER: 'x' }, /HYPERFLEET_CLIENT_SERVER is 'x'/],
    ] as const) {
      const { code, stderr } = await run(args, environment)
      assert.equal(code, 2, stderr)
      assert.match(stderr, words)
      assert.doesNotMatch(stderr, /sec\s?ret/)
    }
  })

  test("contract 1.4: the server ignores the client's variables", async () => {
    const environment = { HYPERFLEET_CLIENT_TOKEN: token, HYPERFLEET_CLIENT_SERVER: 'x' }
    const { code, stderr } = await shell.start(['config', '--check'], environment).ended
    assert.deepEqual([code, stderr], [0, ''])
  })

  test('a server that does not answer as expected, or not at all, is told so', async () => {
    const silent = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise(resolve => silent.once('listening', resolve))
    const address = silent.address()
    assert(typeof address === 'object' && address !== null)
    const { code, stderr } = await run(['--server', `http://127.0.0.1:${address.port}`])
    silent.close()
    assert.deepEqual([code, /if it speaks TLS, use https:/.test(stderr)], [6, true], stderr)
    const tls = await run(['--server', shell.server.origin.replace('http', 'https')])
    assert.deepEqual(
      [tls.code, /it does not speak TLS on that port; use http:/.test(tls.stderr)],
      [6, true],
      tls.stderr,
    )
    assert.match(tls.stderr, /^hyperfleet: .+\n$/, 'one line')
  })

  test('a proxy whose server is away, and an answer that breaks off, are called that', async t => {
    const answers = [
      'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbusy',
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"kind":',
    ]
    const proxy = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answers.shift() ?? ''))
    }).listen(0, '127.0.0.1')
    t.after(() => proxy.close())
    await once(proxy, 'listening')
    const address = proxy.address()
    assert(typeof address === 'object' && address !== null)
    const server = `http://127.0.0.1:${address.port}`
    const away = await run(['--server', server])
    assert.deepEqual([away.code, away.stdout], [6, ''])
    assert.match(away.stderr, /returned 503.*: a proxy there has no server behind it; try again later\n$/)
    const cut = await run(['--server', server])
    assert.deepEqual([cut.code, cut.stdout], [6, ''])
    assert.match(cut.stderr, /^hyperfleet: the answer of http.* broke off; try again\n$/)
  })

  test('contract 2.2: an address with a wrong path is no missing resource', async () => {
    await shell.client.cluster('at-the-right-path')
    const server = ['--server', `${shell.server.origin}/elsewhere`]
    for (const args of [
      ['get', 'cluster', 'at-the-right-path'],
      ['get', 'clusters'],
      ['watch', 'clusters'],
      ['delete', 'cluster', 'at-the-right-path'],
      ['wait', 'cluster', 'at-the-right-path', '--for', 'delete'],
      ['wait', 'cluster', 'at-the-right-path', '--for', 'create'],
    ]) {
      const { code, stdout, stderr } = await shell.run(...args, ...server)
      assert.deepEqual([code, stdout], [1, ''], args.join(' '))
      assert.match(stderr, /No Such Endpoint \(HYPERFLEET-NTF-000\)/)
      assert.match(stderr, /check the path in --server/)
    }
  })

  test('TLS: the authority of --ca-file is trusted; without the flag the message names it', {
    skip: whyNoCertificates,
  }, async t => {
    const authority = new CertificateAuthority()
    authority.issue('cli')
    const server = await startTestServer({
      engine: 'node',
      environment: {
        HYPERFLEET_SERVER_TLS_CERT_PATH: authority.certPath,
        HYPERFLEET_SERVER_TLS_KEY_PATH: authority.keyPath,
      },
    })
    t.after(async () => {
      await server.stop()
      authority.remove()
    })
    const origin = server.origin.replace('http', 'https')
    await written('authority.pem', authority.trusted.toString())
    const file = await written('tls.yaml', `server: ${origin}\nca-file: authority.pem\n`)
    assert.equal((await run(['--client-config', file])).stderr, 'no clusters found\n')
    const unknown = await run(['--server', origin])
    assert.equal(unknown.code, 6)
    assert.match(unknown.stderr, /give the certificate of its authority with --ca-file/)
  })
})
