// Search: times relative to the present time of the server.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { expectFinds, refusal, syntaxRefusal } from '../harness/find.ts'

const invalidTime = (field: string) =>
  `invalid timestamp for field '${field}': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)`
const invalidSubfield = (subfield: string) =>
  `invalid timestamp for condition subfield '${subfield}': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)`
const NO_SPACES =
  'a relative time is written without spaces, like now-30m or now+1h30m; in a URL, + is written as %2B'
const HOUR = 3600
let ofStatuses = ''

/** Clusters `two`, `one` and `half` are that many hours old at the start of the bench; Only `one` is ready. */
async function prepare(bench: Bench): Promise<void> {
  const { client } = bench
  for (const [name, hours] of [
    ['two', 2],
    ['one', 1],
    ['half', 0.5],
  ] as const) {
    bench.clockAt(-hours * HOUR)
    const { id } = await client.cluster(name, { labels: { since: 'now', age: 'now-1h' } })
    await client.nodepool(id, `pool-${name}`)
    if (name === 'one') ofStatuses = `/clusters/${id}/statuses`
  }
  bench.clockAt(0)
  for (const [adapter, seconds] of [
    ['dns', -HOUR],
    ['vpc', -600],
  ] as const)
    assert.equal((await client.post(ofStatuses, report(adapter, 'True', 1, at(seconds)))).status, 201)
}

