// Counts by the values of fields (contract, section 15).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const NO_ID = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'
const PATHS = ['/facets/clusters', '/facets/nodepools'] as const

/** Clusters by name: labels, and the values of their adapter `dns`. */
const CLUSTERS: readonly (readonly [
  name: string,
  labels: Record<string, string> | undefined,
  dns?: 'True' | 'False',
])[] = [
  ['c-1', { region: 'us-east', tier: 'gold' }, 'True'],
  ['c-2', { region: 'us-east', tier: 'gold', 'app.kubernetes.io/name': 'x' }, 'True'],
  ['c-3', { region: 'eu-west', tier: 'silver' }, 'True'],
  ['c-4', { region: 'ap-south', tier: '' }, 'False'],
  ['c-5', { region: 'eu-west' }, 'False'],
  ['c-6', { zone: 'ä' }],
  ['c-7', undefined],
  ['c-8', {}],
]

interface Ids {
  readonly first: string
  readonly second: string
}

async function prepare({ client }: Bench): Promise<Ids> {
  const ids: string[] = []
  for (const [name, labels, dns] of CLUSTERS) {
    const { id } = await client.cluster(name, labels === undefined ? {} : { labels })
    ids.push(id)
    if (dns === undefined) continue
    const { status, text } = await client.post(`/clusters/${id}/statuses`, report('dns', dns, 1, at(0)))
    assert.equal(status, 201, text)
  }
  const [first = '', second = ''] = ids
  for (const [owner, name, role] of [
    [first, 'aaa', 'worker'],
    [first, 'bbb', 'infra'],
    [first, 'ccc', 'worker'],
    [second, 'aaa', 'worker'],
  ] as const)
    await client.nodepool(owner, name, { labels: { role } })
  await client.patch(`/clusters/${first}`, { spec: { changed: true } })
  // A report with Finalized is awaited, so the cluster stays.
  assert.equal((await client.delete(`/clusters/${ids[2]}`)).status, 202)
  return { first, second }
}

