import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { COMMAND, runFile } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'

/** Output of a server until it serves, under a limit on open files. */
async function saidAtStart(openFiles: number, connections: number, ports = ['0', '0']): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  const settings = {
    HYPERFLEET_SERVER_PORT: '0',
    HYPERFLEET_HEALTH_PORT: ports[0] ?? '',
    HYPERFLEET_METRICS_PORT: ports[1] ?? '',
    HYPERFLEET_STORAGE_PATH: join(folder, 'data'),
    HYPERFLEET_LIMITS_CONNECTIONS: String(connections),
  }
  const limited = ['-c', `ulimit -n ${openFiles} && exec "$0" "$@"`, process.execPath, COMMAND, 'serve']
  const server = runFile('/bin/sh', limited, { PATH: process.env.PATH, ...settings }, folder)
  try {
    await server.line('authentication is off')
    server.child.kill('SIGTERM')
    return (await server.ended).stdout
  } finally {
    server.child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  }
}

const isLinux = process.platform === 'linux'

test('a start warns if the limit on open files is lower than the limit on connections', {
  skip: !isLinux && 'only Linux shows the limit on open files',
}, async () => {
  assert.match(await saidAtStart(1024, 1000), /"openFiles":1024,"connections":1000,.*ulimit -n/)
  assert.doesNotMatch(await saidAtStart(1024, 900), /openFiles/)
})

test('the ports for health and metrics count too, and the API leaves them their share', {
  skip: !isLinux && 'only Linux shows the limit on open files',
}, async () => {
  const ports = [String(await freePort()), String(await freePort())]
  assert.match(
    await saidAtStart(1024, 900, ports),
    /"openFiles":1024,"connections":900,"needed":1128,"bound":796,.*ulimit -n/,
  )
  assert.doesNotMatch(await saidAtStart(1024, 796, ports), /openFiles/)
})
