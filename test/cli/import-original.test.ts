// `hyperfleet import --from` as users run it, from an emulated original of each generation.
import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { deleting, moment, nodepool, originalFleet, row, withReport } from '../harness/original-fleet.ts'
import {
  type Generation,
  type OriginalOptions,
  OriginalServer,
  type Row,
} from '../harness/original-server.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer } from '../harness/server.ts'
import { place, serve } from './folder-process.ts'
import { runProgram, startProgram, startScript } from './program.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
const GENERATIONS: readonly Generation[] = ['march', 'august']
const LONG = { timeout: TEST_HANGS_AFTER_MS }

async function original(t: TestContext, options: OriginalOptions, rows: readonly Row[] = []) {
  const server = await OriginalServer.start(options)
  server.rows.push(...rows)
  t.after(() => server.close())
  return server
}

/** The settings under which a client of the generation would be served. */
function environmentFor(generation: Generation): Record<string, string> {
  return {
    HYPERFLEET_COMPATIBILITY: generation === 'march' ? 'documents' : 'current',
    HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns"]',
  }
}

function importFrom(url: string, data: string, args: readonly string[] = [], environment = {}) {
  return startScript(PROGRAM, ['import', '--from', url, '--storage-path', data, ...args], environment).ended
}

/** A time as the server prints it: PostgreSQL's fraction has no zeros at its end. */
function same(time: string): string {
  return time.replace(/\.(\d{3})000Z$/, '.$1Z')
}

/** Compares every member of a row with the resource as served. */
async function assertTaken(client: TestClient, rows: readonly Row[], expected: Row): Promise<void> {
  const { kind, id, ownerId, conditions } = expected
  const path = kind === 'Cluster' ? `/clusters/${id}` : `/clusters/${ownerId}/nodepools/${id}`
  const { status, json } = await client.get(path)
  assert.equal(status, 200, path)
  const { id: _, href, owner_references: owner, status: state, ...rest } = json
  assert.equal(href, `/api/hyperfleet/v1/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`)
  assert.equal(owner?.id, ownerId)
  const { generation, name, spec, labels, created_by, updated_by } = expected
  const times = { created_time: same(expected.created_time), updated_time: same(expected.updated_time) }
  assert.deepEqual(rest, { kind, name, generation, spec, labels, ...times, created_by, updated_by })
  const served = state.conditions as { type: string }[]
  for (const condition of conditions) {
    const taken = served.find(({ type }) => type === condition.type)
    const { created_time, last_transition_time, last_updated_time, ...words } = condition
    assert.deepEqual(taken, {
      ...words,
      created_time: same(created_time),
      last_transition_time: same(last_transition_time),
      last_updated_time: same(last_updated_time),
    })
  }
  assert.equal(served.length, conditions.length, `${rows.length} rows`)
  const statuses = await client.get(`${path}/statuses`)
  assert.deepEqual(
    statuses.json.items,
    expected.statuses.map(each => ({ data: {}, ...each })),
  )
}

