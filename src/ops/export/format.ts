// The export format: JSON Lines. The first line says what follows, then each record has a line, every resource with its statuses
// behind it, clusters before nodepools, all in the order of creation. `document` is the document as it is served.

import { documentIn } from '../../state/layout.ts'
import { type RecordPut, type StoredRecord, unhandled } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { formatInstant } from '../../wire/instant.ts'

export const FORMAT_NAME = 'hyperfleet-export'
export const VERSION = 1

/** The first line, without its end. */
export function headerLine({ clusters, nodepools, statuses }: Counts): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT_NAME, version: VERSION, clusters, nodepools, statuses }))
}

/** The line of a record, without its end. */
export function recordLine({ put, body }: Pick<StoredRecord, 'put' | 'body'>): Buffer {
  const head = headOf(put)
  const line = Buffer.concat([Buffer.from(head), documentIn(body), Buffer.from('}')])
  spaceOut(line.subarray(head.length))
  return line
}

function headOf(put: RecordPut): string {
  switch (put.kind) {
    case 'resource':
      return `{"record":"resource","spec_changed_time":"${formatInstant(put.record.specChangedTime)}","document":`
    case 'status': {
      const { resourceKind: kind, resourceId: id } = put.record
      return `{"record":"status","resource":${JSON.stringify({ kind, id })},"document":`
    }
    default:
      return unhandled(put)
  }
}

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20

/** JSON has line ends only between its tokens, where a client wrote some into a spec: there a space says the same. */
function spaceOut(document: Buffer): void {
  for (const unit of [LINE_FEED, CARRIAGE_RETURN])
    for (let at = document.indexOf(unit); at !== -1; at = document.indexOf(unit, at)) document[at] = SPACE
}