benchOnBothEngines('relative times in a search', bench => {
  before(() => prepare(bench))

  const message = async (search: string, detail: string) => {
    const { json } = await refusal(bench.client, search, detail)
    return json.errors[0].message as string
  }

  test('contract 13.1: now, now-<duration> and now+<duration> are times, in any case, quoted or not', async () => {
    await expectFinds(bench.client, [
      ['created_time <= now', 'half one two'],
      ["created_time > 'now'", ''],
      ['created_time < now-31m', 'one two'],
      ['created_time < NOW-1H', 'two'],
      ["created_time <= 'Now-1h'", 'one two'],
      ['created_time = now-1h', 'one'],
      ['created_time != now-60m', 'half two'],
      ["created_time in (now-2h, 'now-1800s')", 'half two'],
      ['created_time between now-1h30m and now-30m', 'half one'],
      ['created_time not between now-1h30m and now', 'two'],
      ['created_time<now+1h30m', 'half one two'],
      ['not created_time<now-59m59s999ms', 'half'],
      ['(created_time<now-1h)or(created_time>now-31m)', 'half two'],
      ['created_time < now-0d2h0s', ''],
      ['created_time < now-0d1h59m59s999ms', 'two'],
    ])
    await expectFinds(bench.client, [['created_time < now-31m', 'pool-one pool-two']], '/nodepools')
  })

  test('contract 13.1: they are taken wherever a search takes a time', async () => {
    await expectFinds(bench.client, [
      ['updated_time >= now-1h', 'half one'],
      ['deleted_time > now-1d', ''],
      ['deleted_time is null and updated_time < now-1h', 'two'],
      ["status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < now-30m", 'one'],
      ["status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < now-1h", ''],
      ["status.conditions.DnsSuccessful.last_transition_time > 'now-1h1ms'", 'one'],
    ])
    for (const [search, adapters] of [
      ['last_report_time < now-30m', 'dns'],
      ['created_time >= now-10m', 'vpc'],
    ]) {
      const { status, json } = await bench.client.list(ofStatuses, { search: search ?? '' })
      assert.equal(status, 200)
      assert.deepEqual(
        json.items.map(({ adapter }: { adapter: string }) => adapter),
        [adapters],
      )
    }
  })

  test('contract 13.1: the same text follows the clock, and its plan is known again', async () => {
    const search = 'created_time < now-1h and generation = 1'
    const plan = async () => (await bench.client.list('/explain/clusters', { search })).json
    const first = await plan()
    assert.deepEqual([first.total, first.now], [1, at(0)])
    bench.clockAt(1)
    const second = await plan()
    assert.deepEqual([second.total, second.now, second.plan_cache], [2, at(1), 'hit'])
    bench.clockAt(0)
    const { json } = await bench.client.list('/explain/clusters', { search: "name = 'now'" })
    assert.equal('now' in json, false)
  })

  test('contract 13.1, 3.4: now is the clock of the server, which never goes back', async () => {
    bench.clockAt(60)
    await bench.client.cluster('late')
    bench.clockAt(-60)
    await expectFinds(bench.client, [
      ['created_time = now', 'late'],
      ['created_time > now-1m', 'late'],
      ['created_time < now-31m', 'one two'],
    ])
    bench.clockAt(60)
  })

  test('contract 13.1, 8.4, 8.8: a wrong duration is refused as any other wrong time is, quoted or not', async () => {
    const wrong =
      'now- now+ now-1 now-1x now-1h1h now-30m1h now--1h now-1.5h now-36501d now-1h:30 now_ now1 nower'
    for (const time of wrong.split(' '))
      for (const literal of [time, `'${time}'`]) {
        const hinted = await message(`created_time < ${literal}`, invalidTime('created_time'))
        assert.equal(hinted, `${invalidTime('created_time')}; ${NO_SPACES}`)
        await refusal(bench.client, `deleted_time in (now, ${literal})`, invalidTime('deleted_time'))
        await refusal(
          bench.client,
          `status.conditions.Ready.last_updated_time < ${literal}`,
          invalidSubfield('last_updated_time'),
        )
        await refusal(
          bench.client,
          `status.conditions.Ready.last_transition_time < ${literal}`,
          invalidSubfield('last_transition_time'),
        )
        const statuses = await bench.client.list(ofStatuses, { search: `last_report_time > ${literal}` })
        assert.equal(statuses.json.detail, invalidTime('last_report_time'))
      }
    for (const time of ["'now -1h'", "' now'", "'now '", "'-1h'", "'now()'"])
      await refusal(bench.client, `created_time < ${time}`, invalidTime('created_time'))
    const { json } = await refusal(bench.client, 'name = 5 and created_time < now-1x and id = 5')
    assert.deepEqual([json.errors[0].offset, json.errors[0].value], [28, 'now-1x'])
  })

  test('contract 13.1: a field that is no time takes none without quotes, and a text in quotes', async () => {
    for (const field of [
      ...['id', 'name', 'kind', 'created_by', 'updated_by', 'deleted_by', 'labels.since', 'generation'],
      'status.conditions.Ready',
      'status.conditions.Ready.observed_generation',
    ])
      for (const literal of ['now', 'NOW-1h', 'nowhere', 'now-1x'])
        await refusal(bench.client, `${field} = ${literal}`, `${field} does not take a time`)
    await refusal(bench.client, 'labels.since in (now)', 'labels.since does not take a time')
    await refusal(bench.client, "labels.since between 'a' and now", 'labels.since does not take a time')
    await refusal(bench.client, 'owner_id = now', 'owner_id does not take a time', '/nodepools')
    for (const [field, name] of [
      ['adapter', 'adapter'],
      ['observed_generation', 'observed_generation'],
    ])
      await refusal(bench.client, `${field} = now`, `${name} does not take a time`, ofStatuses)
    await expectFinds(bench.client, [
      ["labels.since = 'now'", 'half one two'],
      ["labels.age = 'now-1h'", 'half one two'],
      ["labels.age > 'now'", 'half one two'],
      ["labels.since like 'n_w' and name = 'one'", 'one'],
      ["labels.since = 'NOW'", ''],
    ])
    await refusal(
      bench.client,
      "status.conditions.Ready = 'now'",
      "condition status 'now' is invalid: must be True or False",
    )
    await refusal(
      bench.client,
      "generation = 'now'",
      "invalid value 'now' for field 'generation': expected an integer",
    )
    await refusal(bench.client, 'now = 5', 'now is not a valid field name')
    await syntaxRefusal(bench.client, 'name like now')
  })

  test('contract 13.1, 7.5: where a URL has lost its +, the message names %2B', async () => {
    for (const literal of ['now+1h', "'now+1h'", 'now%201h', 'now%20-%201h', 'now%20%2B1h', '(now,now+1h)']) {
      const operator = literal.startsWith('(') ? 'in%20' : '<'
      const { status, json } = await bench.client.get(`/clusters?search=created_time%20${operator}${literal}`)
      assert.equal(status, 400, literal)
      assert.ok(json.errors[0].message.includes(NO_SPACES), json.errors[0].message)
    }
    const { status } = await bench.client.get('/clusters?search=created_time<now%2B1h')
    assert.equal(status, 200)
  })
})
