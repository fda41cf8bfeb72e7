import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { runProgram } from './program.ts'

benchOnBothEngines('hyperfleet count', bench => {
  before(async () => {
    for (const [name, region] of [
      ['c-1', 'us'],
      ['c-2', 'us'],
      ['c-3', ''],
    ] as const)
      await bench.client.cluster(name, { labels: { region } })
    await bench.client.cluster('c-4')
  })
  const run = (...args: string[]) => runProgram('count', ...args, '--server', bench.server.origin)

  test('contract 15.1, 15.2: a pipe gets a line for each value', async () => {
    const { output, code } = await run('clusters', '--by', 'labels.region,deleting')
    assert.equal(code, 0, output)
    const lines = [
      'total\t\t4',
      'labels.region\tus\t2',
      "labels.region\t''\t1",
      'labels.region\t(missing)\t1',
    ]
    assert.equal(output, `${[...lines, 'deleting\tfalse\t4'].join('\n')}\n`)
  })

  test('contract 15.2: JSON is that of the server', async () => {
    const { output } = await run(
      'clusters',
      '--by',
      'labels.region',
      '--search',
      "name = 'c-1'",
      '-o',
      'json',
    )
    const { json } = await bench.client.list('/facets/clusters', {
      by: 'labels.region',
      search: "name = 'c-1'",
    })
    assert.deepEqual(JSON.parse(output), json)
  })

  test('contract 15.4: a wrong field is refused with the hint', async () => {
    const { code } = await run('clusters', '--by', 'nope')
    assert.equal(code, 1)
  })
})
