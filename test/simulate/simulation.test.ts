// Whole simulations against the real server, on both engines.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Client } from '../../src/cli/connection/client.ts'
import { runProgram, startProgram } from '../cli/program.ts'
import { freePort } from '../harness/free-port.ts'
import { ENGINES, startTestServer, type TestServer } from '../harness/server.ts'
import { runSimulation, wrongChecks } from './simulation-run.ts'

for (const engine of ENGINES)
  describe(`simulate [${engine}]`, () => {
    let server: TestServer
    before(async () => {
      server = await startTestServer({ engine })
    })
    after(() => server.stop())

    test('contract 6.1, 6.4, 6.8, 6.10, 8.7: the fleet is as the simulation accounts for it', async () => {
      const { result } = await runSimulation(
        flags(server, '--clusters', '60', '--duration', '2', '--rate', '1500'),
      )
      assert.deepEqual(wrongChecks(result), [])
      assert.ok(result.checks.length > 40)
      const expected = new Map(result.checks.map(check => [check.name, check.expected]))
      for (const name of ['clusters ready', 'clusters not ready', 'clusters of a changed spec', 'nodepools'])
        assert.ok((expected.get(name) ?? 0) > 0, `${name} should have something to count`)
    })

    test('contract 4.3, 11.2-11.9: a part of the fleet is deleted, finished by its adapters, and created again', async () => {
      const { result, notes } = await runSimulation(
        flags(server, '--clusters', '30', '--duration', '1', '--name-prefix', 'turned', '--turnover', '60'),
      )
      assert.deepEqual(wrongChecks(result), [])
      assert.match(notes, /^deleted ([1-9]\d+) clusters and nodepools, created \1 again$/m)
      const found = new Map(result.checks.map(check => [check.name, check.found]))
      for (const kind of ['clusters', 'nodepools']) {
        assert.ok((found.get(`removed ${kind} that are gone`) ?? 0) > 0)
        assert.equal(found.get(`${kind} being deleted`), 0)
      }
    })

    test('a second run continues with the fleet of the first', async () => {
      const first = flags(server, '--clusters', '10', '--duration', '0', '--name-prefix', 'again')
      await runSimulation(first)
      const more = flags(
        server,
        '--clusters',
        '15',
        '--duration',
        '1',
        '--name-prefix',
        'again',
        '--seed',
        '5',
      )
      const { result, notes } = await runSimulation(more)
      assert.deepEqual(wrongChecks(result), [])
      assert.match(notes, /10 clusters and \d+ nodepools of 'again' exist from an earlier run/)
      assert.equal(result.checks.find(({ name }) => name === 'clusters')?.found, 15)
    })

    test('contract 4.3, 4.8, 5.3d: lost requests and lost answers cost nothing', async () => {
      const flaky = flags(server, '--clusters', '15', '--duration', '1', '--name-prefix', 'flaky')
      const { result } = await runSimulation(flaky, lossy)
      assert.deepEqual(wrongChecks(result), [])
      assert.ok(result.traffic.retries > 50)
    })

    test('the same seed and rate send the same requests, however many connections there are', async t => {
      const sent = async (connections: string) => {
        const fresh = await startTestServer({ engine })
        t.after(() => fresh.stop())
        const life = ['--duration', '1', '--rate', '1000', '--connections', connections]
        const record = new Map<string, string[]>()
        await runSimulation(flags(fresh, '--clusters', '8', ...life), client => recording(client, record))
        return record
      }
      assert.deepEqual(await sent('1'), await sent('12'))
    })

    test('a name that is taken by another resource is refused with a remedy', async () => {
      const taken = flags(server, '--clusters', '3', '--duration', '0', '--name-prefix', 'taken')
      await create(server, { kind: 'Cluster', name: 'taken-000001', spec: {} })
      await assert.rejects(runSimulation(taken), {
        name: 'SimulationError',
        message: /'taken-000001' exists that this simulation did not create: choose another --name-prefix/,
      })
    })

    test('a cluster added by another client makes the checks fail, and the exit code 1', async () => {
      const args = flags(server, '--clusters', '5', '--duration', '2', '--name-prefix', 'tampered')
      const program = startProgram('simulate', ...args)
      await program.says('first reports')
      const labels = { simulation: 'tampered', environment: 'dev' }
      await create(server, { kind: 'Cluster', name: 'not-of-the-plan', spec: {}, labels })
      const { code, output } = await program.ended
      assert.equal(code, 1)
      assert.match(output, /^clusters +\| +5 \| +6 \| NO$/m)
      assert.match(output, /^clusters named tampered-\* +\| +5 \| +5 \| yes$/m)
      assert.match(output, /checks failed: unless another client has written/)
    })

    test('a stop ends the life and still runs the checks', async () => {
      const program = startProgram(
        'simulate',
        ...flags(server, '--clusters', '5', '--name-prefix', 'stopped'),
      )
      await program.says('first reports')
      program.process.kill('SIGINT')
      const { code, output } = await program.ended
      assert.equal(code, 0, output)
      assert.match(output, /stopped: checking what was done/)
      assert.match(output, /checks passed/)
    })
  })

