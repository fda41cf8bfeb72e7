// Protocol between the harness and the measured processes: questions and replies over the channel of child_process.
import { type CollectionPeriod, CollectionRecorder, type Pause, watchPauses } from './collections.ts'
import type { BareAnswers } from './wire-answer.ts'

/** Memory of a process as Node counts it. */
export interface NodeMemory {
  /** JavaScript heap: what is in use, and what V8 has taken from the system for it. */
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  readonly arrayBufferBytes: number
}

export type Question =
  /** Collects all garbage. */
  | { readonly kind: 'collect' }
  | { readonly kind: 'memory' }
  /** Pauses for garbage collection since the last such question; none at the first. */
  | { readonly kind: 'pauses' }
  /** Collections since the last such question; none at the first. */
  | { readonly kind: 'collections' }
  /** Sets the answers of a bare server. */
  | { readonly kind: 'serve'; readonly answers: BareAnswers }
  | { readonly kind: 'stop' }

export type Reply =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'memory'; readonly memory: NodeMemory }
  | { readonly kind: 'pauses'; readonly pauses: readonly Pause[] }
  | { readonly kind: 'collections'; readonly period: CollectionPeriod | undefined }
  | { readonly kind: 'done' }

export interface Control {
  /** Undefined for a server whose answer does not change. */
  readonly serve?: (answers: BareAnswers) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Announces that the process is ready, then answers questions. The process ends with the harness. */
export function obey(port: number, control: Control): void {
  let pauses: Pause[] | undefined
  let recorder: CollectionRecorder | undefined
  const reply = async (question: Question): Promise<Reply> => {
    switch (question.kind) {
      case 'memory':
        return { kind: 'memory', memory: nodeMemory() }
      case 'pauses':
        // Started on the first question, because it makes each collection a little slower.
        pauses ??= watchPauses()
        return { kind: 'pauses', pauses: pauses.splice(0) }
      case 'collections': {
        const period = recorder?.stop()
        recorder = period === undefined ? new CollectionRecorder() : undefined
        return { kind: 'collections', period }
      }
      case 'collect':
        globalThis.gc?.()
        return { kind: 'done' }
      case 'serve':
        await control.serve?.(question.answers)
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

function nodeMemory(): NodeMemory {
  const { heapUsed, heapTotal, arrayBuffers } = process.memoryUsage()
  return { heapUsedBytes: heapUsed, heapTotalBytes: heapTotal, arrayBufferBytes: arrayBuffers }
}
