// Runs many damages through processes of their own, and tells what came of each, the death of the process included.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import type { Damage } from './damaged-folder.ts'

const PROCESS = fileURLToPath(new URL('./damage-process.js', import.meta.url))

export interface Outcome {
  readonly damage: Damage
  /** `whole`, `refused …`, or what must not be. */
  readonly words: string
}

export interface RunParts {
  /** Folder with the files of `saveOriginal`. */
  readonly original: string
  /** An empty folder. */
  readonly work: string
  /** Of the folders that open, every so many is written to and opened again. */
  readonly useEvery: number
}

export async function runDamages(
  parts: RunParts,
  damages: readonly Damage[],
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  for (let done = 0; done < damages.length; ) {
    const left = damages.slice(done)
    const { ended, death } = await runSome(parts, left, onOutcome)
    const fatal = left[ended]
    if (fatal !== undefined) onOutcome({ damage: fatal, words: death })
    done += ended + 1
  }
}

/** Runs one process until it has done all or dies; returns how many it has done, and how it died. */
async function runSome(
  { original, work, useEvery }: RunParts,
  damages: readonly Damage[],
  onOutcome: (outcome: Outcome) => void,
): Promise<{ ended: number; death: string }> {
  const child = spawn(process.execPath, [PROCESS, original, work, String(useEvery)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exited = once(child, 'exit')
  let hangs = false
  const watchdog = setTimeout(() => {
    hangs = true
    child.kill('SIGKILL')
  }, WAIT_HANGS_AFTER_MS)
  child.stdin.end(JSON.stringify(damages))
  let ended = 0
  for await (const line of createInterface({ input: child.stdout })) {
    watchdog.refresh()
    const words = /^end \d+ (.*)$/.exec(line)?.[1]
    const damage = damages[ended]
    if (words === undefined || damage === undefined) continue
    onOutcome({ damage, words })
    ended++
  }
  clearTimeout(watchdog)
  const [code, signal] = await exited
  return { ended, death: hangs ? 'hung' : `died of ${signal ?? `exit code ${code}`}` }
}
