// The visible side of a state in plain values: the state under test and its slow twin both have this surface. No entry leaves it, so a
// state may give out handles that are made on demand.
import type { ConditionsPut, Put, RecordPut, RemovalPut, ResourceId } from '../../../src/state/put.ts'
import type { ResourceKind } from '../../../src/state/records.ts'

/** A put, and the number that its record has in the order of creation; 0 for a removal. */
export interface Write {
  readonly put: Put
  readonly number: number
}

/** Writes that become visible together. */
export interface Writes {
  readonly sequence: number
  readonly writes: readonly Write[]
}

/** A put that is stored as one record: that of a resource is its head. */
export type PartPut = RecordPut | ConditionsPut

/** A record of the snapshot or of the journal. */
export interface Stored<P extends PartPut | RemovalPut = PartPut | RemovalPut> {
  readonly key: string
  readonly put: P
  readonly number: number
  readonly sequence: number
  /** True if a resource is one record with its conditions, as in formats 1 to 3. */
  readonly isWhole: boolean
}

/** The progress of a record to the snapshot. */
export interface PartView {
  readonly sequence: number
  readonly isDirty: boolean
  readonly foldedChecksum: number | undefined
}

/** One record, or the head of a resource with the whole document. */
export interface RecordView extends PartView {
  readonly number: number
  readonly document: Buffer
  /** The record read member by member (see `textOf`). */
  text(): string
}

export interface StatusView extends RecordView {
  readonly adapter: string
}

export interface ResourceView extends RecordView {
  readonly conditions: PartView
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  readonly ownerId: string | undefined
  readonly slot: number
  /** Its slot before the last renumbering. Undefined if it had none, or while a renumbering is under way. */
  readonly formerSlot: number | undefined
  readonly isMarked: boolean
  readonly statuses: readonly StatusView[]
}

/** The effect of a put, as a watcher sees it. */
export interface EffectView {
  readonly kind: Put['kind']
  readonly sequence: number
  readonly key: string
  readonly slot: number
  /** Its slot in the renumbering that is under way. */
  readonly secondSlot: number | undefined
  readonly formerSlot: number | undefined
  /** The document of the resource after the put. Its bytes stay right until the end of the turn. */
  readonly document: Buffer
  /** See `textOfPut`. */
  readonly put: string
  /** The previous version of the record, as `textOf` gives it. */
  readonly previous: string | undefined
  /** The document of the previous version of a resource. */
  readonly previousDocument: Buffer | undefined
}

/** A record that a checkpoint is about to fold. */
export interface FoldView {
  readonly key: string
  readonly sequence: number
  readonly number: number
  /** The part of the document that is in the record. */
  readonly document: Buffer
  /** The checksum of the version that the snapshot has. */
  readonly replaces: number | undefined
  /** Notes that the snapshot has this version. */
  noteFolded(checksum: number): void
}

export interface ErasureView {
  readonly key: string
  readonly checksum: number
}

/** The resources that a checkpoint has taken. */
export interface CheckpointView {
  /** By kind, and in creation order. */
  readonly changed: readonly ResourceId[]
  /** In the order of their removal. */
  readonly removed: readonly ResourceId[]
  /** The records to fold of a changed resource, in their present versions. None after its removal. */
  folds(place: number): readonly FoldView[]
  /** The records of a removed resource that the snapshot has. */
  erasures(place: number): readonly ErasureView[]
  /** The snapshot does not have the records of a removed resource any more. */
  noteErased(place: number): void
  giveBack(): void
}

export interface RenumberingView {
  /** Returns the ids that got second slots, and false at the end. */
  step(limit: number): { readonly visited: readonly string[]; readonly hasMore: boolean }
  secondSlotOf(id: string): number | undefined
  /** Ids by second slots. */
  ids(): readonly (string | undefined)[]
  takeOver(): void
}

/** One version of a record, kept across later writes. */
export interface KeptView {
  readonly document: Buffer
  /** The record of a version that was kept, and nothing for a document that was only retained. */
  text(): string
  release(): void
}

export interface Model {
  readonly bytes: number
  readonly statusCount: number
  count(kind: ResourceKind): number
  nextNumber(kind: ResourceKind): number
  /** Sorted. */
  adapters(kind: ResourceKind): readonly string[]
  /** Ids by slot. */
  slots(kind: ResourceKind): readonly (string | undefined)[]
  living(kind: ResourceKind): readonly string[]
  resource(kind: ResourceKind, id: string): ResourceView | undefined
  statusOf(id: string, adapter: string): StatusView | undefined
  nodepoolsOf(clusterId: string): readonly string[]
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined
  /** The present version of a resource in memory of its own. */
  keep(id: string): KeptView
  /** The documents of these resources and of their statuses, where they are. */
  retain(ids: readonly string[]): readonly KeptView[]
  /** Applies a group of changes in one turn. Returns the document of the first put of each. */
  apply(group: readonly Writes[]): readonly Buffer[]
  /** The effects of the last group. */
  readonly effects: readonly EffectView[]
  takeDirty(): CheckpointView
  renumber(kind: ResourceKind): RenumberingView | undefined
  /** @param checksum see State.load */
  load(stored: Stored, checksum?: number): void
  finishLoad(): string | undefined
}
