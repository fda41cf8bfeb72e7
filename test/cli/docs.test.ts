// `hyperfleet docs` and `hyperfleet version` as users run them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chooseTransport } from '../../src/http/transport/load.ts'
import { runCommand } from '../harness/command-process.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

const run = (...args: readonly string[]) => runCommand(args, {}).ended

test('docs lists every page with a summary, and prints each as it is', async () => {
  const { code, stdout } = await run('docs')
  assert.equal(code, 0)
  const topics = [...stdout.matchAll(/^ {2}([\w-]+) +\S/gm)].map(([, name = '']) => name)
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md'))
    .map(path => basename(path, '.md').toLowerCase())
  assert.deepEqual(topics.toSorted(), pages.toSorted())
  for (const [topic, path] of [
    ['runbook', 'docs/guide/runbook.md'],
    ['Errors.md', 'docs/errors.md'],
    ['readme', 'README.md'],
  ] as const)
    assert.equal((await run('docs', topic)).stdout, readFileSync(join(ROOT, path), 'utf8'))
})

test('an unknown topic is refused with a suggestion', async () => {
  const { code, stderr } = await run('docs', 'runbok')
  assert.equal(code, 2)
  assert.match(stderr, /no topic runbok: did you mean runbook\?/)
  assert.match((await run('docs', '../package')).stderr, /no topic/)
  assert.equal((await run('docs', 'errors', 'search')).code, 2)
})

test('a reader that goes away ends docs silently', {
  skip: process.platform === 'win32' ? 'there is no shell for this' : false,
}, () => {
  const pipe = `'${process.execPath}' '${COMMAND}' docs errors | true`
  assert.equal(spawnSync('sh', ['-c', pipe], { encoding: 'utf8' }).stderr, '')
})

test('version names what was built, of which commit, and what it runs on', async () => {
  const { code, stdout } = await run('version')
  assert.equal(code, 0)
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [first, commit, built, engine, node, ...rest] = stdout.split('\n')
  assert.equal(first, `hyperfleet ${version}`)
  assert.match(commit ?? '', /^commit {5}\S+$/)
  assert.match(built ?? '', /^built {6}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  const isNative = chooseTransport('auto').engine === 'uws'
  assert.match(engine ?? '', isNative ? /^engine {5}uWebSockets\.js \d+\.\d+\.\d+$/ : /^engine {5}node:http/)
  assert.equal(node, `Node       ${process.version}`)
  assert.deepEqual(rest, [''])
  for (const flag of ['--version', '-v'])
    assert.deepEqual(await run(flag), { code: 0, stdout: `${first}\n`, stderr: '' })
})
