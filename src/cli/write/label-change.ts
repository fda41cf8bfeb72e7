// A change of single labels, as kubectl has it on its command line: KEY=VALUE sets one, KEY- removes it.
import { UsageError } from '../command.ts'

export interface LabelChange {
  readonly set: ReadonlyMap<string, string>
  readonly removed: ReadonlySet<string>
  /** Whether a label may be changed that has another value. */
  readonly overwrites: boolean
}

/**
 * Takes the changes out of the operands; no name has an equals sign or ends in a hyphen (contract 4.2).
 * @throws UsageError when there is none, or two of one label
 */
export function readLabelChange(
  operands: readonly string[],
  overwrites: boolean,
): { readonly change: LabelChange; readonly others: readonly string[] } {
  const set = new Map<string, string>()
  const removed = new Set<string>()
  const others: string[] = []
  for (const operand of operands) {
    const at = operand.indexOf('=')
    const key = at === -1 ? operand.replace(/-$/, '') : operand.slice(0, at)
    if (at === -1 && key === operand) {
      others.push(operand)
      continue
    }
    if (key === '')
      throw new UsageError(`'${operand}' names no label: must be KEY=VALUE, or KEY- to remove one`)
    if (set.has(key) || removed.has(key)) throw new UsageError(`the label '${key}' is named twice`)
    if (at === -1) removed.add(key)
    else set.set(key, operand.slice(at + 1))
  }
  if (set.size + removed.size === 0)
    throw new UsageError('label takes KEY=VALUE to set a label, or KEY- to remove one')
  return { change: { set, removed, overwrites }, others }
}

export interface ChangedLabels {
  readonly labels: Map<string, string>
  /** Labels that have another value, in words. */
  readonly faults: readonly string[]
  /** Keys to remove that are not there. */
  readonly absent: readonly string[]
}

/** The labels after a change, in their order; what is new comes last. */
export function changedLabels(
  before: ReadonlyMap<string, string>,
  { set, removed, overwrites }: LabelChange,
): ChangedLabels {
  const labels = new Map([...before, ...set])
  for (const key of removed) labels.delete(key)
  const other = [...set].filter(([key, value]) => before.has(key) && before.get(key) !== value)
  return {
    labels,
    faults: overwrites
      ? []
      : other.map(
          ([key]) => `the label '${key}' is '${before.get(key)}' already, and --overwrite is not given`,
        ),
    absent: [...removed].filter(key => !before.has(key)),
  }
}
