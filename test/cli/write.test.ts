// `hyperfleet create`, `patch` and `report` against a real server (contract, sections 3 to 5).
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'

const EXACT = '{"big":12345678901234567890,"zero":-0,"huge":1e400,"same":1.50}'

describe('the commands that write', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
  })
  after(() => shell.stop())

  const served = async (id: string) => (await shell.client.get(`/clusters/${id}`)).text
  const idOf = (text: string) => /2[0-9a-z]{26}/.exec(text)?.[0] ?? ''

  async function written(name: string, text: string): Promise<string> {
    await writeFile(join(shell.home, name), text)
    return name
  }

  test('contract 4.1: a cluster and its nodepool are created from flags', async () => {
    const made = await shell.run(
      'create',
      'cluster',
      'flagged',
      '--label',
      'a=b=c',
      '--label',
      'e=',
      '--spec',
      '{x: [1]}',
    )
    assert.deepEqual([made.code, made.stderr], [0, ''])
    assert.match(made.stdout, /^created cluster\/flagged with id 2[0-9a-z]{26}\n$/)
    const { labels, spec } = JSON.parse(await served(idOf(made.stdout)))
    assert.deepEqual([labels, spec], [{ a: 'b=c', e: '' }, { x: [1] }])
    const pool = await shell.run('create', 'np', 'workers', '--cluster', 'flagged', '-o', 'name')
    assert.deepEqual([pool.code, pool.stdout], [0, 'nodepool/flagged/workers\n'])
    const json = JSON.parse((await shell.run('get', pool.stdout.trim(), '-o', 'json')).stdout)
    assert.deepEqual([json.kind, json.spec], ['NodePool', {}])
  })

  test('contract 3.8: resources created from JSON, YAML or a flag keep every number as written', async () => {
    const yaml =
      'kind: Cluster\nname: exact-yaml\nspec:\n  big: 12345678901234567890\n  zero: -0\n  huge: 1e400\n  same: 1.50\n'
    for (const [name, args] of [
      ['exact-flag', ['create', 'cluster', 'exact-flag', '--spec', EXACT]],
      ['exact-file', ['create', 'cluster', 'exact-file', '--spec', `@${await written('spec.json', EXACT)}`]],
      ['exact-yaml', ['create', '-f', await written('exact.yaml', yaml)]],
      [
        'exact-json',
        [
          'create',
          '-f',
          await written('exact.json', `\ufeff{"kind":"Cluster","name":"exact-json","spec":${EXACT}}`),
        ],
      ],
    ] as const) {
      const { code, stdout, stderr } = await shell.run(...args)
      assert.equal(code, 0, stderr)
      assert.ok((await served(idOf(stdout))).includes(`"spec":${EXACT}`), name)
      const shown = (await shell.run('get', 'cluster', name, '-o', 'json')).stdout
      assert.equal(/"spec": ([^}]*})/.exec(shown)?.[1]?.replace(/\s/g, ''), EXACT)
      const asYaml = (await shell.run('get', 'cluster', name, '-o', 'yaml')).stdout
      assert.match(asYaml, / {2}big: 12345678901234567890\n {2}zero: -0\n {2}huge: 1e400\n {2}same: 1.50\n/)
    }
  })

  test('several documents are created in order, nodepools in the clusters that they name', async () => {
    const yaml = `
kind: Cluster
name: many-one
spec: {}
---
# nothing but a comment
---
kind: NodePool
name: by-name
cluster: many-one
spec: {replicas: 3}
---
{"kind": "NodePool", "name": "by-flag", "spec": {}}
`
    const { code, stdout, stderr } = await shell.feed(
      yaml,
      'create',
      '-f',
      '-',
      '--cluster',
      'many-one',
      '-o',
      'name',
    )
    assert.deepEqual([code, stderr], [0, ''])
    assert.equal(stdout, 'cluster/many-one\nnodepool/many-one/by-name\nnodepool/many-one/by-flag\n')
    const list = await shell.run('get', 'nodepools', '--cluster', 'many-one', '-o', 'yaml')
    const again = list.stdout
      .replaceAll(/^ {2}- kind/gm, '  - x: 1\n    kind')
      .replaceAll(/name: by/g, 'name: to')
    const copied = await shell.feed(again, 'create', '-f', '-', '-o', 'name')
    assert.deepEqual([copied.code, copied.stdout.split('\n').length], [0, 3], copied.stderr)
    assert.match(
      copied.stderr,
      /^ignored members that the server sets: id, href, owner_references, generation, /,
    )
  })

  test('a refused document is reported, and the others are still created', async () => {
    const yaml = 'kind: Cluster\nname: X\nspec: {}\n---\nkind: Cluster\nname: goes-on\nspec: {}\n'
    const { code, stdout, stderr } = await shell.feed(yaml, 'create', '-f', '-')
    assert.equal(code, 1)
    assert.match(stdout, /^created cluster\/goes-on /)
    assert.match(stderr, /^hyperfleet: standard input, document 1: the server refuses: .*HYPERFLEET-VAL-000/)
    assert.match(stderr, /^ {2}name: must match pattern/m)
  })

  test('contract 4.3: a name that is taken has its own exit code', async () => {
    await shell.run('create', 'cluster', 'taken')
    const { code, stderr } = await shell.run('create', 'cluster', 'taken')
    assert.equal(code, 4)
    assert.match(
      stderr,
      /Resource Conflict \(HYPERFLEET-CNF-001\): A cluster with the name 'taken' already exists/,
    )
  })

  test('invalid documents are refused with the position, and nothing is created', async () => {
    for (const [text, words] of [
      ['', /standard input contains no document/],
      ['kind: Cluster\n\tname: x', /standard input:2:1: neither YAML nor JSON/],
      ['{"kind": "Cluster"', /standard input:1:\d+: neither YAML nor JSON/],
      ['kind: Cluster\nkind: Cluster\n', /standard input:2:1: .*unique/],
      ['kind: Pod\nname: x', /has an unknown kind: must be Cluster or NodePool/],
      ['just text', /has an unknown kind/],
      ['[1]', /has an unknown kind/],
      ['kind: NodePool\nname: x\nspec: {}', /names no cluster: use --cluster/],
      ['kind: Cluster\nname: wrong-number\nspec: {a: .inf}', /Infinity cannot be expressed in JSON/],
      ['kind: Cluster\nname: first\nspec: {}\n---\nkind: Nope', /document 2 has an unknown kind/],
      ['\xff\xfe', /is not valid UTF-8|has an unknown kind/],
    ] as const) {
      const { code, stdout, stderr } = await shell.feed(text, 'create', '-f', '-')
      assert.deepEqual([code, stdout], [2, ''], `${text}: ${stderr}`)
      assert.match(stderr, words)
    }
    assert.equal((await shell.run('get', 'cluster', 'first')).code, 3)
    const fault = await shell.run('create', '-f', await written('fault.json', '{\n  "kind": Cluster\n}'))
    assert.equal(fault.code, 2)
    assert.match(fault.stderr, /fault\.json:2:11: expected a value, found 'C'/)
  })

  test('an invalid command line of create is refused', async () => {
    for (const [args, words] of [
      [[], /create needs a type/],
      [['cluster'], /takes one name, or documents with -f/],
      [['cluster', 'a', 'b'], /takes one name, not 'a b'/],
      [['status', 'a'], /takes clusters or nodepools, not 'status'/],
      [['np', 'workers'], /names no cluster/],
      [['cluster', 'aaa', '--cluster', 'b'], /takes no --cluster/],
      [['cluster', 'aaa', '--label', 'x'], /--label is 'x': must be KEY=VALUE/],
      [['cluster', 'aaa', '--spec', '{'], /--spec:1:\d+: neither YAML nor JSON/],
      [['cluster', 'aaa', '--spec', ''], /--spec must contain one document, not none/],
      [['cluster', 'aaa', '--spec', '@nope.json'], /nope\.json cannot be read: ENOENT/],
      [['-f', 'nope.yaml'], /nope\.yaml cannot be read: ENOENT/],
      [['-f', '.'], /cannot be read: EISDIR/],
      [['-f', '-', '-f', '-'], /-f - may be given once/],
      [['cluster', 'aaa', '-f', 'x'], /not both/],
    ] as const) {
      const { code, stderr } = await shell.feed('', 'create', ...args)
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`)
      assert.match(stderr, words)
    }
    const elsewhere = await shell.run('create', 'np', 'workers', '--cluster', 'nope')
    assert.equal(elsewhere.code, 3)
    const bare = await shell.run('create', 'cluster', 'not-an-object', '--spec', '5')
    assert.deepEqual([bare.code, /spec: must be object/.test(bare.stderr)], [1, true], bare.stderr)
  })

  test('contract 3.5, 4.5: patch replaces spec and labels, and says if nothing changes', async () => {
    const { id } = await shell.client.cluster('patched', { spec: { a: 1 }, labels: { x: 'y' } })
    await shell.client.nodepool(id, 'workers')
    const first = await shell.run('patch', 'cluster', 'patched', '-p', '{spec: {b: 12345678901234567890}}')
    assert.deepEqual([first.code, first.stdout], [0, 'patched cluster/patched, generation 2\n'])
    assert.match(await served(id), /"spec":{"b":12345678901234567890},"labels":{"x":"y"}/)
    const same = await shell.feed(
      '{"spec": {"b": 12345678901234567890}}',
      'patch',
      `cluster/${id}`,
      '-f',
      '-',
    )
    assert.equal(same.stdout, 'nothing to change in cluster/patched, generation 2\n')
    const pool = await shell.run(
      'patch',
      'np',
      'patched/workers',
      '-p',
      '{"labels":{"role":"w"}}',
      '-o',
      'json',
    )
    assert.deepEqual(JSON.parse(pool.stdout).labels, { role: 'w' })
  })

  test('contract 4.5: an invalid change is refused', async () => {
    await shell.client.cluster('unpatched')
    for (const [args, code, words] of [
      [['cluster', 'unpatched'], 2, /takes the change with -p or with -f/],
      [['cluster', 'unpatched', '-p', '{}', '-f', 'x'], 2, /-p or with -f/],
      [['cluster', '-p', '{}'], 2, /patch takes one name or id/],
      [['cluster', 'unpatched', '-p', '{'], 2, /--patch:1:/],
      [['cluster', 'unpatched', '-p', '{"name": "other"}'], 1, /^ {2}name: /m],
      [['cluster', 'unpatched', '-p', '[1,2]'], 2, /one document, not several/],
      [['cluster', 'unpatched', '-p', '5'], 1, /HYPERFLEET-VAL-006/],
      [['cluster', 'nope', '-p', '{}'], 3, /there is no cluster 'nope'/],
    ] as const) {
      const ended = await shell.run('patch', ...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, words)
    }
  })

  const conditions = [
    '--condition',
    'Available=True:Fine:it: works',
    '--condition',
    'Applied=True',
    '--condition',
    'Health=True',
  ]

  test('contract 5.4: report sends conditions with reason and message, data, and the current generation', async () => {
    const { id } = await shell.client.cluster('reported', { spec: { a: 1 } })
    await shell.client.patch(`/clusters/${id}`, { spec: { a: 2 } })
    const { code, stdout, stderr } = await shell.run(
      'report',
      'cluster',
      'reported',
      '--adapter',
      'dns',
      ...conditions,
      '--data',
      '{n: 1e400}',
    )
    assert.deepEqual([code, stdout, stderr], [0, 'reported dns for cluster/reported at generation 2\n', ''])
    const { text, json } = await shell.client.get(`/clusters/${id}/statuses`)
    const [status] = json.items
    const { type, reason, message } = status.conditions[0]
    assert.deepEqual([type, reason, message], ['Available', 'Fine', 'it: works'])
    assert.equal(status.observed_generation, 2)
    assert.match(text, /"data":{"n":1e400}/)
    assert.match((await shell.run('get', 'cluster', 'reported')).stdout, /^reported\tTrue\tTrue\t2\t/m)
  })

  test('contract 5.3: a discarded report is announced, and is not a failure', async () => {
    await shell.client.cluster('kept')
    const args = ['report', 'cluster/kept', '--adapter', 'dns', ...conditions]
    const ahead = await shell.run(...args, '--generation', '9')
    assert.deepEqual([ahead.code, ahead.stdout], [0, ''])
    assert.match(ahead.stderr, /^discarded: the report of dns for cluster\/kept at generation 9; /)
    const nodepool = await shell.client.nodepool((await shell.client.cluster('kept-two')).id, 'workers')
    const pool = await shell.run('report', 'np', nodepool.id, '--adapter', 'dns', ...conditions, '-o', 'json')
    assert.equal(JSON.parse(pool.stdout).adapter, 'dns')
  })

  test('contract 5.1, 5.2: an invalid report is refused', async () => {
    await shell.client.cluster('unreported')
    const to = ['report', 'cluster', 'unreported']
    for (const [args, code, words] of [
      [[...to, ...conditions], 2, /report needs --adapter/],
      [[...to, '--adapter', 'dns'], 2, /report needs --condition/],
      [
        [...to, '--adapter', 'dns', '--condition', 'Available'],
        2,
        /--condition is 'Available': must be TYPE=STATUS/,
      ],
      [[...to, '--adapter', 'dns', '--condition', 'Available=true'], 2, /status of True, False or Unknown/],
      [[...to, '--adapter', 'dns', '--condition', 'Available=True'], 1, /Applied is missing/],
      [[...to, '--adapter', 'dns-', ...conditions], 1, /^ {2}adapter: /m],
      [[...to, '--adapter', 'dns', ...conditions, '--generation', '0'], 2, /--generation is '0'/],
      [[...to, '--adapter', 'dns', ...conditions, '--observed-time', 'now'], 1, /observed_time/],
      [[...to, '--adapter', 'dns', ...conditions, '--data', '[1]'], 1, /data/],
      [['report', 'status', 'x', '--adapter', 'dns', ...conditions], 2, /takes clusters or nodepools/],
    ] as const) {
      const ended = await shell.run(...args)
      assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
      assert.match(ended.stderr, words)
    }
  })
})
