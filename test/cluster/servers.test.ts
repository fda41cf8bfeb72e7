// Several servers on one journal (contract, section 14), as processes on a PostgreSQL of their own.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'
import { Stream } from '../harness/stream.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const SEQUENCE = 'x-hyperfleet-sequence'

describe('servers on one journal', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let one: ClusterServer
  let two: ClusterServer

  before(async () => {
    assert.ok('folder' in programs)
    cluster = await TestCluster.start(programs.folder)
    one = await cluster.server({ HYPERFLEET_CLUSTER_READS: 'any' })
    two = await cluster.server({ HYPERFLEET_CLUSTER_READS: 'any' })
  })

  after(() => cluster?.remove())

  test('contract 14.1: a server refuses a database without a journal', async () => {
    const { code, stdout, stderr } = await one.run(['serve'])
    assert.equal(code, 1)
    assert.match(stdout + stderr, /hyperfleet cluster init/)
  })

  test('contract 14.1, 14.13: one server begins a journal and is its writer', async () => {
    const { code, stdout, stderr } = await one.run(['cluster', 'init'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^journal [0-9a-f]{32} begins after change 0 /)
    await one.start()
    const part = await writing(one)
    assert.deepEqual(
      { ...part, sequence: part.sequence, behind: part.behind },
      { ...part, role: 'writer', state: 'leading', epoch: 1, writer: one.origin, sequence: 0, behind: 0 },
    )
    const created = await one.client.post('/clusters', { kind: 'Cluster', name: 'first', spec: {} })
    assert.equal(created.status, 201)
    assert.equal(created.headers[SEQUENCE], '1')
    assert.equal((await one.client.get(`/clusters/${created.json.id}`)).status, 200)
  })

  test('contract 14.1, 14.5: another server follows, and has what the database held once it is ready', async () => {
    await two.start()
    const list = await two.client.get('/clusters')
    assert.deepEqual(
      list.json.items.map(({ name }: { name: string }) => name),
      ['first'],
    )
    assert.equal(list.headers[SEQUENCE], '1')
    const { status, cluster: part } = await two.ready()
    assert.equal(status, 200)
    assert.deepEqual([part?.role, part?.writer, part?.sequence], ['follower', one.origin, 1])
  })

  test('contract 14.2: a write through a follower is seen there by the next read', async () => {
    for (let n = 0; n < 20; n++) {
      const created = await two.client.post('/clusters', {
        kind: 'Cluster',
        name: `through-${n}`,
        spec: { n },
      })
      assert.equal(created.status, 201, created.text)
      const read = await two.client.get(`/clusters/${created.json.id}`)
      assert.deepEqual(read.json, created.json)
      assert.ok(Number(read.headers[SEQUENCE]) >= Number(created.headers[SEQUENCE]))
    }
  })

  test('contract 14.2: refusals of the writer come back, with what they are as of', async () => {
    const taken = await one.client.post('/clusters', { kind: 'Cluster', name: 'taken', spec: {} })
    const refused = await two.client.post('/clusters', { kind: 'Cluster', name: 'taken', spec: {} })
    assert.equal(refused.status, 409)
    assert.equal(refused.json.code, 'HYPERFLEET-CNF-001')
    const { id } = taken.json
    assert.equal((await two.client.get(`/clusters/${id}`)).status, 200)
    const mismatch = await two.client.send(`/clusters/${id}`, {
      method: 'PATCH',
      body: { spec: { a: 1 } },
      headers: { 'If-Match': '"other"' },
    })
    assert.equal(mismatch.status, 412)
    const empty = await two.client.send(`/clusters/${id}`, {
      method: 'PATCH',
      body: { spec: { a: 1 } },
      headers: { 'If-Match': '' },
    })
    assert.equal(empty.status, 412)
    const { headers } = await two.client.get(`/clusters/${id}`)
    const changed = await two.client.send(`/clusters/${id}`, {
      method: 'PATCH',
      body: { spec: { a: 1 } },
      headers: { 'If-Match': String(headers.etag), 'X-Request-Id': 'the-request' },
    })
    assert.equal(changed.status, 200, changed.text)
    assert.equal(changed.headers['x-request-id'], 'the-request')
    await one.process.line('"requestId":"the-request"')
    assert.equal((await two.client.send('/clusters', { method: 'POST', body: '{' })).status, 400)
    assert.equal((await two.client.get('/clusters/none')).status, 404)
  })

  test('contract 14.6: a read waits for the change that it names', async () => {
    const written = await one.client.post('/clusters', { kind: 'Cluster', name: 'waited-for', spec: {} })
    const sequence = String(written.headers[SEQUENCE])
    const read = await two.client.get(`/clusters/${written.json.id}`, {
      'X-HyperFleet-Min-Sequence': sequence,
    })
    assert.equal(read.status, 200)
    const ahead = await two.client.get('/clusters', { 'X-HyperFleet-Min-Sequence': '999999' })
    assert.deepEqual([ahead.status, ahead.json.code], [503, 'HYPERFLEET-SVC-001'])
    assert.ok(ahead.headers['retry-after'])
    const wrong = await two.client.get('/clusters', { 'X-HyperFleet-Min-Sequence': 'x' })
    assert.deepEqual([wrong.status, wrong.json.code], [400, 'HYPERFLEET-VAL-004'])
  })

  test('contract 14.6, 14.7: the OpenAPI document has the demands of all reads that obey them', async () => {
    const { paths } = (await two.client.get('/openapi')).json
    let demanding = 0
    for (const [template, { get }] of Object.entries<{ get?: { parameters?: { $ref: string }[] } }>(paths)) {
      const names = get?.parameters?.map(({ $ref }) => $ref.split('/').at(-1)) ?? []
      const path = `${template.replace(/{\w+}/g, 'none')}?by=generation`
      for (const [parameter, header] of [
        ['MinSequence', 'X-HyperFleet-Min-Sequence'],
        ['Consistency', 'X-HyperFleet-Consistency'],
      ] as const) {
        if (get === undefined) continue
        const { status, json } = await two.client.get(path, { [header]: 'x' })
        const isObeyed = status === 400 && JSON.stringify(json).includes(header)
        assert.equal(isObeyed, names.includes(parameter), `${path} with ${header}: ${status}`)
        if (isObeyed) demanding++
      }
    }
    assert.ok(demanding > 20)
  })

  test('contract 14.7: the latest state is that of the writer, through any server', async () => {
    for (let n = 0; n < 10; n++) {
      const written = await one.client.post('/clusters', { kind: 'Cluster', name: `latest-${n}`, spec: {} })
      const read = await two.client.get(`/clusters/${written.json.id}`, {
        'X-HyperFleet-Consistency': 'latest',
      })
      assert.equal(read.status, 200)
    }
  })

  test('contract 14.13: the command shows all servers', async () => {
    const { code, stdout } = await two.run(['cluster', 'status'])
    assert.equal(code, 0)
    assert.match(stdout, new RegExp(`${one.origin}.*leading`))
    assert.match(stdout, new RegExp(`${two.origin}.*following`))
  })

  test('contract 14.1, 14.2: a fleet that lives through a follower is as its clients have left it', async () => {
    const { code, stdout, stderr } = await one.run([
      'simulate',
      ...['--server', two.origin, '--clusters', '60', '--duration', '2', '--turnover', '30'],
    ])
    assert.equal(code, 0, stdout + stderr)
  })

  test('contract 14.3, 14.4: another server takes over from one that was killed, with all that was answered', async () => {
    const answered: string[] = []
    let isOver = false
    const load = (async () => {
      for (let n = 0; !isOver; n++) {
        const server = n % 2 === 0 ? one : two
        const sent = server.client.post('/clusters', { kind: 'Cluster', name: `load-${n}`, spec: {} })
        const created = await sent.catch(() => undefined)
        if (created?.status === 201) answered.push(created.json.id)
      }
    })()
    await until('writes are answered', async () => (answered.length > 20 ? true : undefined))
    await one.kill()
    const before = answered.length
    await until('writes are answered again', async () => (answered.length > before + 20 ? true : undefined))
    isOver = true
    await load
    assert.equal((await writing(two)).writer, two.origin)
    for (const id of answered) assert.equal((await two.client.get(`/clusters/${id}`)).status, 200)
    await one.start()
    const list = async (server: ClusterServer) =>
      (await server.client.list('/clusters', { pageSize: 1000 })).json
    assert.deepEqual(await list(one), await list(two))
    assert.equal((await one.ready()).cluster?.role, 'follower')
  })

  test('contract 14.4: a writer that stops resigns, and the other takes over', async () => {
    await two.stop()
    await writing(one)
    const created = await one.client.post('/clusters', { kind: 'Cluster', name: 'after-a-stop', spec: {} })
    assert.equal(created.status, 201)
    await two.start()
    assert.equal((await two.client.get(`/clusters/${created.json.id}`)).status, 200)
  })

  test('contract 14.3, 14.4: a fleet that lives through two changes of the writer is as its clients have left it', async () => {
    const living = one.run([
      'simulate',
      ...[
        '--server',
        two.origin,
        '--clusters',
        '60',
        '--duration',
        '8',
        '--turnover',
        '30',
        '--name-prefix',
        'fault',
      ],
    ])
    const writer = async () => ((await one.ready()).cluster?.role === 'writer' ? one : two)
    await until('the fleet lives', async () => {
      const { json } = await two.client.list('/clusters', { search: "name like 'fault%'" })
      return json.total > 30 ? true : undefined
    })
    assert.equal(await writer(), one)
    await one.kill()
    await writing(two)
    await one.start()
    const { code, stdout, stderr } = await living
    assert.equal(code, 0, stdout + stderr)
  })

  test('contract 14.1, 14.15: a server goes on from a backup of another one', async () => {
    const three = await cluster.server({ HYPERFLEET_CLUSTER_READS: 'any' })
    await cluster.postgres.query(
      'delete from hyperfleet.entry where position < (select max(position) from hyperfleet.entry)',
    )
    const copy = `${three.folder}-copy`
    const taken = await one.run(['backup', copy])
    assert.equal(taken.code, 0, taken.stderr)
    const restored = await three.run(['restore', copy])
    assert.equal(restored.code, 0, restored.stderr)
    await three.start()
    const list = async (server: ClusterServer) =>
      (await server.client.list('/clusters', { pageSize: 1000 })).json
    assert.deepEqual(await list(three), await list(two))
    await three.stop()
  })

  test('contract 14.11: servers whose records and the journal disagree say so, take no writes, and serve plain reads', async () => {
    const journal = async (change: string) =>
      cluster.postgres.query(`update hyperfleet.journal set id = ${change}`)
    const streams = await Promise.all(
      [one, two].map(({ origin }) => Stream.open(origin, '/clusters?watch=true')),
    )
    for (const stream of streams) await stream.untilBookmark()
    await journal('reverse(id)')
    // They would tell nothing more, and not say so.
    for (const stream of streams) {
      const types = (await stream.rest()).map(({ type }) => type)
      assert.ok(stream.isComplete)
      assert.deepEqual(types.slice(-1), ['BOOKMARK'])
    }
    for (const server of [one, two]) {
      const { status, reasons } = await until('the server is lost', async () => {
        const ready = await server.ready()
        return ready.cluster?.state === 'lost' ? ready : undefined
      })
      assert.equal(status, 503)
      assert.match(reasons.join(), /belongs? to another fleet|HYPERFLEET_CLUSTER_URL/)
      assert.equal((await server.client.get('/clusters')).status, 200)
      assert.equal((await server.client.get('/clusters?watch=true')).status, 503)
      const refused = await server.client.post('/clusters', { kind: 'Cluster', name: 'lost', spec: {} })
      assert.deepEqual([refused.status, refused.json.code], [503, 'HYPERFLEET-SVC-001'])
    }
    await journal('reverse(id)')
    const created = await until('writes are answered', async () => {
      const answer = await two.client.post('/clusters', { kind: 'Cluster', name: 'found', spec: {} })
      return answer.status === 503 ? undefined : answer
    })
    assert.equal(created.status, 201)
  })

  test('contract 14.1: the folders are sound, and have the same fleet', async () => {
    await Promise.all([one.stop(), two.stop()])
    // What one wrote while the other stopped is in both after a start.
    await one.start()
    await two.start()
    await Promise.all([one.stop(), two.stop()])
    const digests: unknown[] = []
    for (const { folder } of [one, two]) {
      const { code, stdout } = await one.run(['verify', folder])
      assert.equal(code, 0, stdout)
      digests.push(/no faults; (.*)/.exec(stdout)?.[1])
    }
    assert.equal(digests[0], digests[1])
  })

  test('contract 14.8: a read of a follower ends although the writer stands still', async () => {
    const reads = { HYPERFLEET_CLUSTER_READS: 'writer', HYPERFLEET_STORAGE_COMMIT_DEADLINE_MS: '1500' }
    await one.start(reads)
    await writing(one)
    await two.start(reads)
    one.process.child.kill('SIGSTOP')
    try {
      const answer = await until('the other server answers', async () => {
        const read = await two.client.get('/clusters')
        return read.status === 200 ? read : undefined
      })
      assert.ok(answer.json.total > 0)
    } finally {
      one.process.child.kill('SIGCONT')
    }
    await Promise.all([one.stop(), two.stop()])
  })

  test('contract 14.12: a server with other settings follows, is ready, and says so', async () => {
    await one.start()
    await writing(one)
    await two.start({ HYPERFLEET_LIMITS_ADAPTERS_PER_RESOURCE: '3' })
    const differ = async () => {
      const { status, cluster: part } = await two.ready()
      assert.equal(status, 200)
      const metrics = (await two.client.get('/metrics')).text
      return [part?.settings_differ, /^hyperfleet_api_cluster_settings_differ (\d)$/m.exec(metrics)?.[1]]
    }
    assert.deepEqual(await differ(), [true, '1'])
    await one.stop()
    await writing(two)
    assert.deepEqual(await differ(), [false, '0'])
    await two.stop()
  })

  test('contract 14.14: a folder that has followed a cluster is started alone only after it has left', async () => {
    const alone = { HYPERFLEET_CLUSTER_ENGINE: 'none', HYPERFLEET_CLUSTER_URL: '' }
    const refused = await one.run(['serve'], alone)
    assert.equal(refused.code, 1)
    assert.match(refused.stdout + refused.stderr, /hyperfleet cluster leave/)
    const left = await one.run(['cluster', 'leave'])
    assert.equal(left.code, 0, left.stderr)
    await one.start(alone)
    assert.equal((await one.client.get('/clusters')).status, 200)
    assert.equal((await one.ready()).cluster, undefined)
    await one.stop()
    const other = await one.run(['serve'])
    assert.equal(other.code, 1)
    assert.match(other.stdout + other.stderr, /a fleet of its own/)
  })
})