test('contract 6.1, 11.12: the ledger applies the required adapters to Ready, and ends by force what waits for another', async t => {
  const environment = {
    HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
    HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["never-reports"]',
  }
  const server = await startTestServer({ engine: 'node', environment })
  t.after(() => server.stop())
  const args = flags(server, '--clusters', '40', '--duration', '1')
  const named = ['--required-cluster', 'dns,validator', '--required-nodepool', 'never-reports']
  const { result, notes } = await runSimulation([...args, ...named])
  assert.deepEqual(wrongChecks(result), [])
  assert.match(notes, /[1-9]\d* deletions ended by force$/m)
  assert.equal(result.checks.find(({ name }) => name === 'nodepools ready')?.found, 0)
  const ignorant = await runProgram('simulate', ...args)
  assert.equal(ignorant.code, 1)
  assert.match(ignorant.output, /if the server requires adapters, name them with --required-cluster/)
})

for (const mode of ['both', 'current'])
  test(`contract 1.5, 6.14: the fleet is as the simulation accounts for it under ${mode}`, async t => {
    const server = await startTestServer({ engine: 'node', environment: { HYPERFLEET_COMPATIBILITY: mode } })
    t.after(() => server.stop())
    const { result } = await runSimulation(
      flags(server, '--clusters', '20', '--duration', '1', '--turnover', '30'),
    )
    assert.deepEqual(wrongChecks(result), [])
    assert.ok((result.checks.find(({ name }) => name === 'clusters ready')?.found ?? 0) > 0)
  })

test('invalid flags end with 2 and a message that says what is allowed', async () => {
  const { code, output } = await runProgram('simulate', '--clusters', 'many')
  assert.equal(code, 2)
  assert.match(output, /--clusters is 'many': must be an integer/)
})

test('an unreachable server ends with 6 and a message that says what to do', async () => {
  const { code, output } = await runProgram('simulate', '--server', `http://127.0.0.1:${await freePort()}`)
  assert.equal(code, 6)
  assert.match(
    output,
    /no server can be reached at .*ECONNREFUSED.*: is it running\? Start one with 'hyperfleet serve'/,
  )
})

test('a server of another kind is recognised', async t => {
  const other = createServer((_, answer) => answer.end('{"id":"something-else"}'))
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' ? address?.port : undefined
  await assert.rejects(runSimulation(['--server', `http://127.0.0.1:${port}`]), {
    message: /is not a HyperFleet server/,
  })
})

function flags(server: TestServer, ...others: readonly string[]): string[] {
  return ['--server', server.origin, ...others]
}

async function create({ origin }: TestServer, body: object): Promise<void> {
  const url = `${origin}/api/hyperfleet/v1/clusters`
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 201)
}

/** A network that loses every fifth answer and every seventh request among the writes. */
function lossy(client: Client): Client {
  let writes = 0
  return {
    ...client,
    async send(method, path, body) {
      if (method === 'GET') return client.send(method, path, body)
      writes += 1
      if (writes % 7 === 0) throw new Error('request lost')
      const answer = await client.send(method, path, body)
      if (writes % 5 === 0) throw new Error('answer lost')
      return answer
    },
  }
}

/** Records the requests for each resource, with names instead of ids and without times. */
function recording(client: Client, record: Map<string, string[]>): Client {
  const names = new Map<string, string>()
  const named = (text: string) => text.replace(/\b2[0-9a-z]{26}\b/g, id => names.get(id) ?? id)
  return {
    ...client,
    async send(method, path, body) {
      const answer = await client.send(method, path, body)
      if (body === undefined) return answer
      if (/(clusters|nodepools)$/.test(path) && answer.status === 201) {
        const { id, name } = JSON.parse(answer.body.toString())
        names.set(id, name)
        record.set(`created ${named(path)} ${name}`, [body])
        return answer
      }
      const key = named(path.replace('/statuses', ''))
      const timeless = `${method} ${body.replace(/"observed_time":"[^"]*"/, '')}`
      record.set(key, [...(record.get(key) ?? []), timeless])
      return answer
    },
  }
}
