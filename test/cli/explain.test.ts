// `hyperfleet explain` as users run it, against a real server.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { runProgram } from './program.ts'

const CLUSTERS = 1000
let server: TestServer

before(async () => {
  server = await startTestServer({ engine: 'node' })
  const client = new TestClient(server.origin)
  for (let at = 0; at < CLUSTERS; at += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        client.cluster(`c-${at + i}`, { labels: { env: (at + i) % 100 === 0 ? 'prod' : 'dev' } }),
      ),
    )
  client.close()
})

after(() => server.stop())

const explain = (...args: readonly string[]) => runProgram('explain', ...args, '--server', server.origin)

test('contract 2.2: explain shows the steps of a plan as an aligned tree, and what they come to', async () => {
  const search = "labels.env = 'prod' and generation = 1 and (name like '%1%' or name = 'c-200')"
  const { code, output } = await explain('clusters', '--search', search, '--order-by', 'name')
  assert.equal(code, 0, output)
  assert.match(output, /^search: labels\.env = 'prod' and /)
  assert.match(output, /^order: {2}name asc, id /m)
  assert.match(output, /^operation +\| index +\| estimated \| +in \| +out \| scanned \| +time$/m)
  assert.match(output, /^└ |^├ /m)
  assert.match(output, /labels\.env/)
  assert.match(output, /^2 found, \d+ records scanned, [\d.]+ (µs|ms|s), plan cache (hit|miss)$/m)
  assert.doesNotMatch(output, /hint/)
  const bars = output.split('\n').filter(line => line.includes(' | '))
  const places = bars.map(line => [...line.matchAll(/ \| /g)].map(({ index }) => index).join())
  assert.equal(new Set(places).size, 1, output)
})

test('contract 13.1: explain shows the time that now was, if the search names it', async () => {
  const { code, output } = await explain('clusters', '--search', 'created_time <= now')
  assert.equal(code, 0, output)
  assert.match(output, /^now: {4}2\d{3}-\d\d-\d\dT[\d:.]+Z$/m)
  assert.match(output, /^1,000 found/m)
  assert.doesNotMatch((await explain('clusters')).output, /^now:/m)
})

test('contract 2.2: explain gives a hint if no index covers a search', async () => {
  const { code, output } = await explain('clusters', '--search', "id like '%zzz%'")
  assert.equal(code, 0, output)
  assert.match(output, /^hint: no index covers this whole search: 1,000 records were read one by one/m)
})

test('contract 2.2: with -o json explain prints the plan as the server gives it', async () => {
  const { code, output } = await explain('nodepools', '-o', 'json', '--order', 'asc')
  assert.equal(code, 0, output)
  const plan = JSON.parse(output)
  assert.deepEqual([plan.kind, plan.search, plan.total], ['QueryPlan', '', 0])
  assert.deepEqual(plan.order[0], { field: 'created_time', direction: 'asc' })
})

test('contract 8.10: a refused search is shown with a caret under the fault, and exit code 1', async () => {
  const { code, output } = await explain('clusters', '--search', "  name = '😀'\nand name foo 'x'")
  assert.equal(code, 1, output)
  const lines = output.split('\n')
  const at = lines.indexOf("    name = '😀' and name foo 'x'")
  assert.notEqual(at, -1, output)
  assert.match(lines[at - 1] ?? '', /^ {2}search: expected an operator but found 'foo'/)
  assert.equal(lines[at + 1], `    ${' '.repeat(20)}^`)
})

test('contract 7.4: a refused order is reported with its field, and with -o json as the problem itself', async () => {
  const { code, output } = await explain('clusters', '--order-by', 'nope')
  assert.equal(code, 1)
  assert.match(output, /^hyperfleet: the server refuses: .*nope/)
  const refused = await explain('clusters', '--order-by', 'nope', '-o', 'json')
  assert.equal(refused.code, 1)
  assert.equal(JSON.parse(refused.output).code, 'HYPERFLEET-VAL-005')
})

test('contract 2.2: explain refuses an invalid command line with a message, with exit code 2', async () => {
  for (const [args, words] of [
    [[], /clusters or nodepools/],
    [['statuses'], /not 'statuses'/],
    [['clusters', 'nodepools'], /one list/],
    [['clusters', '-o', 'xml'], /must be one of table, json/],
    [['clusters', '--nope', 'x'], /nope/],
  ] as const) {
    const { code, output } = await runProgram('explain', ...args)
    assert.equal(code, 2, output)
    assert.match(output, words)
  }
})

test('contract 1.2: explain says when no server can be reached, or another one answers', async () => {
  const nobody = await runProgram('explain', 'clusters', '--server', `http://127.0.0.1:${await freePort()}`)
  assert.equal(nobody.code, 6)
  assert.match(nobody.output, /^hyperfleet: no server can be reached at http:\/\/127\.0\.0\.1:\d+ \(/)
  const other = createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  try {
    const address = other.address()
    assert(typeof address === 'object' && address !== null)
    const { code, output } = await runProgram(
      'explain',
      'clusters',
      '--server',
      `http://127.0.0.1:${address.port}`,
    )
    assert.equal(code, 1)
    assert.match(output, /is not a HyperFleet server/)
  } finally {
    other.close()
  }
})