for (const generation of GENERATIONS) {
  test(
    `contract 3.2: an original of ${generation} is imported with ids, times, authors, generations, conditions and reports`,
    LONG,
    async t => {
      const rows = originalFleet(generation, 250)
      const { url } = await original(t, { generation }, rows)
      const data = join(await place(t), 'data')
      const { code, output } = await importFrom(url, data, [], environmentFor(generation))
      assert.equal(code, 0, output)
      assert.match(output, /^imported 250 clusters, 125 nodepools and 186 statuses from http:\S+ to \S+ in/m)
      assert.match(output, /^read in 2 passes; 0 changed and 0 removed resources came after the first$/m)
      const verified = await runProgram('verify', data)
      assert.equal(verified.code, 0, verified.output)
      const { client } = await serve(t, data)
      for (const each of rows) await assertTaken(client, rows, each)
      const first = await client.list('/clusters', { orderBy: 'created_time', pageSize: 3 })
      assert.deepEqual(
        first.json.items.map(({ name }: Row) => name),
        ['cluster-1', 'cluster-2', 'cluster-3'],
      )
      const byId = await client.list('/clusters', { orderBy: 'id', pageSize: 1000 })
      const ids = byId.json.items.map(({ id }: Row) => id)
      assert.deepEqual(ids, ids.toSorted())
    },
  )

  test(
    `contract 3.2: after an import of ${generation}, new ids have the server's own form and the fleet can be exported`,
    LONG,
    async t => {
      const rows = originalFleet(generation, 30)
      const { url } = await original(t, { generation }, rows)
      const folder = await place(t)
      const data = join(folder, 'data')
      assert.equal((await importFrom(url, data)).code, 0)
      const { client, server } = await serve(t, data)
      const [old] = rows.filter(({ kind }) => kind === 'Cluster')
      assert.equal((await client.patch(`/clusters/${old?.id}`, { spec: { changed: true } })).status, 200)
      const made = await client.cluster('made-here')
      assert.match(made.id, /^2[0-9a-z]{26}$/)
      const backup = join(folder, 'backup')
      const copied = await runProgram('backup', backup, '--storage-path', data)
      assert.equal(copied.code, 0, copied.output)
      const sound = await runProgram('verify', backup)
      assert.equal(sound.code, 0, sound.output)
      await server.kill()
      const restarted = await serve(t, data)
      assert.match((await restarted.client.cluster('made-later')).id, /^2[0-9a-z]{26}$/)
      await restarted.server.kill()

      const file = join(folder, 'fleet.jsonl')
      const exported = await runProgram('export', '-o', file, '--storage-path', data)
      assert.equal(exported.code, 0, exported.output)
      const again = join(folder, 'again')
      const imported = await runProgram('import', file, '--storage-path', again)
      assert.equal(imported.code, 0, imported.output)
      const digests = await Promise.all([data, again].map(path => runProgram('verify', path)))
      const [one, other] = digests.map(({ output }) => /sha256:\w+/.exec(output)?.[0])
      assert.equal(one, other)
      assert.ok(one !== undefined, digests[0]?.output)
    },
  )
}

test('a second pass takes what changed, was created and was removed during the first one', LONG, async t => {
  const rows = originalFleet('august', 120)
  const server = await original(
    t,
    {
      generation: 'august',
      onRequest: ({ path }) => {
        // The second page of clusters: the first one has been read.
        if (path.includes('/clusters?page=2') && !isChanged) change()
        return false
      },
    },
    rows,
  )
  let isChanged = false
  const changed = row('august', 9, {
    generation: 2,
    spec: { changed: true },
    updated_time: '2026-03-01T00:00:00Z',
  })
  const reported = withReport('august', row('august', 7), 'dns', 900)
  function change(): void {
    isChanged = true
    const kept = server.rows.filter(({ name }) => !['cluster-5', 'cluster-9', 'cluster-7'].includes(name))
    server.rows.splice(0, server.rows.length, ...kept, changed, reported, row('august', 500))
  }
  const data = join(await place(t), 'data')
  const { code, output } = await importFrom(server.url, data)
  assert.equal(code, 0, output)
  assert.match(output, /^imported 120 clusters, /m)
  assert.match(output, /^read in 3 passes; 3 changed and 1 removed resources came after the first$/m)
  const { client } = await serve(t, data)
  await assertTaken(client, rows, changed)
  await assertTaken(client, rows, reported)
  const names = (await client.list('/clusters', { pageSize: 1000 })).json.items.map(({ name }: Row) => name)
  assert.ok(names.includes('cluster-500') && !names.includes('cluster-5'))
  assert.equal(new Set(names).size, 120)
})

test('a fleet that never stops changing is refused, unless changes are accepted', LONG, async t => {
  const server = await original(
    t,
    {
      generation: 'march',
      onRequest: ({ number }) => {
        const [first] = server.rows
        if (first !== undefined)
          first.updated_time = `2026-03-01T00:00:00.${String(number).padStart(6, '0')}Z`
        return false
      },
    },
    originalFleet('march', 3),
  )
  const folder = await place(t)
  const data = join(folder, 'data')
  const { code, output } = await importFrom(server.url, data)
  assert.equal(code, 1, output)
  assert.match(
    output,
    /changed during each of 5 passes; the last one found 1 changed and 0 removed resources/,
  )
  assert.match(output, /Stop what writes to the original .* or accept .* --accept-changes/)
  assert.deepEqual(readdirSync(folder), [])
  const accepted = await importFrom(server.url, data, ['--accept-changes'])
  assert.equal(accepted.code, 0, accepted.output)
  assert.match(accepted.output, /^1 resource still changed during the last pass: later changes are missing/m)
})

