// The output of the log: nothing waits for it, nothing is lost that can be written, and lost lines are counted.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger } from '../../src/observe/log/log.ts'
import { LogOutput } from '../../src/observe/log/output.ts'
import { createLogFile } from '../harness/log-file.ts'

const JSON_LINES = { level: 'info', format: 'json', maskedFields: [] } as const

test('lines are written whole and in their order, however many arrive at once', async () => {
  const log = createLogFile()
  try {
    const sent = Array.from({ length: 20_000 }, (_, i) => `line ${i}`)
    for (const [i, line] of sent.entries()) {
      log.output.write(`${line}\n`)
      if (i % 1000 === 0) await new Promise(setImmediate)
    }
    assert.equal(await log.text(), `${sent.join('\n')}\n`)
    assert.equal(log.output.dropped, 0)
  } finally {
    log.remove()
  }
})

test('a line beyond the limit is dropped and counted, and a later line reports the number', async () => {
  const log = createLogFile(1000)
  try {
    const logger = createLogger(JSON_LINES, log.output)
    for (let i = 0; i < 100; i++) logger.info({ i }, 'many')
    const { dropped } = log.output
    assert.ok(dropped > 0 && dropped < 100, String(dropped))
    await log.lines()
    const lines = await log.lines()
    const last = lines.at(-1)
    assert.equal(lines.length, 100 - dropped + 1)
    assert.deepEqual([last.level, last.lines], ['warn', dropped])
    assert.match(last.msg, /dropped/)
  } finally {
    log.remove()
  }
})

test('contract 9.2: lines lost to a full disk are counted, and the next ones are tried', {
  skip: !existsSync('/dev/full') && '/dev/full is missing',
}, async () => {
  const file = openSync('/dev/full', 'w')
  const output = new LogOutput(file)
  for (let round = 1; round <= 3; round++) {
    output.write('lost\n')
    assert.ok(await output.flush(10_000))
    assert.equal(output.dropped, round)
  }
  output.write('lost at the end\n')
  assert.ok(output.flushSync())
  assert.equal(output.dropped, 4)
  closeSync(file)
})

test('a fatal line and all earlier lines are written before the call returns', () => {
  const log = createLogFile()
  try {
    const logger = createLogger(JSON_LINES, log.output)
    logger.info('before')
    logger.fatal('the end')
    const messages = log
      .written()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).msg)
    assert.deepEqual(messages, ['before', 'the end'])
  } finally {
    log.remove()
  }
})

/** A pipe without a reader. */
function unreadPipe() {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-pipe-'))
  const path = join(folder, 'pipe')
  if (spawnSync('mkfifo', [path]).status !== 0) return undefined
  const file = openSync(path, constants.O_RDWR)
  return {
    file,
    read: () => readSync(file, Buffer.alloc(1 << 20)),
    /** Reads the rest first: a stuck write would keep this process from exiting. */
    async remove(output: LogOutput) {
      const reader = spawn('cat', [path], { stdio: 'ignore' })
      await output.flush(10_000)
      reader.kill()
      closeSync(file)
      rmSync(folder, { recursive: true })
    },
  }
}

test('a stuck reader delays nobody, and costs only lines beyond the limit', async t => {
  const pipe = unreadPipe()
  if (pipe === undefined) {
    t.skip('mkfifo is missing')
    return
  }
  const output = new LogOutput(pipe.file, 1 << 20)
  try {
    const line = `${'x'.repeat(1023)}\n`
    const write = async () => {
      for (let i = 0; i < 2048; i++) output.write(line)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    await write()
    await write()
    assert.ok(output.dropped >= 2048, `${output.dropped} of 4096 lines were dropped`)
    assert.equal(await output.flush(50), false, 'it does not wait longer than the given time')
    let bytes = 0
    const wanted = (4096 - output.dropped) * line.length
    while (bytes < wanted) {
      bytes += pipe.read()
      await new Promise(setImmediate)
    }
    assert.ok(await output.flush(10_000))
    assert.equal(bytes, wanted)
  } finally {
    await pipe.remove(output)
  }
})
