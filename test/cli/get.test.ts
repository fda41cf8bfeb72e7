// `hyperfleet get` in a pipe, against a real server (contract, sections 7 and 8).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { UsageError } from '../../src/cli/command.ts'
import { readGetOptions } from '../../src/cli/get/options.ts'
import { report } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { BARE_MACHINE } from './bare-machine.ts'
import { type Shell, startShell } from './client-process.ts'

const POOLS = 2

test('an invalid command line of get is refused with a message that says what is allowed', () => {
  for (const [args, words] of [
    [[], /get needs a type: clusters or nodepools or statuses/],
    [['pods'], /get takes clusters or nodepools or statuses, not 'pods'/],
    [['clusters', '--limit', '0'], /--limit is '0': must be an integer from 1/],
    [['clusters', '--limit', '1e3'], /--limit is '1e3'/],
    [['clusters', '--limit'], /--limit has no value \(N\)/],
    [['clusters', '--limit', '--watch'], /--limit has no value/],
    [['clusters', '-o', 'xml'], /--output is 'xml': must be one of table, wide, json, yaml, name/],
    [['clusters', '-o'], /-o has no value/],
    [['clusters', '--serch', 'x'], /get has no flag --serch; did you mean --search\?/],
    [['clusters', '-x'], /get has no flag -x; 'hyperfleet get --help' lists/],
    [['clusters', '--watch=yes'], /--watch takes no value/],
    [['clusters', '--interval', '0'], /--interval is '0'/],
    [['clusters', '-l', 'a=b,'], /--selector is 'a=b,': '' must be KEY=VALUE/],
    [['clusters', '-l', 'a in (b'], /'a in \(b' must be/],
    [['clusters', '-l', 'a>5'], /'a>5' must be/],
    [
      ['clusters', '-l', 'app.kubernetes.io/name=x'],
      /uses the label 'app\.kubernetes\.io\/name': only keys of/,
    ],
    [['clusters', '-l', 'a=b', '--search', "name='x') or (name='y'"], /its parentheses are not balanced/],
    [['clusters', '-l', 'a=b', '--search', "(name='x'"], /its parentheses are not balanced/],
    [['statuses', '--cluster', 'a', '-l', 'a=b'], /statuses have no labels/],
    [['cluster', 'a', '-l', 'a=b'], /--selector applies to a whole list/],
    [['clusters', '--url', 'http://x'], /get has no flag --url; did you mean --server\?/],
    [['clusters', '--request-timeout', '0'], /--request-timeout is '0'/],
    [
      ['clusters', '--request-timeout', 'soon'],
      /--request-timeout is 'soon': must be a duration such as 60s/,
    ],
    [['clusters', '--cluster', 'a'], /get clusters takes no --cluster/],
    [['nodepools', '--nodepool', 'a'], /takes no --nodepool/],
    [['statuses'], /get statuses needs --cluster/],
    [['cluster', 'a', '--search', 'x'], /--search applies to a whole list/],
    [['cluster/a', 'nodepool/b'], /one type at a time/],
    [['cluster/a', 'b'], /TYPE NAME or TYPE\/NAME, not 'b'/],
    [['cluster/'], /not 'cluster\/'/],
    [['clusters', '--server', 'localhost:8000'], /--server is 'localhost:8000': must be an address such as/],
    [['clusters', '--server', 'http://u:secret@h'], /--server is 'http:\/\/\*\*\*@h'/],
  ] as const) {
    assert.throws(
      () => readGetOptions(args, BARE_MACHINE),
      error => {
        assert.ok(error instanceof UsageError, args.join(' '))
        assert.match(error.message, words)
        assert.doesNotMatch(error.message, /secret/)
        return true
      },
    )
  }
})

