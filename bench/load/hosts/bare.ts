// Parts shared by the bare servers: the current answer, and the journal that they write to first.
import { join } from 'node:path'
import { BareJournal } from './bare-journal.ts'
import type { Control } from './control.ts'
import { NOTHING, type WireAnswer } from './wire-answer.ts'

export class BareService {
  readonly #folder: string
  #journals = 0
  #journal: BareJournal | undefined
  answer: WireAnswer = NOTHING

  /** @param folder an empty folder for the journals */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Calls back when the answer may be sent. */
  whenDurable(callback: () => void): void {
    if (this.#journal === undefined) callback()
    else this.#journal.append(callback)
  }

  control(close: () => void): Control {
    return {
      serve: async answer => {
        await this.#journal?.remove()
        const path = join(this.#folder, `journal-${++this.#journals}`)
        this.#journal = answer.entryBytes === undefined ? undefined : new BareJournal(path, answer.entryBytes)
        this.answer = answer
      },
      stop: async () => {
        close()
        await this.#journal?.remove()
      },
    }
  }
}
