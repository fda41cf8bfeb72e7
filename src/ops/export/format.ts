// Export format: JSON Lines. The first line announces the content, then each record has one line: every resource
// followed by its statuses, clusters before nodepools, all in creation order. `document` is the document as served.

import { documentOf } from '../../state/document.ts'
import { type RecordPut, unhandled, type WholeRecord } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { formatInstant } from '../../wire/instant.ts'

export const FORMAT_NAME = 'hyperfleet-export'
export const VERSION = 1

/** First line, without a line end. */
export function headerLine({ clusters, nodepools, statuses }: Counts): Buffer {
  return Buffer.from(JSON.stringify({ format: FORMAT_NAME, version: VERSION, clusters, nodepools, statuses }))
}

/** Line of a resource or a status, without a line end. */
export function recordLine(whole: WholeRecord): Buffer {
  const head = headOf(whole.put)
  const line = Buffer.concat([Buffer.from(head), documentOf(whole), Buffer.from('}')])
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

/** Replaces line ends by spaces. JSON has them only between tokens, where a client wrote them into a spec. */
function spaceOut(document: Buffer): void {
  for (const unit of [LINE_FEED, CARRIAGE_RETURN])
    for (let at = document.indexOf(unit); at !== -1; at = document.indexOf(unit, at)) document[at] = SPACE
}
