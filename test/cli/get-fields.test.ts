// `hyperfleet get` with fields: `--fields`, `-o custom-columns` and `-o jsonpath`, against a real server (contract 13.7).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UsageError } from '../../src/cli/command.ts'
import { readGetOptions } from '../../src/cli/get/options.ts'
import { report } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { BARE_MACHINE } from './bare-machine.ts'
import { type Shell, startShell } from './client-process.ts'

test('fields, columns and templates that are wrong are refused with a message that says what is allowed', () => {
  for (const [args, words] of [
    [['--fields', ' , '], /--fields is ' , ': must name fields, such as name,labels.region/],
    [['--fields', '.name'], /'\.name' must have no dot at its start: 'name'/],
    [['--fields', 'name', '-o', 'wide'], /--fields does not go with -o wide: use -o table, json or yaml/],
    [['--fields', 'name', '-o', 'jsonpath={.total}'], /-o jsonpath names its own fields: omit --fields/],
    [['--columns', 'name'], /did you mean --fields\?/],
    [['-o', 'custom-columns'], /names no columns: must be such as custom-columns=NAME:\.name/],
    [['-o', 'custom-columns=NAME'], /'NAME' must be TITLE:PATH/],
    [['-o', 'custom-columns=:.name'], /':\.name' must be TITLE:PATH/],
    [['-o', 'custom-columns=A:.name,'], /'' must be TITLE:PATH/],
    [
      ['-o', 'custom-columns=A:.metadata.name'],
      /'\.metadata\.name' is not a field of clusters; did you mean '\.name'\?/,
    ],
    [['-o', 'custom-columns=A:.metadata.labels.app'], /did you mean '\.labels\.app'\?/],
    [['-o', 'custom-columns=A:.nmae'], /did you mean '\.name'\?/],
    [['-o', 'custom-columns=A:.zzzzzz'], /a path begins with one of kind, id, href/],
    [
      ['-o', 'custom-columns=A:.spec.a[x]'],
      /has \[x\]: must be \[\*\], \[0\], \['key'\] or \[\?\(@\.member=="value"\)\]/,
    ],
    [['-o', 'custom-columns=A:.spec.a[0'], /has a bracket that is not closed/],
    [['-o', 'custom-columns=A:.spec..a'], /has a dot without a key/],
    [['-o', 'jsonpath='], /-o jsonpath is empty: must be such as jsonpath='\{\.items\[\*\]\.name\}'/],
    [
      ['-o', 'jsonpath={.name}'],
      /'\.name' is not in a list, which has kind, .*items; .* write '\.items\[\*\]\.name'/,
    ],
    [['-o', 'jsonpath={.items[*].metadata.uid}'], /did you mean '\.id'\?/],
    [['-o', 'jsonpath={range .items[*]}{.name}'], /\{range \.items\[\*\]\} without \{end\}/],
    [['-o', 'jsonpath={.total}{end}'], /\{end\} without \{range PATH\}/],
    [['-o', 'jsonpath={.total'], /a brace without its other one at '\{\.total'/],
    [['-o', 'jsonpath={.total}', '--watch'], /-o jsonpath takes no --watch: use -o custom-columns/],
    [
      ['-o', 'yml'],
      /--output is 'yml': must be one of table, .*custom-columns=TITLE:PATH,…, jsonpath=TEMPLATE/,
    ],
  ] as const)
    assert.throws(
      () => readGetOptions(['clusters', ...args], BARE_MACHINE),
      error => {
        assert.ok(error instanceof UsageError, args.join(' '))
        assert.match(error.message, words)
        return true
      },
    )
  const statuses = (...args: string[]) =>
    readGetOptions(['statuses', '--cluster', 'a', ...args], BARE_MACHINE)
  assert.throws(
    () => statuses('--fields', 'adapter'),
    /get statuses takes no --fields: use -o custom-columns/,
  )
  assert.throws(
    () => statuses('-o', 'custom-columns=A:.adapters'),
    /not a field of statuses; did you mean '\.adapter'\?/,
  )
})

