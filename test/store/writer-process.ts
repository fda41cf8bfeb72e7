// A process that writes to a store until it is killed, and prints each write that has become durable:
// `<cluster> <generation>`. Arguments: folder, 'write', journal entries per checkpoint, and the number of turns after the
// start of its second checkpoint at which it kills itself (-1: never).
import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/store.ts'
import { clusterOf, optionsFor, put, statusOf } from './samples.ts'

const CLUSTERS = 700

const [folder = '', , maxJournalEntries = '0', turns = '-1'] = process.argv.slice(2)
let checkpoints = 0

async function killAfter(turnsLeft: number): Promise<void> {
  for (let i = 0; i < turnsLeft; i++) await new Promise(setImmediate)
  process.kill(process.pid, 'SIGKILL')
}

const store = await openStore(
  optionsFor(folder, {
    checkpoint: {
      maxJournalEntries: Number(maxJournalEntries),
      maxJournalBytes: 1 << 30,
      maxJournalAgeMs: 600_000,
    },
    onEvent: ({ kind }) => {
      if (kind === 'checkpoint-started' && Number(turns) >= 0 && ++checkpoints === 2)
        void killAfter(Number(turns))
    },
  }),
)

async function write(number: number): Promise<void> {
  const generation = (store.newest.resource('Cluster', clusterOf(number).id)?.generation ?? 0) + 1
  const cluster = clusterOf(number, { generation })
  await store.stage([put(cluster), put(statusOf(cluster, 'dns'))])
  writeSync(1, `${number} ${generation}\n`)
}

/** Number of writers, each with its own clusters. */
async function writer(first: number): Promise<never> {
  for (;;) {
    for (let number = first; number <= CLUSTERS; number += 8) await write(number)
  }
}

await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(writer))
