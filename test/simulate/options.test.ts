import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../../src/cli/command.ts'
import { standardOutput } from '../../src/cli/terminal/output.ts'
import { simulate } from '../../tools/simulate/command.ts'
import { parseOptions } from '../../tools/simulate/options.ts'
import { BARE_MACHINE } from '../cli/bare-machine.ts'

const WRONG: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
  [['--bogus'], /--bogus/],
  [['surplus'], /surplus/],
  [['--clusters', '0'], /--clusters is '0': must be an integer from 1 to 1000000/],
  [['--clusters', '1e3'], /--clusters is '1e3'/],
  [['--clusters'], /clusters/],
  [['--seed=-1'], /--seed is '-1'/],
  [['--rate', 'fast'], /--rate is 'fast'/],
  [['--duration', '1.5'], /--duration is '1.5'/],
  [['--connections', '0'], /--connections is '0'/],
  [['--server', 'localhost'], /--server is 'localhost'/],
  [['--server', 'ftp://127.0.0.1'], /such as http:/],
  [['--server', 'http://127.0.0.1:8000/?a=b'], /--server/],
  [['--name-prefix', 'Sim'], /--name-prefix is 'Sim'/],
  [['--name-prefix', 'a-'], /--name-prefix/],
  [['--name-prefix', 'a'.repeat(41)], /1 to 40/],
  [['--retry-for', ''], /--retry-for is ''/],
  [['--required-cluster', 'dns,validator-'], /--required-cluster is 'dns,validator-'/],
]

for (const [flags, message] of WRONG)
  test(`'${flags.join(' ').slice(0, 50)}' is refused with a message that says what is allowed`, async () => {
    assert.throws(() => parseOptions(flags, BARE_MACHINE), { name: 'UsageError', message })
    await assert.rejects(simulate.run(flags, standardOutput()), UsageError)
  })

test('without flags a simulation has its documented defaults', () => {
  const { target, ...others } = parseOptions([], BARE_MACHINE)
  assert.deepEqual([target.url.href, target.token], ['http://127.0.0.1:8000/', undefined])
  assert.deepEqual(others, {
    clusters: 1000,
    seed: 1,
    isWatching: false,
    rate: 0,
    durationS: 60,
    turnoverPercent: 10,
    connections: 16,
    namePrefix: 'sim',
    retryForS: 60,
    required: { Cluster: [], NodePool: [] },
  })
})

test('required adapters are read as a list', () => {
  assert.deepEqual(parseOptions(['--required-cluster', 'dns,validator'], BARE_MACHINE).required.Cluster, [
    'dns',
    'validator',
  ])
})
