// Search: conditions by status and by subfield.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { expectFinds, refusal } from '../harness/find.ts'

const BASE_MS = Date.parse('2026-03-01T12:00:00Z')
const ONLY_EQUALITY = 'only equality operator (=) is supported for condition status queries'
const invalidType = (type: string) =>
  `condition type '${type}' is invalid: must be PascalCase (e.g., Ready, Available)`
const invalidStatus = (status: string) => `condition status '${status}' is invalid: must be True or False`
const invalidSubfield = (subfield: string) =>
  `condition subfield '${subfield}' is not supported; use last_updated_time, last_transition_time, or observed_generation`
const invalidTime = (subfield: string) =>
  `invalid timestamp for condition subfield '${subfield}': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)`
const NOT_AN_INTEGER = "expected integer value for condition subfield 'observed_generation'"

/** `run` is ready since 12:00 and reported again at 12:08; `down` reported False at 12:05; `new` has no report. */
async function prepare(bench: Bench): Promise<void> {
  bench.clockAt(-60)
  const { client } = bench
  const run = await client.cluster('run', { labels: { env: 'prod' } })
  const down = await client.cluster('down', { labels: { env: 'dev' } })
  await client.cluster('new', { labels: { env: 'dev' } })
  await client.nodepool(run.id, 'pool')
  for (const [id, value, time] of [
    [run.id, 'True', '2026-03-01T12:00:00Z'],
    [down.id, 'False', '2026-03-01T12:05:00.25Z'],
    [run.id, 'True', '2026-03-01T12:08:00Z'],
  ] as const)
    await client.post(`/clusters/${id}/statuses`, report('dns', value, 1, time))
}

