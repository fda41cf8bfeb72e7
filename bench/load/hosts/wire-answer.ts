// Answer of a bare server: a copy of the real server's, byte for byte.

export interface WireAnswer {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Size of the value appended to the bare journal before each answer; undefined for none. */
  readonly entryBytes: number | undefined
}

export const NOTHING: WireAnswer = { status: 204, headers: [], body: Buffer.alloc(0), entryBytes: undefined }
