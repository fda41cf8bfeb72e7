// `hyperfleet export` and `hyperfleet import` as users run them.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { report } from '../harness/client.ts'
import { fill, place, serve } from './folder-process.ts'
import { runProgram, startProgram } from './program.ts'

const PROGRAM = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

test('contract 3.8: export, import and export again give the same bytes, of a running server and a stopped one', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  const first = join(folder, 'first.jsonl')
  await fill(data, 20)
  const { server, client } = await serve(t, data)
  const { id } = await client.cluster('awkward', { labels: { '10': 'a', '9': 'b' } })
  const spec = '{\n  "big": 12345678901234567890,\r\n  "minus": -0, "text": "\\ud800\\n"\n}'
  assert.equal((await client.patch(`/clusters/${id}`, `{"spec":${spec}}`)).status, 200)
  await client.post(`/clusters/${id}/statuses`, report('dns', 'True', 2, '2026-01-01T00:00:00.123456Z'))
  const running = await runProgram('export', '--output', first, '--storage-path', data)
  assert.equal(running.code, 0, running.output)
  assert.match(running.output, /^exported 21 clusters, 20 nodepools and 1 status in [\d.]+ s$/m)
  const shown = (await client.get(`/clusters/${id}`)).text
  await server.kill()
  const stopped = await runProgram('export', '-o', join(folder, 'stopped.jsonl'), '--storage-path', data)
  assert.equal(stopped.code, 0, stopped.output)
  const text = readFileSync(first, 'utf8')
  assert.equal(readFileSync(join(folder, 'stopped.jsonl'), 'utf8'), text)

  const again = join(folder, 'again')
  const imported = await runProgram('import', first, '--storage-path', again)
  assert.equal(imported.code, 0, imported.output)
  assert.match(
    imported.output,
    /^imported 21 clusters, 20 nodepools and 1 status from .*first.jsonl to .*again in/m,
  )
  const second = await runProgram('export', '-o', join(folder, 'second.jsonl'), '--storage-path', again)
  assert.equal(second.code, 0, second.output)
  assert.equal(readFileSync(join(folder, 'second.jsonl'), 'utf8'), text)
  const served = await serve(t, again)
  assert.equal((await served.client.get(`/clusters/${id}`)).text, shown.replace(/[\n\r]/g, ' '))
  assert.deepEqual(readdirSync(folder).sort(), [
    'again',
    'data',
    'first.jsonl',
    'second.jsonl',
    'stopped.jsonl',
  ])
})

test('export writes to standard output, and import reads standard input', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 5)
  const exporting = spawn(process.execPath, [PROGRAM, 'export', '--storage-path', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const importing = spawn(process.execPath, [PROGRAM, 'import', '--storage-path', join(folder, 'again')], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  exporting.stdout.pipe(importing.stdin)
  assert.deepEqual(await once(importing, 'exit'), [0, null])
  const digests = await Promise.all(
    ['data', 'again'].map(
      async name => /sha256:\w+/.exec((await runProgram('verify', join(folder, name))).output)?.[0],
    ),
  )
  assert.notEqual(digests[0], undefined)
  assert.equal(digests[0], digests[1])
})

test('an import with refused lines reports each of them, and keeps nothing', async t => {
  const folder = await place(t)
  await fill(join(folder, 'data'), 3)
  const file = join(folder, 'export.jsonl')
  assert.equal((await runProgram('export', '-o', file, '--storage-path', join(folder, 'data'))).code, 0)
  const bad = readFileSync(file, 'utf8').replace('"generation":1', '"generation":0').replace('filled-2', 'F')
  writeFileSync(file, bad)
  const again = join(folder, 'again')
  const { code, output } = await runProgram('import', file, '--storage-path', again)
  assert.equal(code, 1)
  assert.match(output, /^line \d: document\.generation must be >= 1$/m)
  assert.match(output, /^line \d: name must match pattern/m)
  assert.match(output, /^hyperfleet: nothing was imported; --skip-refused imports the rest$/m)
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'export.jsonl'])
  const skipped = await runProgram('import', file, '--skip-refused', '--storage-path', again)
  assert.equal(skipped.code, 0, skipped.output)
  // Each of the two clusters is refused together with its nodepool.
  assert.match(skipped.output, /^4 lines are refused$/m)
  assert.match(skipped.output, /^imported 1 cluster, 1 nodepool and 0 statuses/m)
  assert.equal((await runProgram('verify', again)).code, 0)
})

test('obstacles to an export or an import are reported', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 1)
  const file = join(folder, 'file')
  writeFileSync(file, 'x')
  const cases: readonly (readonly [readonly string[], RegExp, number?])[] = [
    [['export', 'file'], /takes no names, not 'file'/, 2],
    [['export', '-o', file, '--storage-path', data], /file already exists: choose another/],
    [
      ['export', '-o', join(folder, 'none', 'file'), '--storage-path', data],
      /the folder .*none does not exist: create it first/,
    ],
    [['export', '--storage-path', join(folder, 'none')], /there is no folder .*none/],
    [['import', 'a', 'b'], /takes at most one file, not 'a b'/, 2],
    [['import', file, '--storage-path', data], /data already exists and is not an empty folder/],
    [['import', join(folder, 'none'), '--storage-path', join(folder, 'new')], /none cannot be read: ENOENT/],
    [['import', file, '--output', 'x', '--storage-path', join(folder, 'new')], /output/, 2],
  ]
  for (const [args, words, expected = 1] of cases) {
    const { code, output } = await runProgram(...args)
    assert.equal(code, expected, `${args.join(' ')}: ${output}`)
    assert.match(output, words)
  }
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'file'])
})

test('Ctrl-C ends an import that waits for its input, and takes what it has written away', async t => {
  const folder = await place(t)
  const importing = spawn(process.execPath, [PROGRAM, 'import', '--storage-path', join(folder, 'data')], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  importing.stderr.on('data', chunk => {
    said += chunk
  })
  while (readdirSync(folder).length === 0) await new Promise(resolve => setTimeout(resolve, 10))
  importing.kill('SIGINT')
  assert.deepEqual(await once(importing, 'exit'), [130, null])
  assert.match(said, /interrupted: nothing was changed/)
  assert.deepEqual(readdirSync(folder), [])
})

test('an export to a reader that goes away ends, and that is no error', async t => {
  const folder = await place(t)
  await fill(join(folder, 'data'), 100, 20_000)
  const program = startProgram('export', '--storage-path', join(folder, 'data'))
  program.process.stdout?.once('data', () => program.process.stdout?.destroy())
  const { code } = await program.ended
  assert.equal(code, 0)
})
