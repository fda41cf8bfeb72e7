// Times: accepted forms, comparison and output, and the server's own times (contract 3.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines, START_MS } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertFaults } from '../harness/faults.ts'

const PRINTED: readonly (readonly [sent: string, printed: string])[] = [
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.0Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.000000000Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.1Z', '2026-01-02T03:04:05.100Z'],
  ['2026-01-02T03:04:05.123Z', '2026-01-02T03:04:05.123Z'],
  ['2026-01-02T03:04:05.1230Z', '2026-01-02T03:04:05.123Z'],
  ['2026-01-02T03:04:05.1234Z', '2026-01-02T03:04:05.123400Z'],
  ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
  ['2026-01-02T03:04:05.123456999Z', '2026-01-02T03:04:05.123456Z'],
  ['2026-01-02T03:04:05.000000999Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02T03:04:05.000001Z', '2026-01-02T03:04:05.000001Z'],
  ['2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05Z'],
  ['2026-01-02T03:04:05-05:30', '2026-01-02T08:34:05Z'],
  ['2026-01-01T00:00:00+00:01', '2025-12-31T23:59:00Z'],
  ['2026-01-02T03:04:05-00:00', '2026-01-02T03:04:05Z'],
  ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00Z'],
  ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ['1700-01-01T00:00:00.5Z', '1700-01-01T00:00:00.500Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['0099-12-31T23:59:59Z', '0099-12-31T23:59:59Z'],
]

const REFUSED: readonly unknown[] = [
  '',
  'now',
  '2026-01-02',
  '2026-01-02T03:04Z',
  '2026-01-02T03:04:05',
  '2026-01-02T03:04:05.Z',
  '2026-01-02T03:04:05.1234567890Z',
  '2026-01-02T03:04:60Z',
  '2016-12-31T23:59:60Z',
  '2026-01-02T03:60:05Z',
  '2026-01-02T24:00:00Z',
  '2026-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-02T03:04:05+24:00',
  '2026-01-02T03:04:05+02',
  '2026-01-02T03:04:05 +02:00',
  '2026-01-02T03:04:05ZZ',
  '2026-01-02T03:04:05Z\n',
  ' 2026-01-02T03:04:05Z',
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+00:01',
  '10000-01-01T00:00:00Z',
  '+2026-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999-00:01',
  '٢٠٢٦-01-02T03:04:05Z',
  1_767_322_800,
  true,
  {},
]

benchOnBothEngines('times that clients send', bench => {
  test('contract 3.4: a time is kept to the microsecond and printed in UTC', async () => {
    for (const [sent, printed] of PRINTED) {
      const { href } = await bench.client.cluster(bench.name())
      const { status, json, text } = await bench.client.post(
        `${href}/statuses`,
        report('dns', 'True', 1, sent),
      )
      assert.equal(status, 201, `${sent}: ${text}`)
      assert.deepEqual([json.last_report_time, json.created_time], [printed, printed], sent)
      assert.equal(json.conditions[0].last_transition_time, printed, sent)
      const { conditions } = (await bench.client.get(href)).json.status
      for (const condition of conditions) assert.equal(condition.last_updated_time, printed, sent)
    }
  })

  test('contract 3.4, 5.1: anything else is refused: 60 seconds, impossible days, other years', async () => {
    const { href } = await bench.client.cluster(bench.name())
    for (const sent of REFUSED) {
      const body = { ...report('dns', 'True', 1, ''), observed_time: sent }
      const answer = await bench.client.post(`${href}/statuses`, body)
      assert.equal(answer.status, 400, `${JSON.stringify(sent)}: ${answer.text}`)
      assertFaults(answer, 'observed_time')
    }
  })

  test('contract 3.4, 5.3c: times compare as instants, whatever their offset', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const send = async (time: string) =>
      (await bench.client.post(`${href}/statuses`, report('dns', 'True', 1, time))).status
    assert.equal(await send('2026-01-02T10:00:00Z'), 201)
    assert.equal(await send('2026-01-02T11:59:59+02:00'), 204)
    assert.equal(await send('2026-01-02T09:00:00-01:00'), 201)
    assert.equal(await send('2026-01-02T08:00:00.5-02:00'), 201)
    assert.equal(await send('2026-01-02T10:00:00.499999Z'), 204)
  })

  test('contract 3.4, 5.3c: digits beyond the microsecond do not count in a comparison', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const send = async (time: string) =>
      (await bench.client.post(`${href}/statuses`, report('dns', 'True', 1, time))).status
    assert.equal(await send('2026-01-02T10:00:00.123456900Z'), 201)
    assert.equal(await send('2026-01-02T10:00:00.123456100Z'), 201)
    assert.equal(await send('2026-01-02T10:00:00.123455999Z'), 204)
  })
})

benchOnBothEngines("the server's own times", bench => {
  /** created_time of a new cluster. */
  const createdTime = async () => (await bench.client.cluster(bench.name())).created_time

  test('contract 3.4: the server writes milliseconds in UTC', async () => {
    bench.clockMs = START_MS + 7
    assert.equal(await createdTime(), '2026-03-01T12:00:00.007Z')
    bench.clockMs = START_MS + 120.987
    assert.equal(await createdTime(), '2026-03-01T12:00:00.120Z')
  })

  test('contract 3.4, 4.5: creation sets both times, a change only the second', async () => {
    bench.clockAt(1)
    const cluster = await bench.client.cluster(bench.name())
    assert.deepEqual([cluster.created_time, cluster.updated_time], [at(1), at(1)])
    bench.clockAt(2)
    const { json } = await bench.client.patch(cluster.href, { spec: { a: 1 } })
    assert.deepEqual([json.created_time, json.updated_time], [at(1), at(2)])
  })

  test('contract 3.4: a machine clock that jumps back does not affect the times', async () => {
    bench.clockAt(100)
    const { href } = await bench.client.cluster(bench.name())
    bench.clockAt(-3600)
    assert.equal(await createdTime(), at(100))
    assert.equal((await bench.client.patch(href, { labels: { a: 'b' } })).json.updated_time, at(100))
    bench.clockAt(99)
    assert.equal(await createdTime(), at(100))
    bench.clockAt(101)
    assert.equal(await createdTime(), at(101))
  })

  test('contract 3.4: the same holds across a restart, whatever was written last', async () => {
    bench.clockAt(200)
    const { href } = await bench.client.cluster(bench.name())
    bench.clockAt(-3600)
    await bench.restart()
    assert.equal(await createdTime(), at(200))
    bench.clockAt(300)
    await bench.client.patch(href, { spec: { last: true } })
    bench.clockAt(0)
    await bench.restart()
    assert.equal(await createdTime(), at(300))
    assert.equal((await bench.client.patch(href, { spec: { last: false } })).json.updated_time, at(300))
  })

  test("contract 3.4, 6.12: the time of a report is not the server's own and affects no later time", async () => {
    bench.clockAt(400)
    const { href } = await bench.client.cluster(bench.name())
    assert.equal((await bench.client.post(`${href}/statuses`, report('dns', 'True', 1, at(900)))).status, 201)
    assert.equal(await createdTime(), at(400))
    await bench.restart()
    assert.equal(await createdTime(), at(400))
    bench.clockAt(401)
    assert.equal(await createdTime(), at(401))
  })
})
