// `hyperfleet apply` and `label`, and documents copied between servers, against a real server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { type Shell, startShell } from './client-process.ts'

const FLEET = `
kind: Cluster
name: applied
labels: {env: prod, tier: gold}
spec: {size: 1.50, big: 12345678901234567890}
---
kind: NodePool
name: workers
cluster: applied
spec: {replicas: 3}
`

describe('the commands that establish a state', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let shell: Shell
  before(async () => {
    shell = await startShell()
  })
  after(() => shell.stop())

  const apply = (text: string, ...args: readonly string[]) => shell.feed(text, 'apply', '-f', '-', ...args)
  const served = async (name: string) =>
    JSON.parse((await shell.run('get', 'cluster', name, '-o', 'json')).stdout)

  test('contract 3.5: apply creates, leaves alone what is so already, and changes what differs', async () => {
    const first = await apply(FLEET)
    assert.deepEqual(
      [first.code, first.stdout, first.stderr],
      [0, 'cluster/applied created\nnodepool/applied/workers created\n', ''],
    )
    // The server compares numbers by value and ignores the order of members.
    const again = await apply(FLEET.replace('{size: 1.50, big:', '{size: 15e-1, big:'))
    assert.deepEqual(
      [again.code, again.stdout],
      [0, 'cluster/applied unchanged\nnodepool/applied/workers unchanged\n'],
    )
    const changed = await apply(FLEET.replace('7890}', '7891}'))
    assert.equal(changed.stdout, 'cluster/applied configured\nnodepool/applied/workers unchanged\n')
    assert.equal((await served('applied')).generation, 2)
  })

  test('contract 4.5: what a document leaves out stays, and what it has replaces all of it', async () => {
    await apply('kind: Cluster\nname: partly\nlabels: {a: b}\nspec: {x: 1}\n')
    assert.equal(
      (await apply('kind: Cluster\nname: partly\nspec: {y: 2}\n')).stdout,
      'cluster/partly configured\n',
    )
    const { labels, spec } = await served('partly')
    assert.deepEqual([labels, spec], [{ a: 'b' }, { y: 2 }])
    await apply('kind: Cluster\nname: partly\nlabels: {}\n')
    assert.equal((await served('partly')).labels?.a, undefined)
  })

  test('apply takes what get prints, and tells of each document that is refused', async () => {
    await apply(FLEET)
    const yaml = (await shell.run('get', 'cluster', 'applied', '-o', 'yaml')).stdout
    const same = await apply(yaml, '-o', 'name')
    assert.deepEqual([same.code, same.stdout], [0, 'cluster/applied\n'])
    assert.match(same.stderr, /^ignored members that the server sets: id, href, /)
    const mixed = await apply(`kind: Cluster\nname: X\nspec: {}\n---\n${FLEET}`)
    assert.equal(mixed.code, 1)
    assert.match(mixed.stderr, /document 1: the server refuses/)
    assert.match(mixed.stdout, /^cluster\/applied /)
    for (const args of [[], ['cluster', 'a'], ['-f', '-', 'x']])
      assert.equal((await shell.feed('', 'apply', ...args)).code, 2)
  })

  test('what get prints of clusters and nodepools can be created elsewhere, each nodepool in the copy of its cluster', async () => {
    await apply(FLEET)
    const { stdout: clusters } = await shell.run('get', 'cluster', 'applied', '-o', 'yaml')
    const { stdout: nodepools } = await shell.run('get', 'np', '--cluster', 'applied', '-o', 'json')
    const copies = [clusters.replace('name: applied', 'name: copied'), nodepools].join('\n---\n')
    const { code, stdout, stderr } = await shell.feed(copies, 'create', '-f', '-', '-o', 'name')
    assert.deepEqual([code, stdout], [0, 'cluster/copied\nnodepool/copied/workers\n'], stderr)
    assert.equal(
      stderr,
      'ignored members that the server sets: id, href, owner_references, generation, created_time, updated_time, created_by, updated_by, status\n',
    )
    const copy = await served('copied')
    assert.deepEqual([copy.generation, copy.labels], [1, { env: 'prod', tier: 'gold' }])
  })

  test('label sets and removes single labels, and changes none that is there unless it is told to', async () => {
    const { id } = await shell.client.cluster('labelled', { labels: { a: '1', b: '2' }, spec: { x: 1 } })
    await shell.client.nodepool(id, 'workers')
    const set = await shell.run('label', 'cluster', 'labelled', 'c=3=4', 'd=', 'a-', 'b=2')
    assert.deepEqual([set.code, set.stdout, set.stderr], [0, 'cluster/labelled labeled\n', ''])
    assert.deepEqual((await served('labelled')).labels, { b: '2', c: '3=4', d: '' })
    const kept = await shell.run('label', 'cluster', id, 'b=9', 'e=5')
    assert.deepEqual([kept.code, kept.stdout], [1, ''])
    assert.match(
      kept.stderr,
      /cluster\/labelled is unchanged: the label 'b' is already '2'; --overwrite changes it/,
    )
    const overwritten = await shell.run('label', 'cluster/labelled', 'b=9', 'zz-', '--overwrite')
    assert.deepEqual([overwritten.code, overwritten.stderr], [0, "cluster/labelled has no label 'zz'\n"])
    assert.equal(
      (await shell.run('label', 'cluster', 'labelled', 'b=9')).stdout,
      'cluster/labelled not labeled: nothing to change\n',
    )
    const { labels, spec, generation } = await served('labelled')
    assert.deepEqual([labels, spec, generation], [{ b: '9', c: '3=4', d: '' }, { x: 1 }, 1])
    const pool = await shell.run('label', 'np', 'workers', 'role=w', '--cluster', 'labelled', '-o', 'yaml')
    assert.deepEqual(parse(pool.stdout).labels, { role: 'w' })
  })

  test('an invalid command line of label is refused, and nothing is changed', async () => {
    for (const [args, code, words] of [
      [['cluster', 'labelled'], 2, /label takes KEY=VALUE to set a label, or KEY- to remove one/],
      [['cluster', 'a=b'], 2, /label which of the clusters/],
      [['cluster', 'labelled', '=b'], 2, /'=b' is not a label/],
      [['cluster', 'labelled', 'a=b', 'a-'], 2, /the label 'a' is given twice/],
      [['cluster', 'labelled', 'nope', 'new=1'], 3, /there is no cluster 'nope'/],
    ] as const) {
      const ended = await shell.run('label', ...args)
      assert.equal(ended.code, code, ended.stderr)
      assert.match(ended.stderr, words)
    }
    assert.equal((await served('labelled')).labels.new, undefined)
  })
})
