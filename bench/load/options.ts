// Command line of the harness, and the duration and size of its parts.
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { Sizes } from './bars.ts'
import type { Timing } from './rounds.ts'

export interface Plan {
  readonly sizes: Sizes
  readonly timing: Timing
  /** Duration of a mixed day. */
  readonly dayMs: number
  /** Duration of each part of the fairness measurement, and of the pauses without HTTP. */
  readonly pollsMs: number
  /** Number of times that every status is rewritten, in the medium fleet and in the large one. */
  readonly rewrites: { readonly medium: number; readonly large: number }
  /** Numbers of watchers, and of reports that are delivered to them. */
  readonly watchers: readonly number[]
  readonly watchedReports: number
  /** Pause of a server before its memory is read. */
  readonly settleMs: number
}

export interface LoadOptions {
  readonly plan: Plan
  /** Reports whether a part of the run is wanted, by its name and the size of its fleet. */
  readonly wants: (name: string, clusters?: number) => boolean
  /** Folder of fleets and journals, on the disk to be measured. */
  readonly folder: string
  /** True to keep the fleets for the next run. */
  readonly keep: boolean
  /** Folder for CPU profiles of the servers. */
  readonly profile: string | undefined
  /** True for a complete run, which alone replaces the stored results. */
  readonly isWhole: boolean
}

const WHOLE: Plan = {
  sizes: { small: 10_000, medium: 100_000, large: 1_000_000 },
  timing: { rounds: 3, compileMs: 5000, warmupMs: 500, throughputMs: 2000, latencyMs: 2000 },
  dayMs: 60_000,
  pollsMs: 10_000,
  rewrites: { medium: 3, large: 1 },
  watchers: [1, 100, 10_000],
  watchedReports: 200,
  settleMs: 2000,
}
/** Shows that everything runs; its figures mean nothing. */
const SHORT: Plan = {
  sizes: { small: 100, medium: 200, large: 400 },
  timing: { rounds: 1, compileMs: 20, warmupMs: 20, throughputMs: 100, latencyMs: 100 },
  dayMs: 1000,
  pollsMs: 300,
  rewrites: { medium: 2, large: 1 },
  watchers: [1, 5, 20],
  watchedReports: 5,
  settleMs: 20,
}

export function readOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      short: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      rounds: { type: 'string' },
      folder: { type: 'string', default: tmpdir() },
      keep: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  })
  const { short, only, rounds, folder, keep, profile } = values
  const plan = short ? SHORT : WHOLE
  return {
    plan: rounds === undefined ? plan : { ...plan, timing: { ...plan.timing, rounds: readRounds(rounds) } },
    wants: (name, clusters) => {
      const part = clusters === undefined ? name : `${name}, ${clusters} clusters`
      return only === undefined || only.some(word => part.toLowerCase().includes(word.toLowerCase()))
    },
    folder,
    keep,
    profile,
    isWhole: [only, rounds, profile].every(value => value === undefined) && !short,
  }
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds is '${text}'; it must be at least 1`)
  return rounds
}
