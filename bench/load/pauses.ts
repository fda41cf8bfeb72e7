// Pauses for garbage collection: a summary of a period, and the pauses of a server without HTTP, whose reports and
// searches are the only source of garbage.
import { setTimeout as wait } from 'node:timers/promises'
import type { Harness } from './harness.ts'
import { Host } from './host.ts'
import type { Pause } from './hosts/collections.ts'
import type { PauseSpread, PausesResult } from './results.ts'
import { spreadOf } from './spread.ts'

export interface PauseSummary {
  readonly count: number
  readonly majors: number
  readonly totalMs: number
  /** 0 without a pause. */
  readonly longestMs: number
}

export function pauseSummary(pauses: readonly Pause[]): PauseSummary {
  return {
    count: pauses.length,
    majors: pauses.filter(({ isMajor }) => isMajor).length,
    totalMs: pauses.reduce((sum, { ms }) => sum + ms, 0),
    longestMs: Math.max(0, ...pauses.map(({ ms }) => ms)),
  }
}

/** The summaries of several rounds. */
export function pauseSpread(rounds: readonly (readonly Pause[])[]): PauseSpread {
  const summaries = rounds.map(pauseSummary)
  const spread = (key: keyof PauseSummary) => spreadOf(summaries.map(each => each[key]))
  return {
    count: spread('count'),
    majors: spread('majors'),
    totalMs: spread('totalMs'),
    longestMs: spread('longestMs'),
  }
}

/** Measures a process that takes reports and answers polls without a client. Each round has a new process. */
export async function measurePauses(
  harness: Harness,
  shape: { readonly clusters: number; readonly statuses: number },
): Promise<PausesResult> {
  const { timing, pollsMs } = harness.options.plan
  const rounds: (readonly Pause[])[] = []
  for (let round = 0; round < timing.rounds; round++) {
    await harness.onFolder(shape, async folder => {
      const host = await Host.start('without-http', { args: [folder, String(shape.clusters)] })
      await wait(timing.warmupMs)
      await host.pauses()
      await wait(pollsMs)
      rounds.push(await host.pauses())
      await host.stop()
    })
  }
  return { clusters: shape.clusters, pauses: pauseSpread(rounds) }
}
