// The cursor in a folder that follows a shared journal: the place of the newest entry in it, and the creation numbers that the next resources
// get after that entry. All servers give the same numbers, also one that has started again after the newest resources were removed.
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'

export type NextNumbers = Readonly<Record<ResourceKind, number>>

export interface FolderCursor {
  /** The place, in the words of the replica. */
  readonly place: string
  readonly nextNumbers: NextNumbers
}

export function encodeFolderCursor({ place, nextNumbers }: FolderCursor): string {
  return JSON.stringify({ place, nextNumbers: RESOURCE_KINDS.map(kind => nextNumbers[kind]) })
}

/** Parses the text of `encodeFolderCursor`, whose checksum has been verified. */
export function parseFolderCursor(text: string): FolderCursor {
  // The text comes only from encodeFolderCursor.
  const { place, nextNumbers } = JSON.parse(text) as { place: string; nextNumbers: [number, number] }
  const [Cluster, NodePool] = nextNumbers
  return { place, nextNumbers: { Cluster, NodePool } }
}