describe('hyperfleet get', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  let [alphaId, workersId] = ['', '']

  before(async () => {
    // A page has two items, so that longer lists are read page by page.
    shell = await startShell({
      HYPERFLEET_SERVER_PAGE_SIZE_MAX: '2',
      HYPERFLEET_SERVER_PAGE_SIZE_DEFAULT: '2',
    })
    const { client } = shell
    for (const name of ['alpha', 'beta', 'gamma', 'delta', 'epsilon']) {
      const { id } = await client.cluster(name, { labels: { env: name < 'c' ? 'prod' : 'dev' } })
      if (name === 'alpha') alphaId = id
      if (name < 'c')
        for (const pool of ['workers', `${name}-pool`].slice(0, POOLS)) {
          const made = await client.nodepool(id, pool)
          if (name === 'alpha' && pool === 'workers') workersId = made.id
        }
    }
    await client.post(`/clusters/${alphaId}/statuses`, report('dns', 'True', 1, '2026-01-01T00:00:00Z'))
    await client.post(`/clusters/${alphaId}/statuses`, report('api', 'False', 1, '2026-01-01T00:00:01Z'))
  })
  after(() => shell.stop())

  const lines = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await shell.run('get', ...args, '--no-headers')
    assert.deepEqual([code, stderr], [0, ''])
    return stdout.split('\n').slice(0, -1)
  }
  const names = async (...args: readonly string[]) => (await lines(...args)).map(line => line.split('\t')[0])

  test("contract 7.1, 7.2: all pages of a list are read, in the server's order", async () => {
    assert.deepEqual(await names('clusters'), ['epsilon', 'delta', 'gamma', 'beta', 'alpha'])
    assert.deepEqual(await names('clusters', '--order-by', 'name'), [
      'alpha',
      'beta',
      'delta',
      'epsilon',
      'gamma',
    ])
    assert.deepEqual(await names('clusters', '--order', 'name desc'), [
      'gamma',
      'epsilon',
      'delta',
      'beta',
      'alpha',
    ])
  })

  test('contract 7.2: --limit limits the items read', async () => {
    for (const [limit, count] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [5, 5],
      [99, 5],
    ] as const)
      assert.equal((await names('clusters', '--limit', String(limit))).length, count)
  })

  test('singular, plural and short names mean the same, in any case', async () => {
    const expected = await lines('clusters')
    for (const word of ['cluster', 'cl', 'Clusters']) assert.deepEqual(await lines(word), expected)
    assert.deepEqual(await lines('np'), await lines('nodepools'))
    assert.deepEqual(await lines('st', '--cluster', 'alpha'), await lines('statuses', '--cluster', alphaId))
  })

  test('a pipe gets the titles of the columns first, unless --no-headers is given', async () => {
    const titles = 'NAME\tREADY\tAVAILABLE\tGENERATION\tAGE'
    const { stdout } = await shell.run('get', 'clusters', '--order-by', 'name')
    assert.deepEqual(stdout.split('\n')[0], titles)
    assert.equal(stdout, `${titles}\n${(await lines('clusters', '--order-by', 'name')).join('\n')}\n`)
    assert.match((await shell.run('get', 'np', '-o', 'wide')).stdout, /^NAME\tCLUSTER\t.*\tID\tLABELS\n/)
    assert.match((await shell.run('get', 'st', '--cluster', 'alpha')).stdout, /^ADAPTER\tAVAILABLE\t/)
    assert.doesNotMatch((await shell.run('get', 'clusters', '-o', 'name')).stdout, /NAME/)
  })

  test('contract 8.5: a selector matches as in kubectl', async () => {
    for (const [selector, found] of [
      ['env=prod', ['alpha', 'beta']],
      ['env==dev', ['delta', 'epsilon', 'gamma']],
      ['env in (dev, prod),env!=dev', ['alpha', 'beta']],
      ['env notin (prod),!gone', ['delta', 'epsilon', 'gamma']],
      ['gone', []],
      ['gone!=x,env', ['alpha', 'beta', 'delta', 'epsilon', 'gamma']],
    ] as const) {
      const { stdout } = await shell.run(
        'get',
        'clusters',
        '-l',
        selector,
        '-o',
        'name',
        '--order-by',
        'name',
      )
      assert.deepEqual(
        stdout.split('\n').slice(0, -1),
        found.map(name => `cluster/${name}`),
        selector,
      )
    }
    assert.deepEqual(
      await names('clusters', '-l', 'env=prod', '--search', "name = 'beta' or name = 'gamma'"),
      ['beta'],
    )
    assert.deepEqual(await lines('np', '-l', 'env', '-o', 'name'), [])
  })

  test('a pipe gets a tab-separated line for each item, with times instead of ages', async () => {
    const [line = ''] = await lines('cluster', 'alpha')
    const [name, ready, available, generation, time = ''] = line.split('\t')
    assert.deepEqual([name, ready, available, generation], ['alpha', 'False', 'False', '1'])
    assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    const [wide = ''] = await lines('cluster', alphaId, '-o', 'wide')
    assert.deepEqual(wide.split('\t').slice(6), ['-', '1/2', alphaId, 'env=prod'])
  })

  test('contract 8.2: a search is sent as given, and quotes in names are escaped', async () => {
    assert.deepEqual(await names('clusters', '--search', "labels.env = 'prod'"), ['beta', 'alpha'])
    const { code, stderr } = await shell.run('get', 'clusters', "x' or name = 'alpha")
    assert.equal(code, 3)
    assert.match(stderr, /there is no cluster 'x' or name = 'alpha'/)
  })

  test('nodepools show the name of their cluster, also in the list of one cluster', async () => {
    const rows = (await lines('nodepools', '--order-by', 'name')).map(line => line.split('\t').slice(0, 2))
    assert.deepEqual(rows, [
      ['alpha-pool', 'alpha'],
      ['beta-pool', 'beta'],
      ['workers', 'alpha'],
      ['workers', 'beta'],
    ])
    assert.deepEqual(await names('nodepools', '--cluster', 'beta', '--order-by', 'name'), [
      'beta-pool',
      'workers',
    ])
  })

  test('a nodepool is named by id, by CLUSTER/NAME, or by a unique name', async () => {
    for (const args of [
      ['np', workersId],
      ['np', 'alpha/workers'],
      ['np', 'workers', '--cluster', 'alpha'],
      ['nodepool/alpha/workers'],
      [`nodepool/${workersId}`],
    ])
      assert.deepEqual(await lines(...args, '-o', 'name'), ['nodepool/alpha/workers'], args.join(' '))
    assert.deepEqual(await lines('np', 'alpha-pool', '-o', 'name'), ['nodepool/alpha/alpha-pool'])
  })

  test('contract 3.2, 4.2: an id has precedence over an equal name of another cluster', async () => {
    await shell.client.cluster(workersId)
    const { id } = await shell.client.cluster(alphaId)
    assert.deepEqual(await lines('cluster', alphaId, '-o', 'name'), ['cluster/alpha'])
    assert.deepEqual(await lines('cluster', workersId, '-o', 'name'), [`cluster/${workersId}`])
    assert.deepEqual(await lines('cluster', id, '-o', 'name'), [`cluster/${alphaId}`])
  })

  test('a name of nodepools in several clusters is refused, with all of them', async () => {
    const { code, stdout, stderr } = await shell.run('get', 'np', 'workers')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /there are several nodepools 'workers'/)
    for (const name of ['alpha/workers', 'beta/workers']) assert.ok(stderr.includes(`  ${name}  2`), stderr)
  })

  test('contract 7.6: statuses of a cluster, all or those of named adapters', async () => {
    const rows = (await lines('statuses', '--cluster', 'alpha')).map(line => line.split('\t'))
    assert.deepEqual(
      rows.map(row => row.slice(0, 5)),
      [
        ['dns', 'True', 'True', 'True', '1'],
        ['api', 'False', 'True', 'True', '1'],
      ],
    )
    assert.deepEqual(await lines('statuses', 'api', '--cluster', 'alpha', '-o', 'name'), ['status/api'])
    const { code, stderr } = await shell.run('get', 'statuses', 'api', 'nope', '--cluster', 'alpha')
    assert.equal(code, 3)
    assert.match(stderr, /no status of 'nope'/)
    assert.equal(
      (await shell.run('get', 'statuses', '--nodepool', 'alpha/workers')).stderr,
      'no statuses found\n',
    )
  })

  test('contract 7.1: JSON and YAML print a list in its envelope, and a single named item alone', async () => {
    const search = 'labels.env is not null'
    const list = JSON.parse((await shell.run('get', 'clusters', '--search', search, '-o', 'json')).stdout)
    assert.deepEqual(
      [list.kind, list.page, list.size, list.total, list.items.length],
      ['ClusterList', 1, 5, 5, 5],
    )
    const one = (await shell.client.get(`/clusters/${alphaId}`)).json
    assert.deepEqual(JSON.parse((await shell.run('get', 'cluster', 'alpha', '-o', 'json')).stdout), one)
    assert.deepEqual(parse((await shell.run('get', 'cluster', 'alpha', '-o', 'yaml')).stdout), one)
    const none = await shell.run('get', 'clusters', '--search', "name = 'none'", '-o', 'json')
    assert.deepEqual(JSON.parse(none.stdout), { kind: 'ClusterList', page: 1, size: 0, total: 0, items: [] })
  })

  test('an invalid command line ends with 2 before anything is sent', async () => {
    const { code, stdout, stderr } = await shell.run('get', 'clusters', '--serch', 'x')
    assert.deepEqual(
      [code, stdout, stderr],
      [2, '', 'hyperfleet: get has no flag --serch; did you mean --search?\n'],
    )
  })

  test('missing resources are reported, with their own exit code', async () => {
    for (const args of [
      ['cluster', 'nope'],
      ['np', 'nope'],
      ['np', 'nope', '--cluster', 'alpha'],
      ['np', 'nope/workers'],
    ]) {
      const { code, stdout, stderr } = await shell.run('get', ...args)
      assert.deepEqual([code, stdout], [3, ''], args.join(' '))
      assert.match(stderr, /^hyperfleet: there is no (cluster|nodepool) 'nope'/)
    }
    const empty = await shell.run('get', 'clusters', '--search', "name = 'none'")
    assert.deepEqual([empty.code, empty.stdout, empty.stderr], [0, '', 'no clusters found\n'])
  })

  test('contract 8.10: a refused search is marked at the fault', async () => {
    const { code, stdout, stderr } = await shell.run(
      'get',
      'clusters',
      '--search',
      "  name = 'x' and nme = 'y'",
    )
    assert.deepEqual([code, stdout], [1, ''])
    const told = stderr.split('\n')
    assert.equal(
      told[0],
      'hyperfleet: the server refuses: Bad Request (HYPERFLEET-VAL-005): nme is not a valid field name',
    )
    assert.match(told[1] ?? '', /^ {2}search: .*did you mean 'name'/)
    assert.equal(told[2], "    name = 'x' and nme = 'y'")
    assert.equal(told[3], `    ${' '.repeat(15)}^`)
  })

  test('a reader that goes away ends it silently', async () => {
    const { child, ended } = shell.start(['get', 'clusters', '--watch', '--interval', '1'])
    child.stdout?.destroy()
    await shell.client.cluster('zeta')
    const { code, stderr } = await ended
    assert.deepEqual([code, stderr], [0, ''])
  })
})