benchOnBothEngines('conditions in a search', bench => {
  before(() => prepare(bench))

  const refuse = (search: string, detail?: string) => refusal(bench.client, search, detail)

  test('contract 8.7: a condition can be searched by its status', async () => {
    await expectFinds(bench.client, [
      ["status.conditions.Ready='True'", 'run'],
      ["status.conditions.Ready = 'False'", 'down new'],
      ["status.conditions.Available = 'True'", 'run'],
      ["status.conditions.DnsSuccessful = 'True'", 'run'],
      ["status.conditions.DnsSuccessful = 'False'", 'down'],
    ])
    await expectFinds(bench.client, [["status.conditions.Ready='False'", 'pool']], '/nodepools')
  })

  test('contract 8.7: a type that no resource has matches nothing', async () => {
    await expectFinds(bench.client, [
      ["status.conditions.Unheard='True'", ''],
      ["status.conditions.Unheard='False'", ''],
      ["status.conditions.A1='False' or name='new'", 'new'],
      ["status.conditions.DnsSuccessful='True'", 'run'],
    ])
    await expectFinds(bench.client, [["status.conditions.DnsSuccessful='True'", '']], '/nodepools')
  })

  test('contract 8.7: a type is PascalCase', async () => {
    for (const type of ['ready', 'rEADY', 'Rea_dy', '_Ready', '9Lives', 'Ready_', '__proto__'])
      await refuse(`status.conditions.${type} = 'True'`, invalidType(type))
  })

  test('contract 8.7: a status is True or False', async () => {
    for (const status of ['true', 'TRUE', 'Unknown', '', ' True', 'True ', 'yes', '1'])
      await refuse(`status.conditions.Ready = '${status}'`, invalidStatus(status))
    await refuse("status.conditions.Ready = 'it''s'", invalidStatus("it's"))
    await refuse('status.conditions.Ready = 1', invalidStatus('1'))
    await refuse('status.conditions.Ready = -1.50e3', invalidStatus('-1.50e3'))
  })

  test('contract 8.7: the only operator is =', async () => {
    for (const rest of [
      "!= 'True'",
      "<> 'True'",
      "< 'True'",
      "<= 'True'",
      "> 'True'",
      ">= 'True'",
      "in ('True')",
      "not in ('True')",
      'in ()',
      "like 'True'",
      "not like 'T%'",
      "ilike 'true'",
      "between 'False' and 'True'",
      "not between 'False' and 'True'",
      'is null',
      'is not null',
    ])
      await refuse(`status.conditions.Ready ${rest}`, ONLY_EQUALITY)
  })

  test('contract 8.8: subfields that are times are compared as instants', async () => {
    const ready = 'status.conditions.Ready'
    await expectFinds(bench.client, [
      [`${ready}.last_updated_time = '2026-03-01T12:00:00Z'`, ''],
      [`${ready}.last_updated_time = '2026-03-01T12:08:00Z'`, 'run'],
      [`${ready}.last_updated_time = '2026-03-01T13:08:00+01:00'`, 'run'],
      [`${ready}.last_transition_time = '2026-03-01T12:00:00Z'`, 'run'],
      ["status.conditions.DnsSuccessful.last_updated_time = '2026-03-01T12:05:00.250000Z'", 'down'],
      ["status.conditions.DnsSuccessful.last_updated_time != '2026-03-01T12:08:00Z'", 'down'],
      ["status.conditions.DnsSuccessful.last_updated_time <> '2026-03-01T12:08:00Z'", 'down'],
      ["status.conditions.DnsSuccessful.last_updated_time < '2026-03-01T12:08:00Z'", 'down'],
      ["status.conditions.DnsSuccessful.last_updated_time <= '2026-03-01T12:08:00Z'", 'down run'],
      ["status.conditions.DnsSuccessful.last_updated_time > '2026-03-01T12:05:00.25Z'", 'run'],
      ["status.conditions.DnsSuccessful.last_updated_time >= '2026-03-01T12:05:00.25Z'", 'down run'],
      [`${ready}.last_updated_time < '2026-03-01T12:20:00Z' and ${ready}='True'`, 'run'],
    ])
  })

  test('contract 8.8: observed_generation is compared with an unquoted integer of 32 bits', async () => {
    const dns = 'status.conditions.DnsSuccessful.observed_generation'
    await expectFinds(bench.client, [
      [`${dns} = 1`, 'down run'],
      [`${dns} != 1`, ''],
      [`${dns} <> 2`, 'down run'],
      [`${dns} < 1`, ''],
      [`${dns} <= 1`, 'down run'],
      [`${dns} > 0`, 'down run'],
      [`${dns} >= 2147483647`, ''],
      [`${dns} > -2147483648`, 'down run'],
      [`${dns} > -1`, 'down run'],
      ['status.conditions.Available.observed_generation = 0', 'new'],
      ['status.conditions.Available.observed_generation < 1', 'new'],
    ])
    for (const literal of [
      "'1'",
      '1.0',
      '1e0',
      '2147483648',
      '-2147483649',
      "''",
      "'one'",
      '99999999999999999999',
    ])
      await refuse(`${dns} = ${literal}`, NOT_AN_INTEGER)
  })

  test('contract 8.8: a resource without the condition never matches, not even !=', async () => {
    const never = 'status.conditions.Unheard'
    for (const operator of ['=', '!=', '<>', '<', '<=', '>', '>=']) {
      await expectFinds(bench.client, [
        [`${never}.observed_generation ${operator} 1`, ''],
        [`${never}.last_updated_time ${operator} '2026-03-01T12:00:00Z'`, ''],
        [`${never}.last_transition_time ${operator} '2026-03-01T12:00:00Z'`, ''],
        [`${never}.observed_generation ${operator} 1 or name = 'new'`, 'new'],
      ])
    }
  })

  test('contract 8.8: only three subfields are supported', async () => {
    for (const subfield of ['status', 'reason', 'message', 'created_time', 'type', 'Last_updated_time', '5'])
      await refuse(`status.conditions.Ready.${subfield} = 'x'`, invalidSubfield(subfield))
  })

  test('contract 8.8: a time is an RFC 3339 string', async () => {
    for (const subfield of ['last_updated_time', 'last_transition_time'])
      for (const literal of [
        "'yesterday'",
        "''",
        "'2026-03-01'",
        '5',
        "'2026-03-01T12:00:60Z'",
        "'2026-03-01T12:00Z'",
      ])
        await refuse(`status.conditions.Ready.${subfield} < ${literal}`, invalidTime(subfield))
  })

  test('contract 8.8: subfields support only comparisons', async () => {
    for (const rest of [
      'in (1)',
      'not in (1)',
      'between 0 and 1',
      'not between 0 and 1',
      'is null',
      'is not null',
    ])
      await refuse(`status.conditions.Ready.observed_generation ${rest}`)
    for (const rest of ["in ('2026-03-01T12:00:00Z')", "like '2026%'", 'is null'])
      await refuse(`status.conditions.Ready.last_updated_time ${rest}`)
  })

  test('contract 8.7, 8.8: a type that is not PascalCase is refused with its subfield as well', async () => {
    await refuse('status.conditions.ready.observed_generation = 1', invalidType('ready'))
  })

  const NOT_SUPPORTED =
    "NOT operator is not supported with condition queries; use the inverse condition instead (e.g., Ready='False')"
  const ABOVE = [
    "not status.conditions.Ready='True'",
    "NOT (status.conditions.Ready='True')",
    "not not status.conditions.Ready='True'",
    'not status.conditions.Ready.observed_generation = 1',
    "not status.conditions.Ready.last_updated_time < '2026-03-01T12:00:00Z'",
    "not (name = 'run' and (labels.env = 'x' or status.conditions.Ready='True'))",
    "name = 'run' and not (labels.env = 'dev' or not (name = 'x' and status.conditions.Available='False'))",
    "name = 'run' or not ((((status.conditions.Unheard='True'))))",
    "not (status.conditions.Ready='True' or status.conditions.Available='True')",
  ]

  test('contract 8.9: not above a condition is refused at any depth', async () => {
    for (const search of ABOVE) await refuse(search, NOT_SUPPORTED)
  })

  test('contract 8.9: not beside a condition, and the negated forms of others, are accepted', async () => {
    await expectFinds(bench.client, [
      ["not labels.env = 'dev' and status.conditions.Ready='True'", 'run'],
      ["status.conditions.Ready='False' and not name = 'new'", 'down'],
      ["status.conditions.Ready='False' and name not in ('new')", 'down'],
      ["status.conditions.Ready='False' and labels.env is not null", 'down new'],
    ])
  })

  test('contract 8.9: conditions are ordinary operands of and and or', async () => {
    await expectFinds(bench.client, [
      ["status.conditions.Ready='False' or labels.env='dev'", 'down new'],
      ["status.conditions.Ready='True' or labels.env='dev'", 'down new run'],
      ["labels.env='prod' or status.conditions.DnsSuccessful='False'", 'down run'],
      ["status.conditions.Ready='True' and status.conditions.Available='True'", 'run'],
      ["status.conditions.Ready='True' and status.conditions.Ready='False'", ''],
      ["(status.conditions.Ready='True' or name='new') and labels.env='dev'", 'new'],
    ])
  })

  test('contract 8.7, 8.8: a search follows the reports', async () => {
    const { id } = await bench.client.cluster('moving')
    const isIn = async (search: string) =>
      (await bench.client.list('/clusters', { search: `(${search}) and name = 'moving'` })).json.total === 1
    for (const [minute, value] of (['False', 'True', 'False'] as const).entries()) {
      const time = new Date(BASE_MS + minute * 60_000).toISOString()
      await bench.client.post(`/clusters/${id}/statuses`, report('gcp-vm', value, 1, time))
      assert.ok(await isIn(`status.conditions.Ready='${value}'`))
      assert.ok(!(await isIn(`status.conditions.Ready='${value === 'True' ? 'False' : 'True'}'`)))
      assert.ok(await isIn(`status.conditions.GcpVmSuccessful.last_updated_time = '${time}'`))
      assert.ok(await isIn(`status.conditions.GcpVmSuccessful.last_transition_time = '${time}'`))
    }
  })
})
