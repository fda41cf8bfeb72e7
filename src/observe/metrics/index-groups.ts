// The memory of the indexes by group: labels and conditions are named by clients, and names that clients choose must
// not become series of metrics, of which there could then be any number.
import type { IndexUse } from '../../index/fleet-index.ts'

export interface IndexGroup {
  readonly kind: string
  /** The field, or `labels` or `conditions` for all of them. */
  readonly group: string
  readonly bytes: number
}

/** Sums what the indexes cost; the labels and the conditions are there even when no resource has one. */
export function bytesByGroup(uses: readonly IndexUse[]): IndexGroup[] {
  const groups = new Map<string, IndexGroup>()
  for (const kind of ['Cluster', 'NodePool'])
    for (const group of ['labels', 'conditions']) groups.set(`${kind} ${group}`, { kind, group, bytes: 0 })
  for (const { name, bytes } of uses) {
    const { kind, group } = groupOf(name)
    const before = groups.get(`${kind} ${group}`)?.bytes ?? 0
    groups.set(`${kind} ${group}`, { kind, group, bytes: before + bytes })
  }
  return [...groups.values()]
}

/** `Cluster labels.env` belongs to `labels`, `Cluster generation column` to `generation`. */
function groupOf(name: string): { kind: string; group: string } {
  const [kind = '', field = ''] = name.split(' ')
  const [group = ''] = field.split('.')
  return { kind, group: group === 'status' ? 'conditions' : group }
}
