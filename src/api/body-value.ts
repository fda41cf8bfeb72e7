// A body as its schema sees it: read no further than the schema looks, and counts before what is counted (contract 4.11).
// A spec is an object or is none, of labels and conditions there are no more than may be, and of a condition there is
// what a condition has. Whatever a client sends, the value is small.
import type { FieldFault } from '../fleet/outcome.ts'
import {
  DistinctMembers,
  isCut,
  itemTexts,
  type JsonMember,
  memberTexts,
  shallowValue,
  WantedNames,
} from '../wire/json.ts'
import { LABELS_MAX } from './resources.ts'
import type { ReportLimits } from './statuses.ts'
import { fieldPath } from './validate.ts'

export type BodyObject = Record<string, unknown>

export interface BodyValue {
  readonly value: BodyObject
  /** Of counts that are too high. */
  readonly faults: readonly FieldFault[]
  /** Texts whose end may be left out: they are longer than any that a schema takes. */
  readonly cut: readonly CutText[]
}

export interface CutText {
  readonly field: string
  readonly maxLength: number
}

/** No text of a body but a reason or a message may be longer, in UTF-16 units: the bounds in the schemas are lower. */
export const MAX_TEXT_LENGTH = 1024
/** What stands for conditions that are too many to be read. */
export const UNREAD_ITEMS: readonly unknown[] = Object.freeze([])
const CONDITION_MEMBERS = ['type', 'status', 'reason', 'message'] as const
const WANTED_OF_CONDITION = new WantedNames(CONDITION_MEMBERS)
/** Those for which `null` counts as absent (contract 3.7). */
const OPTIONAL_TEXTS: ReadonlySet<string> = new Set(['reason', 'message'])

export function readBodyValue(members: ReadonlyMap<string, JsonMember>, limits: ReportLimits): BodyValue {
  return new Reader(limits).read(members)
}

class Reader {
  readonly #limits: ReportLimits
  readonly #faults: FieldFault[] = []
  readonly #cut: CutText[] = []

  constructor(limits: ReportLimits) {
    this.#limits = limits
  }

  read(members: ReadonlyMap<string, JsonMember>): BodyValue {
    const value: BodyObject = Object.create(null)
    for (const [name, { text }] of members) value[name] = this.#member(name, text)
    return { value, faults: this.#faults, cut: this.#cut }
  }

  #member(name: string, text: string): unknown {
    if (name === 'labels' && text.startsWith('{')) return this.#labels(text)
    if (name === 'conditions' && text.startsWith('[')) return this.#conditions(text)
    return this.#shallow([name], text)
  }

  #labels(text: string): BodyObject {
    const labels: BodyObject = Object.create(null)
    const members = new DistinctMembers(text)
    if (members.size > LABELS_MAX)
      this.#faults.push({
        field: 'labels',
        constraint: 'maxProperties',
        message: `has ${members.size} labels; at most ${LABELS_MAX} are allowed`,
      })
    else
      for (const member of members.first(LABELS_MAX))
        labels[member.name] = this.#shallow(['labels', member.name], member.text)
    return labels
  }

  #conditions(text: string): readonly unknown[] {
    const { conditionsPerReport } = this.#limits
    const { items, count } = itemTexts(text, conditionsPerReport)
    if (count <= conditionsPerReport)
      return items.map((item, index) =>
        item.startsWith('{') ? this.#condition(index, item) : this.#shallow(['conditions', index], item),
      )
    this.#faults.push({
      field: 'conditions',
      constraint: 'maxItems',
      message: `has ${count} conditions; at most ${conditionsPerReport} are allowed`,
    })
    return UNREAD_ITEMS
  }

  #condition(index: number, text: string): BodyObject {
    const members = memberTexts(text, WANTED_OF_CONDITION)
    const condition: BodyObject = {}
    for (const name of CONDITION_MEMBERS) {
      const value = members.get(name)
      if (value === undefined || (value === 'null' && OPTIONAL_TEXTS.has(name))) continue
      condition[name] = this.#shallow(['conditions', index, name], value, this.#maxLength(name))
    }
    return condition
  }

  /** A bound in bytes is one in UTF-16 units too. */
  #maxLength(name: (typeof CONDITION_MEMBERS)[number]): number {
    if (name === 'reason') return this.#limits.reasonMaxBytes
    return name === 'message' ? this.#limits.messageMaxBytes : MAX_TEXT_LENGTH
  }

  #shallow(field: readonly (string | number)[], text: string, maxLength = MAX_TEXT_LENGTH): unknown {
    if (isCut(text, maxLength)) this.#cut.push({ field: fieldPath(field), maxLength })
    return shallowValue(text, maxLength)
  }
}
