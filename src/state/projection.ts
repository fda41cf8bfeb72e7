// Projections: some fields of a resource, copied from its stored document (contract 13.7). A projection is compiled once, for a request or a watch,
// and then writes any number of versions.
import type { JsonBuffer } from '../wire/json-buffer.ts'
import { endOfString, endOfValue, type JsonSpan } from '../wire/json-paths.ts'
import { JsonSubset } from '../wire/json-subset.ts'
import type { ResourceVersion } from './entry.ts'
import { type FieldPath, isConditionMember, RESOURCE_KEYS } from './field-path.ts'
import { CONDITION, hasBytes, RESOURCE } from './layout.ts'

/** A member of the document before `status`. */
interface WantedMember {
  readonly key: Buffer
  /** Undefined if the whole value is wanted. */
  readonly subset: JsonSubset | undefined
}

export class Projection {
  readonly #members: readonly WantedMember[]
  /** Undefined if nothing of it is wanted. */
  readonly #status: 'whole' | ConditionSubset | undefined

  /** @param paths each begins with one of `RESOURCE_KEYS`. The id is always a part of the result. */
  constructor(paths: readonly FieldPath[]) {
    const all = [['id'], ...paths]
    this.#members = RESOURCE_KEYS.slice(0, -1).flatMap(key => {
      const rests = restsOf(all, key)
      if (rests.length === 0) return []
      const isWhole = rests.some(({ length }) => length === 0)
      return [{ key: Buffer.from(key), subset: isWhole ? undefined : new JsonSubset(rests) }]
    })
    this.#status = statusOf(restsOf(all, 'status'))
  }

  /** True if the result may depend on the conditions. */
  get hasStatus(): boolean {
    return this.#status !== undefined
  }

  /** True if the result may have something of the spec, whose length has no other bound than a request. */
  get hasSpec(): boolean {
    return this.#members.some(({ key }) => key.equals(SPEC))
  }

  /** Writes the document of a version with these fields alone. Returns about the number of bytes that were read and written. */
  write(version: ResourceVersion, out: JsonBuffer): number {
    const { head, spec, status } = version.parts
    const { bytes } = head
    let work = 0
    let before = '{'
    let at = head.start + 1
    for (let left = this.#members.length; left > 0 && at < head.end; ) {
      const keyEnd = endOfString(bytes, at)
      const start = keyEnd + 1
      const isSpec = start === spec.start
      const end = isSpec ? spec.end : endOfValue(bytes, start)
      const member = this.#find(bytes, at + 1, keyEnd - 1)
      if (member !== undefined) {
        left--
        if (writeMember(member, { bytes, start, end }, at, before, out)) before = ','
      }
      if (!isSpec || member !== undefined) work += end - at
      at = end + 1
    }
    if (this.#status === 'whole') out.copy(status.bytes, status.start, status.end)
    else {
      this.#status?.write(status, out)
      out.write('}')
    }
    return this.#status === undefined ? work : work + status.end - status.start
  }

  #find(bytes: Buffer, start: number, end: number): WantedMember | undefined {
    for (const member of this.#members) if (hasBytes(bytes, start, end, member.key)) return member
    return undefined
  }
}

const SPEC = Buffer.from('spec')

/** The paths below a key. */
function restsOf(paths: readonly FieldPath[], key: string): readonly FieldPath[] {
  return paths.filter(([first]) => first === key).map(([, ...rest]) => rest)
}

/** Returns false if it has nothing to write. */
function writeMember(
  { subset }: WantedMember,
  value: JsonSpan,
  keyStart: number,
  before: string,
  out: JsonBuffer,
): boolean {
  if (subset?.find(value) === false) return false
  out.write(before)
  out.copy(value.bytes, keyStart, subset === undefined ? value.end : value.start)
  subset?.write(out)
  return true
}

/** Undefined if nothing is wanted. Its only member are the conditions. */
function statusOf(paths: readonly FieldPath[]): 'whole' | ConditionSubset | undefined {
  const isWhole = paths.some(
    ([key, ...rest]) => key === undefined || (key === 'conditions' && rest.length === 0),
  )
  if (isWhole) return 'whole'
  const wanted = restsOf(paths, 'conditions')
  return wanted.length === 0 ? undefined : new ConditionSubset(wanted)
}

/** The members of a condition that are wanted. */
type WantedOfCondition = 'whole' | readonly Buffer[]

/** A text before the conditions that are written. */
const BEFORE_CONDITIONS = `${RESOURCE.conditions}[`

/** Some conditions, or some members of each. */
class ConditionSubset {
  readonly #ofEach: readonly Buffer[]
  /** The conditions of which more is wanted. */
  readonly #byType: readonly { readonly type: Buffer; readonly wanted: WantedOfCondition }[]

  /** @param paths each begins with a member or a type */
  constructor(paths: readonly FieldPath[]) {
    const ofEach = paths.filter(isConditionMember).flat()
    const types = new Set(paths.filter(path => !isConditionMember(path)).map(([type = '']) => type))
    this.#ofEach = keysIn(ofEach)
    this.#byType = [...types].map(type => {
      const rests = restsOf(paths, type)
      const own = rests.filter(({ length }) => length === 1).flat()
      const isWhole = rests.some(({ length }) => length === 0)
      return { type: Buffer.from(type), wanted: isWhole ? 'whole' : keysIn([...ofEach, ...own]) }
    })
  }

  /** @param status from the comma before it to the end of the document */
  write({ bytes, start, end }: JsonSpan, out: JsonBuffer): void {
    let before = BEFORE_CONDITIONS
    for (let at = start + BEFORE_CONDITIONS.length; at < end && bytes[at] === OPEN_BRACE; ) {
      const itemEnd = endOfValue(bytes, at)
      if (writeCondition(bytes, at, itemEnd, this.#wantedOf(bytes, at), before, out)) before = ','
      at = itemEnd + 1
    }
    if (before === ',') out.write(']}')
  }

  #wantedOf(bytes: Buffer, at: number): WantedOfCondition {
    const start = at + CONDITION.type.length
    const end = endOfString(bytes, start)
    for (const { type, wanted } of this.#byType) if (hasBytes(bytes, start + 1, end - 1, type)) return wanted
    return this.#ofEach
  }
}

const OPEN_BRACE = 0x7b

function keysIn(names: readonly string[]): readonly Buffer[] {
  return [...new Set(names)].map(name => Buffer.from(name))
}

/** Returns false if it has nothing to write. */
function writeCondition(
  bytes: Buffer,
  at: number,
  end: number,
  wanted: WantedOfCondition,
  before: string,
  out: JsonBuffer,
): boolean {
  if (wanted === 'whole') {
    out.write(before)
    out.copy(bytes, at, end)
    return true
  }
  let isBegun = false
  for (let i = at + 1; wanted.length > 0 && i < end; ) {
    const keyEnd = endOfString(bytes, i)
    const valueEnd = endOfValue(bytes, keyEnd + 1)
    if (wanted.some(key => hasBytes(bytes, i + 1, keyEnd - 1, key))) {
      out.write(isBegun ? ',' : `${before}{`)
      out.copy(bytes, i, valueEnd)
      isBegun = true
    }
    i = valueEnd + 1
  }
  if (isBegun) out.write('}')
  return isBegun
}
