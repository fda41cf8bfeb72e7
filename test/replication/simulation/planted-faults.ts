// The faults that are planted into the protocol, to see that the simulation finds them.
import type { Edit } from './planted.ts'

/** A fault of the protocol, planted by edits of its code. */
export interface PlantedFault {
  /** Completes a sentence that begins with 'if'. */
  readonly fault: string
  readonly edits: readonly Edit[]
  readonly isFenced?: boolean
  /** True if thousands of histories may pass until it shows; then only a long run looks for it. */
  readonly isRare?: boolean
}

export const PLANTED_FAULTS: readonly PlantedFault[] = [
  { fault: 'the database has no fence', edits: [], isFenced: false },
  {
    fault: 'a write is answered before the database has it',
    edits: [
      {
        file: 'appender.js',
        from: 'const answer = await engine.append(after, pending.entry)',
        to: "pending.resolve({ kind: 'stored', entry: pending.entry }); const answer = await engine.append(after, pending.entry)",
      },
    ],
  },
  {
    fault: 'a claim is appended at the end of the journal, whatever is applied',
    edits: [
      {
        file: 'election.js',
        from: 'const result = await follower.look()',
        to: "const result = 'current'; try { follower.last = (await this.#parts.engine.look(follower.cursor.place.position)).last } catch {}",
      },
      {
        file: 'appender.js',
        from: 'const entry = encodeEntry(journal, follower.cursor.place, head, body)',
        to: "const entry = encodeEntry(journal, (kind === 'epoch' && follower.last) || follower.cursor.place, head, body)",
      },
      {
        file: 'appender.js',
        from: 'const after = follower.cursor.place',
        to: 'const after = { position: pending.entry.place.position - 1, checksum: pending.entry.previous }',
      },
      {
        file: 'follower.js',
        from: 'const next = advance(this.#cursor, entry)',
        to: "const next = advance(entry.kind === 'epoch' ? { place: { position: entry.place.position - 1, checksum: entry.previous }, epoch: entry.epoch - 1 } : this.#cursor, entry)",
      },
    ],
  },
  {
    fault: "a server applies its own entry before the database's answer",
    edits: [
      {
        file: 'appender.js',
        from: 'const answer = await engine.append(after, pending.entry)',
        to: 'const answered = engine.append(after, pending.entry); follower.accept(pending.entry); const answer = await answered',
      },
    ],
  },
  {
    fault: 'a lost answer is taken for a write that was not stored',
    edits: [
      {
        file: 'appender.js',
        from: "if (answer.kind === 'refused' && !pending.isInDoubt)",
        to: "if (answer.kind === 'refused' || answer.kind === 'unknown')",
      },
    ],
  },
  {
    fault: 'a refusal after a lost answer is taken for a write that was not stored',
    isRare: true,
    edits: [
      {
        file: 'appender.js',
        from: "if (answer.kind === 'refused' && !pending.isInDoubt)",
        to: "if (answer.kind === 'refused')",
      },
    ],
  },
  {
    fault: "a taken place is taken for another server's entry",
    edits: [
      {
        file: 'appender.js',
        from: "if (answer.kind === 'refused' && !pending.isInDoubt)",
        to: "if (answer.kind === 'taken') { this.#pending = undefined; pending.resolve({ kind: 'fenced' }); return } if (answer.kind === 'refused' && !pending.isInDoubt)",
      },
    ],
  },
  {
    fault: 'a read shares an append that began before it',
    isRare: true,
    edits: [
      {
        file: 'appender.js',
        from: 'return this.#waiting.at(-1)?.done ??',
        to: 'return this.#waiting.at(-1)?.done ?? this.#pending?.done ??',
      },
    ],
  },
  {
    fault: 'the lease of the writer has no end',
    edits: [{ file: 'timing.js', from: 'leaseMs: 1000', to: 'leaseMs: 1e9' }],
  },
  {
    fault: 'the lease of the writer begins with the answer',
    isRare: true,
    edits: [
      {
        file: 'appender.js',
        from: 'this.#confirmedMs = pending.beganMs',
        to: 'this.#confirmedMs = this.#parts.clock.now()',
      },
    ],
  },
  {
    fault: 'a server claims without a pause after the newest entry',
    isRare: true,
    edits: [{ file: 'timing.js', from: 'quietMs: 2500', to: 'quietMs: 0' }],
  },
]
