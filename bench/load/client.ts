// Ceiling of the client: its rate against the bare server with an answer of two bytes.
import { type Harness, progress } from './harness.ts'
import { TWO_BYTES } from './hosts/wire-answer.ts'
import type { Results } from './results.ts'
import { spreadOf } from './spread.ts'
import { measureThroughput, type Throughput } from './traffic/closed-loop.ts'
import { newest20 } from './workloads.ts'

export async function measureClient({ bare, options }: Harness): Promise<Results['client']> {
  const { rounds, warmupMs, throughputMs: durationMs } = options.plan.timing
  progress('the client alone')
  await bare.serve(TWO_BYTES)
  const found: Throughput[] = []
  for (let round = 0; round < rounds; round++)
    found.push(await measureThroughput(bare, newest20.load, { warmupMs, durationMs }))
  const spread = (key: keyof Throughput) => spreadOf(found.map(each => each[key]))
  return {
    perSecond: spread('perSecond'),
    clientBusy: spread('clientBusy'),
    serverBusy: spread('serverBusy'),
  }
}
