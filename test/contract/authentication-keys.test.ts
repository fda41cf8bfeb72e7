// Authentication: sources of keys, and behaviour without keys.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { START_MS } from '../harness/bench.ts'
import { TestClient } from '../harness/client.ts'
import { KeyServer } from '../harness/key-server.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { assertProblem } from '../harness/problem.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'
import { AUDIENCE, ISSUER, Signer } from '../harness/tokens.ts'

const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

function startServer(engine: EngineName, environment: Record<string, string>): Promise<TestServer> {
  return startTestServer({
    engine,
    machineMs: () => START_MS,
    environment: {
      HYPERFLEET_AUTH_ENABLED: 'true',
      HYPERFLEET_AUTH_ISSUER: ISSUER,
      HYPERFLEET_AUTH_AUDIENCE: AUDIENCE,
      ...environment,
    },
  })
}

for (const engine of ENGINES)
  describe(`keys from an address (${engine})`, () => {
    const source = new KeyServer()
    let signer: Signer
    let server: TestServer | undefined
    let client: TestClient

    const start = async () => {
      await stop()
      server = await startServer(engine, { HYPERFLEET_AUTH_JWKS_URL: source.url })
      client = new TestClient(server.origin)
    }
    const stop = async () => {
      client?.close()
      await server?.stop()
      server = undefined
    }
    const read = async (token: Signer, keyId?: string | null) =>
      client.get('/clusters', { authorization: await token.bearer(keyId === undefined ? {} : { keyId }) })

    before(async () => {
      await source.start()
      signer = await Signer.create('one')
    })
    after(async () => {
      await stop()
      await source.stop()
    })

    test('contract 10.1: tokens are checked with the keys from the address', async () => {
      source.answer = { status: 200, body: JSON.stringify({ keys: [signer.jwk] }) }
      await start()
      assert.equal((await read(signer)).status, 200)
      assertProblem(await read(await Signer.create('one')), 'HYPERFLEET-AUT-002')
      assertProblem(await read(await Signer.create('two')), 'HYPERFLEET-AUT-002')
      assertProblem(await client.get('/clusters'), 'HYPERFLEET-AUT-001')
    })

    test('contract 10.1: a token without a key id is checked with every key that fits', async () => {
      const other = await Signer.create('two')
      source.answer = { status: 200, body: JSON.stringify({ keys: [other.jwk, signer.jwk] }) }
      await start()
      for (const key of [signer, other]) assert.equal((await read(key, null)).status, 200)
      assertProblem(await read(await Signer.create('one'), null), 'HYPERFLEET-AUT-002')
    })

    test('contract 9.1, 10.1: unavailable keys are 503, not a fault of the token', async () => {
      for (const answer of [
        { status: 500, body: 'failed' },
        { status: 404, body: '{}' },
        { status: 200, body: 'not JSON' },
        { status: 200, body: '{"keys":5}' },
      ]) {
        source.answer = answer
        await start()
        const refused = await read(signer)
        assertProblem(refused, 'HYPERFLEET-SVC-001')
        assert.match(refused.headers['retry-after'] ?? '', /^[1-9]\d*$/)
        assert.doesNotMatch(refused.text, /127\.0\.0\.1|JSON Web Key|jose|fetch/)
        source.answer = { status: 200, body: JSON.stringify({ keys: [signer.jwk] }) }
        // The next attempt is allowed a second later.
        let status = 503
        while (status === 503) status = (await read(signer)).status
        assert.equal(status, 200)
      }
    })

    test('contract 9.1, 10.1: a refused connection is 503, and open paths stay open', async () => {
      const gone = new KeyServer()
      await gone.start()
      const { url } = gone
      await gone.stop()
      await stop()
      server = await startServer(engine, { HYPERFLEET_AUTH_JWKS_URL: url })
      client = new TestClient(server.origin)
      assertProblem(await read(signer), 'HYPERFLEET-SVC-001')
      assert.equal((await client.get('/openapi')).status, 200)
      assertProblem(await client.get('/clusters'), 'HYPERFLEET-AUT-001')
    })
  })

describe('missing keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-keys-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('contract 10.1: authentication without keys, or with a file without keys, stops the start', async () => {
    const broken = join(folder, 'broken.json')
    writeFileSync(broken, '{"keys":')
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"keys":5}')
    await assert.rejects(startServer('node', {}), /neither auth\.jwksUrl nor auth\.jwksFile is set/)
    for (const file of [join(folder, 'missing.json'), broken, other])
      await assert.rejects(startServer('node', { HYPERFLEET_AUTH_JWKS_FILE: file }), /auth\.jwksFile/)
    await assert.rejects(startServer('node', { HYPERFLEET_AUTH_JWKS_URL: 'no address' }), /auth\.jwksUrl/)
  })
})

describe('keys from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-keys-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('contract 10.1: a key set in a file is read again when it changes, and on demand', async context => {
    const [old, next] = [await Signer.create('one'), await Signer.create('two')]
    const file = join(folder, 'jwks.json')
    const write = (...signers: Signer[]) =>
      writeFileSync(file, JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }))
    write(old)
    const { origin, server, stop } = await startServer('node', { HYPERFLEET_AUTH_JWKS_FILE: file })
    const client = new TestClient(origin)
    context.after(() => {
      client.close()
      return stop()
    })
    const status = async (signer: Signer) =>
      (await client.get('/clusters', { authorization: await signer.bearer() })).status
    assert.deepEqual([await status(old), await status(next)], [200, 401])
    write(next)
    while ((await status(next)) === 401) await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal(await status(old), 401)
    writeFileSync(file, 'broken')
    await server.reload()
    assert.equal(await status(next), 200)
    write(old)
    await server.reload()
    assert.deepEqual([await status(old), await status(next)], [200, 401])
  })
})

// contract, section 10
describe('authentication by default', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))

  test('it is off, and the log says so (contract 10.1)', { timeout: TEST_HANGS_AFTER_MS }, async () => {
    const flags = [
      '--storage-path',
      folder,
      '--server-port',
      '0',
      '--health-port',
      '0',
      '--metrics-port',
      '0',
    ]
    const child = spawn(process.execPath, [COMMAND, 'serve', ...flags])
    let output = ''
    for await (const chunk of child.stdout) {
      output += chunk
      if (output.includes('authentication is off')) child.kill('SIGTERM')
    }
    assert.match(output, /authentication is off/)
  })
})