test('contract 13.7: only the fields that are shown are asked for', () => {
  const asked = (...args: string[]) => readGetOptions(['clusters', ...args], BARE_MACHINE).fields
  for (const [paths, fields] of [
    ['.name,.generation', 'name,generation'],
    ['{.labels.app\\.kubernetes\\.io/name}', 'labels.app.kubernetes.io/name'],
    [".labels['a.b']", 'labels.a.b'],
    [".spec['a.b'].c", 'spec'],
    ['.spec.zones[0].name', 'spec.zones'],
    ['.status.conditions.Ready', 'status.conditions.Ready'],
    ['.status.conditions.Ready.status', 'status.conditions.Ready.type,status.conditions.Ready.status'],
    [
      '.status.conditions[?(@.type=="Ready")].status',
      'status.conditions.Ready.type,status.conditions.Ready.status',
    ],
    ['.status.conditions[?(@.status=="True")].type', 'status.conditions'],
    ['.status.conditions.reason', 'status.conditions.reason'],
    ['.status.conditions[*].reason', 'status.conditions'],
    ['$', undefined],
  ] as const) {
    const columns = paths.split(/,(?=\.)/).map((path, i) => `C${i}:${path}`)
    assert.equal(asked('-o', `custom-columns=${columns}`), fields, paths)
  }
  for (const [template, fields] of [
    ['{.items[*].name}', 'name'],
    ['{range .items[*]}{.name}{"\\t"}{.status.conditions[*].type}{end}', 'name,status.conditions'],
    ['{range .items[*].status.conditions[*]}{.type}{end}', 'status.conditions'],
    ['{.items[?(@.name=="a")].generation}', 'generation,name'],
    ['{.total}', 'id'],
    ['{.items}', undefined],
    ['{@}', undefined],
    ['{range .items[*]}{@}{end}', undefined],
  ] as const)
    assert.equal(asked('-o', `jsonpath=${template}`), fields, template)
  const many = Array.from({ length: 65 }, (_, i) => `C${i}:.spec.k${i}`)
  assert.equal(asked('-o', `custom-columns=${many}`), undefined)
  assert.equal(asked('alpha', '-o', 'custom-columns=A:.name'), undefined)
  assert.equal(asked('--fields', ' name, labels.a ', '-o', 'json'), ' name, labels.a ')
})