benchOnBothEngines('counts', bench => {
  let ids: Ids = { first: '', second: '' }
  before(async () => {
    ids = await prepare(bench)
  })

  const count = async (path: string, parameters: Record<string, string | number> = {}) => {
    const { status, text, json } = await bench.client.list(path, parameters)
    assert.equal(status, 200, text)
    return json
  }
  const facet = async (by: string, more: Record<string, string | number> = {}, path: string = PATHS[0]) => {
    const { facets } = await count(path, { by, ...more })
    assert.equal(facets.length, 1)
    const [{ field, values, others, missing }] = facets
    assert.equal(field, by)
    const pairs = values.map(({ value, count }: { value: string; count: number }) => [value, count])
    return { values: pairs, others, missing }
  }

  test('contract 15.1: without by the answer is the total alone', async () => {
    assert.deepEqual(await count('/facets/clusters'), { kind: 'ClusterFacets', total: 8, facets: [] })
    assert.deepEqual(await count('/facets/nodepools'), { kind: 'NodePoolFacets', total: 4, facets: [] })
    assert.deepEqual(await count('/facets/clusters', { by: ' ' }), {
      kind: 'ClusterFacets',
      total: 8,
      facets: [],
    })
    const { text } = await bench.client.list('/facets/clusters', { by: 'generation', search: "name = 'c-1'" })
    const expected =
      '{"kind":"ClusterFacets","total":1,"facets":[{"field":"generation","values":[{"value":"2","count":1}],"others":0,"missing":0}]}'
    assert.equal(text, expected)
  })

  test('contract 15.1: every field is counted, in the order of by', async () => {
    const expected = {
      'labels.region': [
        ['eu-west', 2],
        ['us-east', 2],
        ['ap-south', 1],
      ],
      'labels.none': [],
      'status.conditions.Ready': [
        ['False', 7],
        ['True', 1],
      ],
      'status.conditions.DnsSuccessful': [
        ['True', 3],
        ['False', 2],
      ],
      'status.conditions.None': [],
      generation: [
        ['1', 6],
        ['2', 2],
      ],
      created_by: [['system@hyperfleet.local', 8]],
      updated_by: [['system@hyperfleet.local', 8]],
      deleting: [
        ['false', 7],
        ['true', 1],
      ],
      labels: [
        ['region', 5],
        ['tier', 4],
        ['app.kubernetes.io/name', 1],
        ['zone', 1],
      ],
      conditions: [
        ['Available', 8],
        ['Ready', 8],
        ['DnsSuccessful', 5],
      ],
    }
    for (const [by, values] of Object.entries(expected))
      assert.deepEqual((await facet(by)).values, values, by)
    const by = Object.keys(expected).reverse()
    const { total, facets } = await count('/facets/clusters', { by: by.join(' , ') })
    assert.equal(total, 8)
    assert.deepEqual(
      facets.map(({ field }: { field: string }) => field),
      by,
    )
  })

  test('contract 15.1: nodepools are counted by owner, too, and those of one cluster alone', async () => {
    const byOwner = await facet('owner_id', {}, '/facets/nodepools')
    assert.deepEqual(byOwner, {
      values: [
        [ids.first, 3],
        [ids.second, 1],
      ],
      others: 0,
      missing: 0,
    })
    const nested = `/clusters/${ids.first}/facets/nodepools`
    assert.deepEqual((await facet('labels.role', {}, nested)).values, [
      ['worker', 2],
      ['infra', 1],
    ])
    assert.deepEqual((await facet('owner_id', { search: "labels.role = 'worker'" }, nested)).values, [
      [ids.first, 2],
    ])
    assert.equal((await count(nested)).total, 3)
    assertProblem(await bench.client.get(`/clusters/${NO_ID}/facets/nodepools?by=x`), 'HYPERFLEET-NTF-002')
  })

  test('contract 15.1, 8.11: what matches the search is counted, with the messages of a list for a wrong one', async () => {
    const search = "labels.region in ('us-east', 'ap-south') or name = 'c-8'"
    assert.deepEqual(await facet('labels.tier', { search }), {
      values: [
        ['gold', 2],
        ['', 1],
      ],
      others: 0,
      missing: 1,
    })
    assert.deepEqual((await facet('labels.tier', { search: "name like '%-2'" })).values, [['gold', 1]])
    assert.deepEqual(await facet('labels.tier', { search: "name = 'nobody'" }), {
      values: [],
      others: 0,
      missing: 0,
    })
    assert.equal((await count('/facets/clusters', { search: 'created_time > now-1h' })).total, 8)
    for (const wrong of ['name =', 'nope = 5', '('.repeat(65)]) {
      const refused = await bench.client.list('/facets/clusters', { search: wrong, by: 'labels.tier' })
      assertProblem(refused, 'HYPERFLEET-VAL-005')
      const { json } = await bench.client.list('/clusters', { search: wrong })
      assert.deepEqual([refused.json.detail, refused.json.errors], [json.detail, json.errors])
    }
  })

  test('contract 15.1: adapters are counted, and what each says of the resources that it has reported about', async () => {
    assert.deepEqual(await facet('adapters'), { values: [['dns', 5]], others: 0, missing: 3 })
    assert.deepEqual(await facet('adapters.dns'), {
      values: [
        ['True', 3],
        ['False', 2],
      ],
      others: 0,
      missing: 3,
    })
    assert.deepEqual(await facet('adapters.none'), { values: [], others: 0, missing: 8 })
    const { id } = await bench.client.cluster('by-adapters', { labels: { reported: 'yes' } })
    const send = async (adapter: string, available: 'True' | 'False' | 'Unknown', seconds: number) =>
      (await bench.client.post(`/clusters/${id}/statuses`, report(adapter, available, 1, at(seconds)))).status
    const search = "labels.reported = 'yes'"
    const shown = async (adapter: string) => (await facet(`adapters.${adapter}`, { search })).values
    assert.equal(await send('my.adapter_1', 'Unknown', 1), 201)
    assert.deepEqual(await shown('my.adapter_1'), [['Unknown', 1]])
    assert.equal(await send('my.adapter_1', 'False', 2), 201)
    assert.equal(await send('my.adapter_1', 'True', 1), 204)
    assert.equal(await send('x.last_report_time', 'True', 3), 201)
    assert.deepEqual(await shown('my.adapter_1'), [['False', 1]])
    assert.deepEqual((await facet('adapters', { search })).values, [
      ['my.adapter_1', 1],
      ['x.last_report_time', 1],
    ])
    const time = async (by: string) => {
      const { facets } = await count('/facets/clusters', { by, search, buckets: '1h' })
      return facets[0].buckets.filter((bucket: { count: number }) => bucket.count > 0)
    }
    bench.clockAt(2)
    assert.deepEqual(await time('adapters.my.adapter_1.last_report_time'), [
      { from: at(2 - 3600), to: at(2), count: 1 },
    ])
    const ahead = [{ from: at(2), count: 1 }]
    assert.deepEqual(await time('adapters.x.last_report_time.last_report_time'), ahead)
    assert.deepEqual(await time('adapters.x.last_report_time'), [], 'the time of the adapter x')
    bench.clockAt(0)
    await bench.client.delete(`/clusters/${id}`)
    await bench.client.forceDelete(`/clusters/${id}`)
    assert.deepEqual(await facet('adapters'), { values: [['dns', 5]], others: 0, missing: 3 })
  })

  test('contract 15.2: values beyond the limit are others, resources without a value are missing', async () => {
    const all = await facet('labels.region')
    assert.deepEqual(all, {
      values: [
        ['eu-west', 2],
        ['us-east', 2],
        ['ap-south', 1],
      ],
      others: 0,
      missing: 3,
    })
    assert.deepEqual(await facet('labels.region', { limit: 1 }), {
      values: [['eu-west', 2]],
      others: 3,
      missing: 3,
    })
    assert.deepEqual((await facet('deleting', { limit: 1 })).others, 1)
    assert.deepEqual(await facet('labels', { limit: 2 }), {
      values: [
        ['region', 5],
        ['tier', 4],
      ],
      others: 2,
      missing: 2,
    })
    assert.deepEqual(await facet('conditions', { limit: 1 }), {
      values: [['Available', 8]],
      others: 13,
      missing: 0,
    })
    assert.deepEqual(await facet('status.conditions.DnsSuccessful', { limit: 1 }), {
      values: [['True', 3]],
      others: 2,
      missing: 3,
    })
  })

  test('contract 15.2: the values of a field with one each add up to the total, for any search', async () => {
    for (const search of ['', "labels.tier = 'gold'", 'labels.region is null', "not name like '%-4'"]) {
      const by = 'labels.region,status.conditions.Ready,generation,created_by,deleting,labels.none'
      const { total, facets } = await count('/facets/clusters', { search, by, limit: 1 })
      for (const { field, values, others, missing } of facets) {
        const sum = values.reduce((all: number, { count }: { count: number }) => all + count, 0)
        assert.equal(sum + others + missing, total, `${field} of ${search}`)
      }
    }
  })

  test('contract 15.2, 7.2: the limit is an integer from 1 on, 20 by default, lowered to 1000', async () => {
    const owner = await bench.client.cluster('many')
    for (let i = 0; i < 22; i++)
      await bench.client.nodepool(owner.id, `p-${i}`, { labels: { serial: `s${i}` } })
    const path = `/clusters/${owner.id}/facets/nodepools`
    const shown = async (limit: string | number) =>
      (await facet('labels.serial', { limit }, path)).values.length
    assert.equal((await facet('labels.serial', {}, path)).values.length, 20)
    assert.equal((await facet('labels.serial', {}, path)).others, 2)
    assert.deepEqual([await shown(''), await shown('021'), await shown(2_147_483_647)], [20, 21, 22])
    for (const limit of ['0', '-1', '1.0', 'x', '2147483648', '00000000001', ' 1'])
      assertProblem(
        await bench.client.list(path, { limit }),
        'HYPERFLEET-VAL-004',
        'limit must be an integer from 1 to 2147483647',
      )
    await bench.client.delete(`/clusters/${owner.id}`)
  })

  const times = async (by: string, parameters: Record<string, string> = {}) => {
    const { total, facets } = await count('/facets/clusters', { by, ...parameters })
    assert.deepEqual(Object.keys(facets[0]), ['field', 'buckets', 'missing'])
    const { buckets, missing } = facets[0]
    const sum = buckets.reduce((all: number, { count }: { count: number }) => all + count, 0)
    assert.equal(sum + missing, total)
    return { buckets, missing }
  }

  test('contract 15.3: times are counted in buckets before now, the newest first, also with 0', async () => {
    bench.clockAt(600)
    assert.deepEqual(await times('created_time'), {
      buckets: [
        { from: at(540), to: at(600), count: 0 },
        { from: at(300), to: at(540), count: 0 },
        { from: at(-1200), to: at(300), count: 8 },
        { from: at(-6600), to: at(-1200), count: 0 },
        { from: at(-85_800), to: at(-6600), count: 0 },
        { from: at(600 - 7 * 86_400), to: at(-85_800), count: 0 },
        { to: at(600 - 7 * 86_400), count: 0 },
      ],
      missing: 0,
    })
    const { buckets } = await times('updated_time', { buckets: ' 1d , 36500d' })
    assert.deepEqual(
      buckets.map(({ count }: { count: number }) => count),
      [8, 0, 0],
    )
    assert.equal(buckets[2].to, '1926-03-26T12:10:00Z')
    assert.deepEqual(await times('deleted_time', { buckets: '1h30m' }), {
      buckets: [
        { from: at(600 - 5400), to: at(600), count: 1 },
        { to: at(600 - 5400), count: 0 },
      ],
      missing: 7,
    })
    bench.clockAt(0)
  })

  test('contract 15.3: a bucket includes its end, and what is ahead of now has one of its own', async () => {
    const by = 'status.conditions.DnsSuccessful.last_updated_time'
    bench.clockAt(5)
    const { buckets, missing } = await times(by, { buckets: '5s' })
    assert.deepEqual(buckets, [
      { from: at(0), to: at(5), count: 0 },
      { to: at(0), count: 5 },
    ])
    assert.equal(missing, 3)
    const path = `/clusters/${ids.first}/statuses`
    assert.equal((await bench.client.post(path, report('dns', 'True', 2, at(5)))).status, 201)
    assert.deepEqual((await times(by, { buckets: '5s' })).buckets[0], { from: at(0), to: at(5), count: 1 })
    assert.equal((await bench.client.post(path, report('dns', 'True', 2, at(65)))).status, 201)
    assert.deepEqual((await times(by, { buckets: '5s' })).buckets, [
      { from: at(5), count: 1 },
      { from: at(0), to: at(5), count: 0 },
      { to: at(0), count: 4 },
    ])
    const none = await times('status.conditions.None.last_transition_time', { buckets: '5s' })
    assert.deepEqual([none.buckets.length, none.missing], [2, 8])
    const transitions = await times('status.conditions.DnsSuccessful.last_transition_time', { buckets: '5s' })
    assert.deepEqual(transitions.buckets[1], { to: at(0), count: 5 })
    bench.clockAt(0)
  })

  test('contract 15.3, 13.1: the buckets end at the now of the search', async () => {
    const search = 'created_time <= now'
    const { facets } = await count('/facets/clusters', { by: 'created_time', buckets: '1h', search })
    assert.equal(facets[0].buckets[0].to, at(0))
  })

  test('contract 15.3: wrong buckets are refused', async () => {
    const hour = (i: number) => `${i + 1}h`
    const most = Array.from({ length: 32 }, (_, i) => hour(i)).join()
    assert.equal((await times('created_time', { buckets: most })).buckets.length, 33)
    assert.equal((await times('created_time', { buckets: '' })).buckets.length, 7)
    for (const buckets of [
      'x',
      '5',
      '0s',
      '-1m',
      '5m,5m',
      '1h,60m',
      '2m,1m',
      '1m,',
      ',',
      '36501d',
      '1s1m',
      `${most},33h`,
    ]) {
      const answer = await bench.client.list('/facets/clusters', { by: 'deleted_time', buckets })
      assertProblem(answer, 'HYPERFLEET-VAL-004')
      assert.match(answer.json.detail, /^buckets must be at most 32 durations/, buckets)
      assert.equal(answer.json.errors[0].field, 'buckets')
    }
  })

  test('contract 15.4: another field is refused, with a hint, and all faults are listed', async () => {
    const hints = [
      ['name', /labels\.<key>/],
      ['label.region', /labels\.<key>/],
      ['deletin', /did you mean deleting\?/],
      ['labels.app.kubernetes.io/name', /lowercase letters, digits and underscores/],
      ['labels.', /lowercase letters/],
      ['status.conditions.ready', /status\.conditions\.Ready/],
      ['status.conditions.Ready.observed_generation', /\.last_updated_time/],
      ['status.conditions.Ready.last_updated_time.x', /\.last_updated_time/],
      ['created_tim', /did you mean created_time\?/],
      ['owner_id', /only nodepools/],
      ['spec.region', /HYPERFLEET_SEARCH_SPEC_INDEXES=\["spec.region"\]/],
      ['spec', /spec\.region/],
      ['spec.a.b.c.d.e.f.g.h.i', /at most 8 keys/],
      ['adapters.', /adapters\.dns/],
      ['adapters.-x', /adapters\.dns/],
      ['adapters..last_report_time', /adapters\.dns/],
      [`adapters.${'x'.repeat(256)}`, /adapters\.dns/],
      ['__proto__', /labels\.<key>/],
      ['kind', /labels\.<key>/],
    ] as const
    for (const [by, hint] of hints) {
      const answer = await bench.client.list('/facets/clusters', { by })
      assertProblem(answer, 'HYPERFLEET-VAL-005', `cannot count by '${by}'`)
      const [fault] = answer.json.errors
      assert.deepEqual([fault.field, fault.constraint, fault.value], ['by', 'field', by])
      assert.match(fault.message, hint)
    }
    const several = await bench.client.list('/facets/clusters', { by: 'x1,labels.region, x2' })
    assertProblem(several, 'HYPERFLEET-VAL-005', "cannot count by 'x1'")
    assert.deepEqual(
      several.json.errors.map(({ value }: { value: string }) => value),
      ['x1', 'x2'],
    )
    const gap = await bench.client.list('/facets/clusters', { by: 'labels.region,,deleting' })
    assertProblem(gap, 'HYPERFLEET-VAL-005', "cannot count by ''")
  })

  test('contract 15.1: at most 16 fields, the same one more than once, too', async () => {
    const sixteen = Array.from({ length: 16 }, () => 'labels.region').join()
    const { facets } = await count('/facets/clusters', { by: sixteen })
    assert.equal(facets.length, 16)
    for (const each of facets) assert.deepEqual(each, facets[0])
    const answer = await bench.client.list('/facets/clusters', { by: `${sixteen},deleting` })
    assertProblem(answer, 'HYPERFLEET-VAL-004', 'by must name at most 16 fields, not 17')
    assertProblem(await bench.client.list('/facets/clusters', { by: ','.repeat(5000) }), 'HYPERFLEET-VAL-004')
    const key = 'k'.repeat(10_000)
    assert.deepEqual(await facet(`labels.${key}`), { values: [], others: 0, missing: 8 })
  })

  test('contract 15.4, 7.5: parameters of lists are ignored, and the first of a repeated one counts', async () => {
    const ignored = '?page=0&pageSize=x&size=-1&orderBy=nope&order=sideways&watch=x'
    assert.equal((await bench.client.get(`/facets/clusters${ignored}`)).status, 200)
    const { json } = await bench.client.get('/facets/clusters?by=deleting&by=x&limit=1&limit=x')
    assert.equal(json.facets[0].field, 'deleting')
    assertProblem(await bench.client.get('/facets/clusters?by=%ff'), 'HYPERFLEET-VAL-005')
  })

  test('contract 15.1, 2.2: counts are read-only', async () => {
    for (const path of PATHS) {
      assert.equal((await bench.client.send(path, { method: 'HEAD' })).status, 200)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
        assertProblem(await bench.client.send(path, { method }), 'HYPERFLEET-VAL-008')
    }
    assertProblem(await bench.client.get('/facets'), 'HYPERFLEET-NTF-000')
    assertProblem(await bench.client.get('/facets/statuses'), 'HYPERFLEET-NTF-000')
  })

  test('contract 15.2, 4.8: a count shows a write as soon as it is answered', async () => {
    const before = await facet('labels.region')
    const { id } = await bench.client.cluster('fresh', { labels: { region: 'us-east' } })
    assert.deepEqual((await facet('labels.region')).values[0], ['us-east', 3])
    await bench.client.delete(`/clusters/${id}`)
    assert.deepEqual(await facet('labels.region'), before)
  })
})

