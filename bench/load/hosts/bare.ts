// Parts shared by the bare servers: the current answers, and the journal that they write to first.
import { join } from 'node:path'
import { BareJournal } from './bare-journal.ts'
import type { Control } from './control.ts'
import { type BareAnswers, NO_ANSWERS } from './wire-answer.ts'

export class BareService {
  readonly #folder: string
  #journals = 0
  #journal: BareJournal | undefined
  answers: BareAnswers = NO_ANSWERS

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
      serve: async answers => {
        await this.#journal?.remove()
        const path = join(this.#folder, `journal-${++this.#journals}`)
        this.#journal =
          answers.entryBytes === undefined ? undefined : new BareJournal(path, answers.entryBytes)
        this.answers = answers
      },
      stop: async () => {
        close()
        await this.#journal?.remove()
      },
    }
  }
}
