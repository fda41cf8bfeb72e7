// Protocol between the harness and the measured processes: questions and replies over the channel of child_process.
import { PerformanceObserver } from 'node:perf_hooks'
import type { WireAnswer } from './wire-answer.ts'

/** Resources that a process has used since its start. */
export interface Usage {
  /** CPU time of all its threads. */
  readonly cpuMs: number
  readonly rssBytes: number
}

export type Question =
  | { readonly kind: 'usage' }
  /** Collects all garbage. */
  | { readonly kind: 'collect' }
  /** Pauses for garbage collection since the last such question; none at the first. */
  | { readonly kind: 'pauses' }
  /** Sets the answer of a bare server. */
  | { readonly kind: 'serve'; readonly answer: WireAnswer }
  | { readonly kind: 'stop' }

export type Reply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'usage'; readonly usage: Usage }
  | { readonly kind: 'pauses'; readonly milliseconds: readonly number[] }
  | { readonly kind: 'done' }

export interface Control {
  /** Undefined for a server whose answer does not change. */
  readonly serve?: (answer: WireAnswer) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Announces that the process is ready, then answers questions. The process ends with the harness. */
export function obey(port: number, control: Control): void {
  let pauses: number[] | undefined
  const reply = async (question: Question): Promise<Reply> => {
    switch (question.kind) {
      case 'usage':
        return { kind: 'usage', usage: usage() }
      case 'pauses':
        // Started on the first question, because it makes each collection a little slower.
        pauses ??= watchPauses()
        return { kind: 'pauses', milliseconds: pauses.splice(0) }
      case 'collect':
        globalThis.gc?.()
        return { kind: 'done' }
      case 'serve':
        await control.serve?.(question.answer)
        return { kind: 'done' }
      case 'stop':
        await control.stop()
        return { kind: 'done' }
    }
  }
  process.on('disconnect', () => process.exit())
  // The channel's only other end is the harness.
  process.on('message', async question => send(await reply(question as Question)))
  send({ kind: 'ready', port })
}

function send(reply: Reply): void {
  process.send?.(reply)
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() }
}

function watchPauses(): number[] {
  const pauses: number[] = []
  const observer = new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) pauses.push(duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  return pauses
}
