// `hyperfleet get --watch`: its output in a pipe, outages, and its end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TestClient } from '../harness/client.ts'
import type { CommandProcess } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer } from '../harness/server.ts'
import { type Shell, startShell } from './client-process.ts'

describe('hyperfleet get --watch', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
  })
  after(() => shell.stop())

  /** Ends the command as Ctrl-C does. */
  async function interrupt(watching: CommandProcess) {
    watching.child.kill('SIGINT')
    return watching.ended
  }

  /** Resolves once standard error contains the text. */
  function told({ child }: CommandProcess, text: string): Promise<void> {
    let told = ''
    return new Promise(resolve =>
      child.stderr?.on('data', chunk => {
        told += chunk
        if (told.includes(text)) resolve()
      }),
    )
  }

  test('a pipe first gets everything, then new and changed items, until Ctrl-C ends it with 130', async () => {
    const { client } = shell
    const one = await client.cluster('one-cluster')
    await client.cluster('two-cluster')
    const watching = shell.start(['get', 'clusters', '--watch', '--interval', '1'])
    await watching.line('one-cluster\t')
    await client.patch(`/clusters/${one.id}`, { spec: { changed: true } })
    await watching.line('one-cluster\tFalse\tFalse\t2')
    await client.cluster('three-cluster')
    await watching.line('three-cluster\t')
    const { code, stdout, stderr } = await interrupt(watching)
    assert.deepEqual([code, stderr], [130, ''])
    const rows = stdout
      .split('\n')
      .map(line => line.split('\t').slice(0, 4).join(' '))
      .filter(Boolean)
    assert.deepEqual(rows, [
      'NAME READY AVAILABLE GENERATION',
      'two-cluster False False 1',
      'one-cluster False False 1',
      'one-cluster False False 2',
      'three-cluster False False 1',
    ])
  })

  test('with -o json every change is a document on one line', async () => {
    const { id } = await shell.client.cluster('json-cluster', { spec: { big: 1 } })
    const watching = shell.start(['get', 'cluster', 'json-cluster', '-w', '-o', 'json', '--interval', '1'])
    assert.equal(JSON.parse(await watching.line('"generation":1,')).name, 'json-cluster')
    await shell.client.patch(`/clusters/${id}`, { spec: { big: 2 } })
    assert.deepEqual(JSON.parse(await watching.line('"generation":2,')).spec, { big: 2 })
    assert.equal((await interrupt(watching)).code, 130)
  })

  test('a first poll that fails ends it', async () => {
    const { code } = await shell.run('get', 'cluster', 'nope', '--watch')
    assert.equal(code, 3)
    const refused = await shell.run('get', 'clusters', '--search', 'x', '--watch')
    assert.equal(refused.code, 1)
  })

  test('a server that goes away later is reported once, and waited for', async () => {
    const port = await freePort()
    const environment = { HYPERFLEET_SERVER_PORT: String(port) }
    const first = await startTestServer({ engine: 'node', environment })
    const client = new TestClient(first.origin)
    await client.cluster('before')
    const watching = shell.start(['get', 'clusters', '-w', '--interval', '1', '--server', first.origin])
    await watching.line('before')
    await first.server.close()
    await told(watching, 'still watching')
    const second = await startTestServer({ engine: 'node', environment, folder: first.folder })
    await client.cluster('afterwards')
    await watching.line('afterwards')
    const ended = interrupt(watching)
    client.close()
    const { code, stderr } = await ended
    assert.equal(code, 130)
    assert.equal(stderr.match(/no server can be reached/g)?.length, 1, stderr)
    await second.stop()
  })
})
