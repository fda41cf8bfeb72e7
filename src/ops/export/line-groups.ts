// Groups the lines of an export: a resource and the statuses after it are imported or refused together.

import { type RecordPut, unhandled } from '../../state/put.ts'
import type { AdapterStatus, Resource } from '../../state/records.ts'
import type { Counts } from '../../store/copy/copy.ts'
import type { Fault } from '../audit/group.ts'
import type { Line } from './line-reader.ts'
import { createDocumentParser } from './parse-document.ts'
import { parseHeader, parseRecord } from './parse-line.ts'

/** A record with the line that it comes from. */
export interface FromLine<T> {
  readonly record: T
  readonly where: string
}

export interface LineGroup {
  readonly kind: 'group'
  /** Undefined if its line has a fault, or if there was none. */
  readonly resource: FromLine<Resource> | undefined
  /** Statuses about this resource, one for each adapter. */
  readonly statuses: readonly FromLine<AdapterStatus>[]
  /** Faults of the single lines. */
  readonly faults: readonly Fault[]
  readonly lineCount: number
}

export type LineItem = { readonly kind: 'header'; readonly counts: Counts } | LineGroup

/** Yields a header, then groups. A first line that is not a header yields only its faults. */
export async function* groupLines(lines: AsyncIterable<Line>): AsyncGenerator<LineItem, void> {
  const documents = createDocumentParser()
  let group: OpenGroup | undefined
  let isRead = false
  for await (const { where, bytes } of lines) {
    if (!isRead) {
      const header = parseHeader(bytes)
      isRead = true
      yield header.kind === 'header' ? header : refused(where, header.faults)
      if (header.kind === 'header') continue
      return
    }
    if (bytes.length === 0) continue
    const parsed = parseRecord(bytes, documents)
    const begins = parsed.kind === 'record' ? parsed.put.kind === 'resource' : parsed.begins
    if (group === undefined || begins) {
      if (group !== undefined) yield group.close()
      group = new OpenGroup()
    }
    if (parsed.kind === 'record') group.add(parsed.put, where)
    else group.refuse(where, parsed.faults)
  }
  if (group !== undefined) yield group.close()
  if (!isRead) yield refused('line 1', ['this is not an export: it is empty'])
}

function refused(where: string, faults: readonly string[]): LineGroup {
  const group = new OpenGroup()
  group.refuse(where, faults)
  return group.close()
}

/** A group that may get more lines. */
class OpenGroup {
  #resource: FromLine<Resource> | undefined
  readonly #statuses = new Map<string, FromLine<AdapterStatus>>()
  readonly #faults: Fault[] = []
  #lineCount = 0

  add(put: RecordPut, where: string): void {
    this.#lineCount++
    switch (put.kind) {
      case 'resource':
        this.#resource = { record: put.record, where }
        return
      case 'status':
        this.#addStatus(put.record, where)
        return
      default:
        unhandled(put)
    }
  }

  refuse(where: string, faults: readonly string[]): void {
    this.#lineCount++
    this.#faults.push(...faults.map(what => ({ where, what })))
  }

  close(): LineGroup {
    return {
      kind: 'group',
      resource: this.#resource,
      statuses: [...this.#statuses.values()],
      faults: this.#faults,
      lineCount: this.#lineCount,
    }
  }

  #addStatus(status: AdapterStatus, where: string): void {
    const { resourceKind, resourceId, adapter } = status
    const resource = this.#resource?.record
    const twin = this.#statuses.get(adapter)
    const note = (what: string) => this.#faults.push({ where, what })
    // Statuses of a resource with a fault are refused with it and need no fault of their own.
    if (resource === undefined && this.#faults.length > 0) return
    if (resource?.kind !== resourceKind || resource.id !== resourceId)
      note(`it must follow its resource, ${resourceKind}/${resourceId}`)
    else if (twin !== undefined) note(`the status of ${adapter} is already in ${twin.where}`)
    else this.#statuses.set(adapter, { record: status, where })
  }
}
