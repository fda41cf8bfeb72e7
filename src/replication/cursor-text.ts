// The cursor as text, for the data folder of a server.
import type { Cursor, Leader } from './cursor.ts'

/** A cursor, and the journal that it is a place of. */
export interface JournalCursor {
  /** The id of the journal: 32 hexadecimal digits. */
  readonly journal: string
  readonly cursor: Cursor
}

/** The form of the text. A later form gets another number. */
const FORM = 1

export function encodeCursor({ journal, cursor: { place, epoch, leader } }: JournalCursor): string {
  const { position, checksum } = place
  return JSON.stringify({ form: FORM, journal, position, checksum: checksum.toString('hex'), epoch, leader })
}

/** Parses the text of `encodeCursor`, whose checksum has been verified. Throws for the form of a newer version. */
export function parseCursor(text: string): JournalCursor {
  const { form, journal, position, checksum, epoch, leader } = JSON.parse(text) as StoredCursor
  if (form !== FORM)
    throw new Error(
      `the data folder has a cursor of form ${form}, and this version of the program knows ${FORM}: start the newer version`,
    )
  const place = { position, checksum: Buffer.from(checksum, 'hex') }
  return { journal, cursor: { place, epoch, leader } }
}

interface StoredCursor {
  readonly form: number
  readonly journal: string
  readonly position: number
  readonly checksum: string
  readonly epoch: number
  readonly leader: Leader | undefined
}
