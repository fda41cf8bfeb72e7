// The status of an answer as text: `404 Not Found`.
import { STATUS_CODES } from 'node:http'

const lines = new Map<number, string>()

/** Status code and reason phrase; made once for each status. */
export function statusLine(status: number): string {
  let line = lines.get(status)
  if (line === undefined) {
    line = `${status} ${STATUS_CODES[status] ?? 'Unknown'}`
    lines.set(status, line)
  }
  return line
}
