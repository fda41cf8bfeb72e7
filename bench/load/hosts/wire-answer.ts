// The answer that a bare server gives: the one that the real server gave, byte for byte.

export interface WireAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** The size of what is put into a bare journal before each answer; undefined: nothing is. */
  readonly entryBytes: number | undefined
}

export const NOTHING: WireAnswer = { status: 204, headers: [], body: Buffer.alloc(0), entryBytes: undefined }
