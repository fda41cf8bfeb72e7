// Answers of a bare server: copies of the real server's, byte for byte.

export interface WireAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

export interface BareAnswers {
  /** Answer to every GET. */
  readonly read: WireAnswer
  /** Answer to every other request, after an append to the bare journal. */
  readonly write: WireAnswer
  /** Size of the appended value; undefined for no journal. */
  readonly entryBytes: number | undefined
}

const NOTHING: WireAnswer = { status: 204, headers: [], body: Buffer.alloc(0) }
export const NO_ANSWERS: BareAnswers = { read: NOTHING, write: NOTHING, entryBytes: undefined }
/** The least that a client can ask for. */
export const TWO_BYTES: BareAnswers = {
  read: { ...NOTHING, status: 200, body: Buffer.from('{}') },
  write: NOTHING,
  entryBytes: undefined,
}