benchOnBothEngines(
  'counts by values of the spec',
  bench => {
    const counted = async (by: string, more: Record<string, string | number> = {}) => {
      const { status, text, json } = await bench.client.list('/facets/clusters', { by, ...more })
      assert.equal(status, 200, text)
      const [{ values, others, missing }] = json.facets
      const pairs = values.map(({ value, count }: { value: string; count: number }) => [value, count])
      return { pairs, others, missing }
    }

    before(async () => {
      for (const spec of [
        { region: 'eu', size: 5 },
        { region: 'eu', size: '5' },
        { region: 'us', size: 50 },
        { region: true, size: { a: 1 } },
        { region: null, size: [5] },
        { region: 'x'.repeat(256) },
        {},
      ])
        await bench.client.cluster(bench.name(), { spec })
    })

    test('contract 15.1, 15.2: indexed values of the spec are counted as a search has them; objects and arrays are missing', async () => {
      assert.deepEqual(await counted('spec.region'), {
        pairs: [
          ['eu', 2],
          ['true', 1],
          ['us', 1],
        ],
        others: 1,
        missing: 2,
      })
      const sizes = [
        ['5', 2],
        ['50', 1],
      ]
      assert.deepEqual(await counted('spec.size'), { pairs: sizes, others: 0, missing: 4 })
      const search = { search: "spec.region = 'eu'" }
      assert.deepEqual(await counted('spec.size', search), { pairs: [['5', 2]], others: 0, missing: 0 })
    })

    test('contract 15.1: a long value is among the others even if nothing else is', async () => {
      const search = { search: "spec.region like 'xx%'" }
      assert.deepEqual(await counted('spec.region', search), { pairs: [], others: 1, missing: 0 })
    })

    test('contract 15.4: a path without an index is refused, and the message says how to index it', async () => {
      const answer = await bench.client.list('/facets/clusters', { by: 'spec.other' })
      assertProblem(answer, 'HYPERFLEET-VAL-005', "cannot count by 'spec.other'")
      assert.match(answer.json.errors[0].message, /HYPERFLEET_SEARCH_SPEC_INDEXES=\["spec.other"\]/)
    })

    test('contract 15.1: after a restart the same is counted, adapters included', async () => {
      const { id } = await bench.client.cluster('reported')
      for (const [adapter, available] of [
        ['dns', 'True'],
        ['other', 'Unknown'],
      ] as const)
        await bench.client.post(`/clusters/${id}/statuses`, report(adapter, available, 1, at(0)))
      const by =
        'spec.region,adapters,adapters.dns,adapters.other,adapters.other.last_report_time,labels,conditions,status.conditions.Ready,generation,created_time'
      const path = `/facets/clusters?by=${by}`
      const { text } = await bench.client.get(path)
      assert.match(text, /"Unknown"/)
      await bench.restart()
      assert.equal((await bench.client.get(path)).text, text)
    })
  },
  { HYPERFLEET_SEARCH_SPEC_INDEXES: '["spec.region","spec.size"]' },
)