describe('hyperfleet get with fields', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell

  before(async () => {
    // Three pages.
    shell = await startShell({
      HYPERFLEET_SERVER_PAGE_SIZE_MAX: '1',
      HYPERFLEET_SERVER_PAGE_SIZE_DEFAULT: '1',
    })
    const { client } = shell
    const alpha = await client.cluster('alpha', {
      labels: { region: 'eu', 'app.kubernetes.io/name': 'x', bare: '' },
      spec: {
        nodes: { count: 3, zones: ['a', 'b'] },
        'a.b': 'dotted',
        big: 12345678901234567890n.toString(),
      },
    })
    await client.cluster('beta', { labels: { region: '東京\u001b' }, spec: { nodes: { count: 1.5e300 } } })
    await client.cluster('gamma')
    await client.nodepool(alpha.id, 'workers')
    for (const [adapter, second] of [
      ['dns', 0],
      ['validator', 1],
    ] as const)
      await client.post(
        `/clusters/${alpha.id}/statuses`,
        report(adapter, 'True', 1, `2026-01-01T00:00:0${second}Z`),
      )
  })
  after(() => shell.stop())

  const text = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await shell.run('get', ...args)
    assert.deepEqual([code, stderr], [0, ''], args.join(' '))
    return stdout
  }
  const NAMES = ['clusters', '--order-by', 'name'] as const

  test('--fields shows columns titled by the last keys, without a value as <none>', async () => {
    assert.equal(
      await text(...NAMES, '--fields', 'name,labels.region,spec.nodes.count,status.conditions.Ready'),
      [
        'NAME\tREGION\tCOUNT\tREADY',
        'alpha\teu\t3\tTrue',
        'beta\t東京\\u001b\t1.5e+300\tFalse',
        'gamma\t<none>\t<none>\tFalse',
        '',
      ].join('\n'),
    )
    const two = await text(
      'clusters',
      'alpha',
      '--fields',
      'status.conditions.Ready.status,status.conditions.Available.status,status.conditions.DnsSuccessful.reason',
    )
    assert.equal(
      two.split('\n')[0],
      'STATUS.CONDITIONS.READY.STATUS\tSTATUS.CONDITIONS.AVAILABLE.STATUS\tREASON',
    )
    assert.deepEqual(two.split('\n')[1]?.split('\t').slice(0, 2), ['True', 'True'])
  })

  test('contract 13.7: --fields -o json and -o yaml print the characters of the server', async () => {
    const { json } = await shell.client.list('/clusters', {
      orderBy: 'name',
      fields: 'name,labels',
      pageSize: '1',
    })
    const printed = JSON.parse(await text(...NAMES, '--fields', 'name,labels', '-o', 'json'))
    assert.deepEqual(printed.items[0], json.items[0])
    assert.deepEqual(Object.keys(printed.items[2]), ['id', 'name'])
    const one = JSON.parse(await text('cluster', 'alpha', '--fields', 'spec.nodes.zones', '-o', 'json'))
    assert.deepEqual(one, { id: json.items[0].id, spec: { nodes: { zones: ['a', 'b'] } } })
    const pool = await text(
      'nodepool',
      'alpha/workers',
      '--fields',
      'name,owner_references.kind',
      '-o',
      'yaml',
    )
    assert.match(pool, /^id: .+\nname: workers\nowner_references:\n {2}kind: Cluster\n$/)
  })

  test('a field that is none is refused with what was probably meant', async () => {
    const { code, stderr } = await shell.run('get', 'clusters', '--fields', 'name,lables.region')
    assert.equal(code, 1)
    assert.match(stderr, /'lables\.region' is not a field of a resource; did you mean 'labels\.region'\?/)
  })

  test('custom columns take keys, indexes, every item, and conditions by type or by a filter', async () => {
    const columns = [
      'NAME:.name',
      'APP:.labels.app\\.kubernetes\\.io/name',
      "DOT:.spec['a.b']",
      'ZONE:{.spec.nodes.zones[1]}',
      'LAST:.spec.nodes.zones[-1]',
      'ALL:.spec.nodes.zones[*]',
      'ZONES:.spec.nodes.zones',
      'READY:.status.conditions.Ready',
      'AVAIL:.status.conditions[?(@.type=="Available")].status',
      'TYPES:.status.conditions.type',
      'BARE:.labels.bare',
      'NODES:.spec.nodes.zones.a',
    ]
    const [titles, alpha, ...rest] = (await text(...NAMES, '-o', `custom-columns=${columns}`)).split('\n')
    assert.equal(titles, columns.map(column => column.split(':')[0]).join('\t'))
    assert.deepEqual(alpha?.split('\t'), [
      'alpha',
      'x',
      'dotted',
      'b',
      'b',
      'a,b',
      '["a","b"]',
      'True',
      'True',
      'Available,Ready,DnsSuccessful,ValidatorSuccessful',
      '',
      '<none>',
    ])
    assert.equal(rest.length, 3)
    // The same from whole resources.
    const named = await text('clusters', 'alpha', '-o', `custom-columns=${columns}`, '--no-headers')
    assert.equal(named, `${alpha}\n`)
  })

  test('custom columns show statuses, too', async () => {
    const columns =
      'ADAPTER:.adapter,GEN:.observed_generation,HEALTH:.conditions.Health.status,APPLIED:.conditions.Applied'
    assert.equal(
      await text('statuses', '--cluster', 'alpha', '-o', `custom-columns=${columns}`, '--no-headers'),
      'dns\t1\tTrue\tTrue\nvalidator\t1\tTrue\tTrue\n',
    )
  })

  test('templates print values of lists, of single items, and for each item of a range', async () => {
    assert.equal(await text(...NAMES, '-o', 'jsonpath={.items[*].name}'), 'alpha beta gamma')
    assert.equal(await text(...NAMES, '-o', 'jsonpath=.items[1].name'), 'beta')
    assert.equal(await text(...NAMES, '-o', 'jsonpath={.items[?(@.name=="beta")].generation}'), '1')
    assert.equal(await text(...NAMES, '-o', 'jsonpath={.total} of {.kind}{"\\n"}'), '3 of ClusterList\n')
    const range =
      '{range .items[*]}{.name}:{range .status.conditions[?(@.status=="True")]} {.type}{end}{"\\n"}{end}'
    assert.equal(
      await text(...NAMES, '-o', `jsonpath=${range}`),
      'alpha: Available Ready DnsSuccessful ValidatorSuccessful\nbeta:\ngamma:\n',
    )
    const one = (template: string) => text('cluster', 'alpha', '-o', `jsonpath=${template}`)
    assert.equal(await one('{.status.conditions[?(@.type=="Ready")].status}'), 'True')
    assert.equal(await one('{.spec.nodes}'), '{"count":3,"zones":["a","b"]}')
    assert.equal(await one('{.spec.nothing}'), '')
    assert.equal(await one("{.spec['a.b']}{'\\n'}"), 'dotted\n')
    assert.equal(await text('clusters', 'alpha', 'beta', '-o', 'jsonpath={.items[*].name}'), 'alpha beta')
    assert.equal(await text('clusters', '--search', "name='none'", '-o', 'jsonpath={.items[*].name}'), '')
  })

  test('--watch with columns of fields prints an item again only if they change', async () => {
    const { child, ended, line } = shell.start([
      'get',
      ...NAMES,
      '--watch',
      '--interval',
      '1',
      '-o',
      'custom-columns=NAME:.name,TIER:.labels.tier',
    ])
    await line('gamma\t<none>')
    const { items } = (await shell.client.list('/clusters', { search: "name='beta'" })).json
    await shell.client.patch(`/clusters/${items[0].id}`, { spec: {} })
    await shell.client.patch(`/clusters/${items[0].id}`, { labels: { tier: 'gold' } })
    await line('beta\tgold')
    child.kill('SIGINT')
    const { stdout } = await ended
    assert.equal(stdout, 'NAME\tTIER\nalpha\t<none>\nbeta\t<none>\ngamma\t<none>\nbeta\tgold\n')
  })
})
