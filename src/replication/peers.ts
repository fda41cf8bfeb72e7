// The servers of a cluster from which another one can take a copy of the data folder (contract 14.15).
import { advance, type Cursor } from './cursor.ts'
import type { Engine, Look, Registered } from './engine.ts'
import { decodeEntry } from './entry.ts'
import { JournalFault } from './fault.ts'

/** Time since its last registration after which a server counts as stopped. It registers every ten seconds. */
const HEARD_MS = 60_000

/** True if the database no longer keeps the entry after a position. */
export function isBehind({ first, last }: Look, position: number): boolean {
  return last.position > position && first > position + 1
}

/**
 * The servers that another one may copy, the best one first: followers before the writer, and those that had most when they registered. They may
 * have more by now.
 * @param self the id of the server that looks for a copy
 */
export function peersOf(servers: readonly Registered[], self: string): Registered[] {
  return servers
    .filter(({ server, role, heardMsAgo }) => {
      const isSound = role !== 'behind' && role !== 'lost' && role !== 'copying'
      return server !== self && isSound && heardMsAgo <= HEARD_MS
    })
    .sort((a, b) => Number(isWriter(a)) - Number(isWriter(b)) || b.position - a.position)
}

function isWriter({ role }: Registered): boolean {
  return role === 'leading' || role === 'resolving'
}

/**
 * Makes sure that the journal goes on after a cursor: the entry there, or the one after it, has the checksum that it demands.
 * @throws JournalFault if it does not, or no longer keeps the next entry
 */
export async function assertContinues(
  engine: Pick<Engine, 'look'>,
  journal: string,
  { cursor, journal: own }: { readonly cursor: Cursor; readonly journal: string },
): Promise<void> {
  if (own !== journal)
    throw new JournalFault(
      'other-journal',
      `the copy follows journal ${own}, and the database keeps ${journal}`,
    )
  const { position, checksum } = cursor.place
  const look = await engine.look(position)
  if (look.last.position < position)
    throw new JournalFault(
      'went-back',
      `the copy has entry ${position}, and the journal ends with ${look.last.position}`,
    )
  if (look.last.position === position && !look.last.checksum.equals(checksum))
    throw new JournalFault('chain', `entry ${position} of the journal is not the one that the copy has`)
  if (isBehind(look, position))
    throw new JournalFault(
      'behind',
      `the copy ends with entry ${position}, and the database keeps only those from ${look.first} on`,
    )
  const [next] = look.entries
  if (next !== undefined) advance(cursor, decodeEntry(journal, position + 1, next))
}
