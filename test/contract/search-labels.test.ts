// Search: searchable label keys.
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, refusal } from '../harness/find.ts'

const LONGEST_KEY = 'k'.repeat(317)
const invalidKey = (key: string) =>
  `label key '${key}' is invalid: must contain only lowercase letters, digits, and underscores`

benchOnBothEngines('labels in a search', bench => {
  before(async () => {
    const { client } = bench
    const keys = ['env', 'a_1', '_', '0', '42', 'constructor', LONGEST_KEY, 'Upper', 'a.b', 'a-b/c']
    const labels = keys.map(key => `${JSON.stringify(key)}:"v"`).join(',')
    const body = `{"kind":"Cluster","name":"labelled","spec":{},"labels":{${labels},"__proto__":"v"}}`
    await client.send('/clusters', { method: 'POST', body })
    await client.cluster('other')
  })

  test('contract 8.6: keys of lowercase letters, digits and underscores can be searched', async () => {
    for (const key of ['env', 'a_1', '_', '0', '42', '__proto__', 'constructor', LONGEST_KEY])
      await expectFinds(bench.client, [
        [`labels.${key} = 'v'`, 'labelled'],
        [`labels.${key} is null`, 'other'],
      ])
  })

  test('contract 8.6: any other key is refused with the exact message', async () => {
    for (const key of ['Env', 'ENV', 'eNv', 'a.b', 'app.kubernetes.io', 'A_1', 'env.X', 'env.a.b'])
      await refusal(bench.client, `labels.${key} = 'v'`, invalidKey(key))
    await refusal(bench.client, 'labels.Env is null', invalidKey('Env'))
    await refusal(bench.client, "labels.Env not in ('x')", invalidKey('Env'))
    await refusal(bench.client, "name = 'x' and not labels.a.b like 'x'", invalidKey('a.b'))
    await refusal(bench.client, "labels.Env = 'v'", invalidKey('Env'), '/nodepools')
  })

  test('contract 4.4, 8.6: a label with another key is kept but cannot be searched', async () => {
    await expectFinds(bench.client, [["labels.env = 'v'", 'labelled']])
    await refusal(bench.client, "labels.Upper = 'v'", invalidKey('Upper'))
  })
})