test(
  'authors that email refuses stop the import with their number, and any accepts them (contract 3.6)',
  LONG,
  async t => {
    const author = 'system:serviceaccount:ns:sa'
    const rows = [1, 2, 3].map(number => row('august', number, number < 3 ? { created_by: author } : {}))
    const { url } = await original(t, { generation: 'august' }, rows)
    const folder = await place(t)
    const data = join(folder, 'data')
    const refused = await importFrom(url, data, ['--skip-refused'])
    assert.equal(refused.code, 1)
    assert.match(
      refused.output,
      /nothing was imported: 2 resources have authors that are no e-mail addresses/,
    )
    assert.match(
      refused.output,
      /'system:serviceaccount:ns:sa' of Cluster\/01980000\S+\. .*HYPERFLEET_AUTH_IDENTITY_FORMAT=any/,
    )
    assert.deepEqual(readdirSync(folder), [])
    const taken = await importFrom(url, data, [], { HYPERFLEET_AUTH_IDENTITY_FORMAT: 'any' })
    assert.equal(taken.code, 0, taken.output)
    assert.equal((await runProgram('verify', data)).code, 0)
  },
)

test(
  'contract 11.2, 11.6: what is being deleted there is being deleted here, and its name is free',
  LONG,
  async t => {
    const reported = withReport('august', row('august', 1), 'dns', 600)
    const owner = deleting(reported, 800)
    const rows = [
      owner,
      deleting(nodepool('august', 10, owner), 800),
      row('august', 2, { name: 'cluster-1' }),
      { ...deleting(row('august', 3, { name: 'cluster-1' }), 900), deleted_by: undefined },
    ] as Row[]
    const { url } = await original(t, { generation: 'august' }, rows)
    const folder = await place(t)
    const data = join(folder, 'data')
    const { code, output } = await importFrom(url, data, [], environmentFor('august'))
    assert.equal(code, 0, output)
    assert.match(
      output,
      /^deletions of 1 resource without an author: deleted_by is system@hyperfleet\.local$/m,
    )
    const verified = await runProgram('verify', data)
    assert.equal(verified.code, 0, verified.output)
    const { client, server } = await serve(t, data)
    const { json } = await client.get(`/clusters/${owner.id}`)
    assert.deepEqual(
      [json.generation, json.deleted_time, json.deleted_by, json.updated_time],
      [2, moment(800), 'ben@example.com', moment(801)],
    )
    const pools = await client.get(`/clusters/${owner.id}/nodepools`)
    assert.equal(pools.json.items[0].deleted_by, 'ben@example.com')
    const taken = await client.post('/clusters', { kind: 'Cluster', name: 'cluster-1', spec: {} })
    assert.equal(taken.status, 409)
    const shown = (await client.list('/clusters', { pageSize: 100 })).text
    await server.kill()

    const file = join(folder, 'fleet.jsonl')
    assert.equal((await runProgram('export', '-o', file, '--storage-path', data)).code, 0)
    const again = join(folder, 'again')
    assert.equal((await runProgram('import', file, '--storage-path', again)).code, 0)
    const other = await serve(t, again)
    assert.equal((await other.client.list('/clusters', { pageSize: 100 })).text, shown)
  },
)

test('the account names everything that was not taken, and why', LONG, async t => {
  const [tenant, plain] = [row('august', 1, { tenancy: { org: 'a' } }), row('august', 2)]
  const rule = {
    ...plain.conditions[0],
    type: 'HasQuota',
    observed_generation: 1,
  } as Row['conditions'][number]
  const rows = [
    tenant,
    {
      ...plain,
      conditions: [...plain.conditions, rule],
      references: { wif_config: [{ id: 'x', kind: 'WifConfig' }] },
    },
    row('august', 3, { conditions: [] }),
    row('august', 4, { kind: 'Channel', name: 'stable' }),
  ]
  const { url } = await original(t, { generation: 'august' }, rows)
  const data = join(await place(t), 'data')
  const { code, output } = await importFrom(url, data)
  assert.equal(code, 0, output)
  assert.match(output, /^imported 3 clusters, 0 nodepools and 0 statuses/m)
  assert.match(output, /^tenancy of 1 resource not taken: this server keeps no tenants apart$/m)
  assert.match(output, /^references of 1 resource not taken/m)
  assert.match(output, /^conditions of 1 resource not taken that no adapter reported/m)
  assert.match(output, /^1 resource of kind Channel not taken: this server has clusters and nodepools$/m)
})

