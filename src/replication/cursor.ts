// A cursor: the entry that a server has applied last, and who is the writer as of it. Pure functions say which entry may follow, and what
// the cursor is after it.
import { beginning, type EncodedEntry, type Entry, type Place } from './entry.ts'
import { JournalFault } from './fault.ts'

/** The writer, as it says in the entry that opens its epoch. */
export interface Leader {
  /** The id of the process: 32 hexadecimal digits. */
  readonly writer: string
  /** The id of the server, which survives restarts. */
  readonly server: string
  /** The address at which other servers reach it. */
  readonly address: string
  /** The version of the program. */
  readonly version: string
  /** A digest of the settings that decide about writes (contract 14.12). */
  readonly settings: string
}

export interface Cursor {
  readonly place: Place
  /** The number of epochs so far; 0 before the first one. */
  readonly epoch: number
  /** Undefined before the first epoch, and after the writer has resigned. */
  readonly leader: Leader | undefined
}

/** Longest text of a leader, in UTF-16 units. */
const MAX_TEXT = 2048
const TEXTS = ['server', 'address', 'version', 'settings'] as const

/** The cursor before the first entry of a journal; `base` as for `beginning`. */
export function firstCursor(journal: string, base = 0): Cursor {
  return { place: beginning(journal, base), epoch: 0, leader: undefined }
}

/** The body of an entry that opens an epoch. */
export function encodeLeader({ server, address, version, settings }: Leader): Buffer {
  return Buffer.from(JSON.stringify({ server, address, version, settings }))
}

/**
 * The cursor after this entry.
 * @throws JournalFault 'chain' if it does not follow from the entry before, 'foreign' if its author was not the writer, 'damaged' if it
 * opens an epoch and does not say whose
 */
export function advance(cursor: Cursor, entry: Entry | EncodedEntry): Cursor {
  const { place, epoch, leader } = cursor
  const { position } = entry.place
  if (position !== place.position + 1)
    throw new JournalFault('gap', `entry ${place.position + 1} of the journal is missing`)
  if (!entry.previous.equals(place.checksum))
    throw new JournalFault(
      'chain',
      `entry ${position} of the journal does not follow from entry ${place.position} as this server has applied it`,
    )
  if (entry.kind === 'epoch') {
    if (entry.epoch !== epoch + 1) throw foreign(entry, `it opens epoch ${entry.epoch} after ${epoch}`)
    return { place: entry.place, epoch: entry.epoch, leader: decodeLeader(entry) }
  }
  if (entry.epoch !== epoch || entry.writer !== leader?.writer)
    throw foreign(
      entry,
      `process ${entry.writer} wrote it in epoch ${entry.epoch}, and the writer was ${leader?.writer ?? 'nobody'} in epoch ${epoch}`,
    )
  return { place: entry.place, epoch, leader: entry.kind === 'resignation' ? undefined : leader }
}

function decodeLeader({ writer, place, body }: Entry): Leader {
  const { server, address, version, settings } = textsOf(body)
  if (server === undefined || address === undefined || version === undefined || settings === undefined)
    throw new JournalFault(
      'damaged',
      `entry ${place.position} of the journal does not say whose epoch it opens`,
    )
  return { writer, server, address, version, settings }
}

/** The members of a JSON object that are texts. */
function textsOf(body: Buffer): Partial<Record<(typeof TEXTS)[number], string>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString())
  } catch {
    return {}
  }
  if (typeof parsed !== 'object' || parsed === null) return {}
  const members = new Map<string, unknown>(Object.entries(parsed))
  const texts: Partial<Record<(typeof TEXTS)[number], string>> = {}
  for (const name of TEXTS) {
    const value = members.get(name)
    if (typeof value === 'string' && value.length <= MAX_TEXT) texts[name] = value
  }
  return texts
}

function foreign({ place }: Entry, why: string): JournalFault {
  return new JournalFault('foreign', `entry ${place.position} of the journal is not the writer's: ${why}`)
}