test(
  'what the rules here refuse is listed by its key, and --skip-refused imports the rest',
  LONG,
  async t => {
    const good = row('march', 1)
    const long = row('march', 2, { name: 'a'.repeat(54) })
    const early = withReport('march', row('march', 3), 'dns', 600)
    const ahead = {
      ...early,
      statuses: early.statuses.map(status => ({ ...status, observed_generation: 2 })),
    }
    const rows = [good, long, ahead, nodepool('march', 4, long)]
    const { url } = await original(t, { generation: 'march' }, rows)
    const folder = await place(t)
    const data = join(folder, 'data')
    const { code, output } = await importFrom(url, data)
    assert.equal(code, 1, output)
    assert.match(output, new RegExp(`^Cluster/${long.id}: name must not have more than 53 characters$`, 'm'))
    assert.match(
      output,
      new RegExp(`^Cluster/${ahead.id}/dns: it observes generation 2, but its resource has only 1$`, 'm'),
    )
    assert.match(output, new RegExp(`^NodePool/\\S+: its cluster ${long.id} is missing$`, 'm'))
    assert.match(output, /^4 records are refused$/m)
    assert.deepEqual(readdirSync(folder), [])
    const skipped = await importFrom(url, data, ['--skip-refused'])
    assert.equal(skipped.code, 0, skipped.output)
    assert.match(skipped.output, /^imported 1 cluster, 0 nodepools and 0 statuses/m)
  },
)

test(
  'tokens: a missing and a wrong one are refused with what is needed, a right one is taken',
  LONG,
  async t => {
    const { url } = await original(t, { generation: 'august', token: 'right' }, originalFleet('august', 2))
    const folder = await place(t)
    const data = join(folder, 'data')
    const environment = { HYPERFLEET_CLIENT_TOKEN: 'right' }
    const none = await importFrom(url, data, [], environment)
    assert.equal(none.code, 5, none.output)
    assert.match(none.output, /requires a token \(401 HYPERFLEET-AUT-001: .*\): give one with --token-file/)
    const wrong = await importFrom(url, data, ['--token', 'wrong'])
    assert.equal(wrong.code, 5, wrong.output)
    assert.match(
      wrong.output,
      /rejects the token \(401 HYPERFLEET-AUT-002: Bearer token is invalid\): give one that is valid/,
    )
    assert.deepEqual(readdirSync(folder), [])
    const file = join(folder, 'token')
    writeFileSync(file, 'right\n', { mode: 0o600 })
    const right = await importFrom(url, data, ['--token-file', file])
    assert.equal(right.code, 0, right.output)
  },
)

test('obstacles to an import from a server are reported, and leave nothing behind', LONG, async t => {
  const folder = await place(t)
  const html = await page(t, 200, '<!doctype html><title>Log in</title>')
  const json = await page(t, 200, '{"hello":"world"}')
  const cut = await page(t, 200, '{"items":[{"id"')
  const text = await page(t, 200, 'hello')
  const redirect = await page(t, 302, '')
  const forbidden = await page(t, 403, '{"code":"HYPERFLEET-AUZ-001","detail":"tenant header is missing"}')
  const other = await page(t, 404, '404 page not found')
  const strange = await page(t, 200, '{"items":[{"kind":"Cluster"}],"page":1,"size":1,"total":1}')
  const { url } = await original(t, { generation: 'march' }, originalFleet('march', 1))
  const silent = `http://127.0.0.1:${await freePort()}`
  const data = join(folder, 'data')
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [
      ['--from', silent],
      6,
      /no server can be reached at http:\S+ \(connect ECONNREFUSED .*\): --from takes the address/,
    ],
    [
      ['--from', html],
      1,
      /\/clusters answers with HTML, not JSON: a login page or a proxy is in front of it/,
    ],
    [['--from', json], 1, /\/clusters answers with JSON that is no list: items and total are missing/],
    [['--from', cut], 1, /\/clusters answers with no JSON object: it is not valid JSON/],
    [['--from', text], 1, /\/clusters answers with no JSON object: it is not valid JSON/],
    [
      ['--from', redirect],
      1,
      /\/clusters answers 302, a redirect: --from takes the address of the API itself/,
    ],
    [
      ['--from', forbidden],
      5,
      /does not permit reading \(403 HYPERFLEET-AUZ-001: tenant header is missing\)/,
    ],
    [['--from', other], 1, /\/clusters is not found: --from takes the address of the API, without a path/],
    [['--from', strange], 1, /is no original server: id of a Cluster must be a string/],
    [
      ['--from', url.replace('http:', 'https:')],
      6,
      /; it does not speak TLS on that port; use http:\/\/ in --from\. Nothing/,
    ],
    [['--from', 'original:8000'], 2, /--from is 'original:8000': must be an address such as http:/],
    [['--from', url, 'file'], 2, /takes a file or --from, not both: 'file'/],
    [
      ['--from', url, '--token', 'a', '--token-file', 'b'],
      2,
      /--token and --token-file: give only one of them/,
    ],
    [['--token', 'a'], 2, /--token needs --from/],
    [['--server', url], 2, /import has no flag --server; did you mean --from\?/],
  ]
  for (const [args, expected, words] of cases) {
    const { code, output } = await runProgram('import', '--storage-path', data, ...args)
    assert.match(output, words, args.join(' '))
    assert.equal(code, expected, `${args.join(' ')}: ${output}`)
    assert.deepEqual(readdirSync(folder), [], args.join(' '))
  }
  assert.equal((await importFrom(`${url}/api/hyperfleet/v1/`, data)).code, 0, 'with the base path')
  const taken = await importFrom(silent, data)
  assert.match(taken.output, /data already exists and is not an empty folder: choose another, or remove it/)
  assert.equal(taken.code, 1)
})

test('an original that dies in the middle ends the import, and nothing is left behind', LONG, async t => {
  const server = await original(
    t,
    {
      generation: 'august',
      onRequest: ({ number }, response) => {
        if (number < 10) return false
        response.socket?.destroy()
        return true
      },
    },
    originalFleet('august', 20),
  )
  const folder = await place(t)
  const { code, output } = await importFrom(server.url, join(folder, 'data'))
  assert.equal(code, 6, output)
  assert.match(
    output,
    /cannot be read any more, after 6 tries \(socket hang up\): import again once it answers/,
  )
  assert.deepEqual(readdirSync(folder), [])
})

test('an original that is away for a moment, or asks for a pause, is read to its end', LONG, async t => {
  const server = await original(
    t,
    {
      generation: 'march',
      onRequest: ({ number }, response) => {
        if (number % 9 !== 5) return false
        if (number % 2 === 0) response.socket?.destroy()
        else response.writeHead(503, { 'retry-after': '1' }).end('busy')
        return true
      },
    },
    originalFleet('march', 10),
  )
  const data = join(await place(t), 'data')
  const { code, output } = await importFrom(server.url, data)
  assert.equal(code, 0, output)
  assert.match(output, /^imported 10 clusters, 5 nodepools/m)
})

test('Ctrl-C ends an import from a server, and takes away what it has written', LONG, async t => {
  let onHeld = () => {}
  const held = new Promise<void>(resolve => {
    onHeld = resolve
  })
  const server = await original(t, {
    generation: 'march',
    onRequest: ({ number }) => {
      if (number < 3) return false
      onHeld()
      return true
    },
  })
  server.rows.push(...originalFleet('march', 3))
  const folder = await place(t)
  const program = startProgram('import', '--from', server.url, '--storage-path', join(folder, 'data'))
  await held
  program.process.kill('SIGINT')
  const { code, output } = await program.ended
  assert.equal(code, 130, output)
  assert.deepEqual(readdirSync(folder), [])
})

test('a server of this program can be imported from as well', LONG, async t => {
  const folder = await place(t)
  const { origin, server } = await startTestServer({ engine: 'node', folder: join(folder, 'data') })
  const client = new TestClient(origin)
  const { id } = await client.cluster('one', { labels: { a: 'b' } })
  await client.nodepool(id, 'workers')
  const before = (await client.get('/clusters')).text
  const { code, output } = await importFrom(origin, join(folder, 'again'))
  assert.equal(code, 0, output)
  client.close()
  await server.close()
  const again = await serve(t, join(folder, 'again'))
  assert.equal((await again.client.get('/clusters')).text, before)
})

/** A server with one answer for everything. */
async function page(t: TestContext, status: number, body: string): Promise<string> {
  const port = await freePort()
  const server = createServer((_, response) => {
    response.writeHead(status, { location: '/login' }).end(body)
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}
