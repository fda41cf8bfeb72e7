// Text form of the log, for a terminal: one line of text for each line of JSON.

const LEVEL_WIDTH = 5
/** Values that need no quotes. */
const PLAIN = /^[\w.:/+@{}-]+$/

/** `2026-11-21T22:05:57.626Z INFO  ready engine=uws`; the stack of an error follows on lines of its own. */
export function textLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json)
  const members = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`)
  const error = err === undefined ? '' : ` error=${valueText(err.message)}${stackText(err.stack)}`
  return `${time} ${String(level).toUpperCase().padEnd(LEVEL_WIDTH)} ${oneLine(msg ?? '')}${members.join('')}${error}\n`
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return PLAIN.test(text) || typeof value !== 'string' ? text : JSON.stringify(text)
}

/** Escapes line breaks, so that client data cannot forge a line. */
function oneLine(text: string): string {
  return JSON.stringify(String(text)).slice(1, -1).replaceAll('\\"', '"')
}

function stackText(stack: unknown): string {
  if (typeof stack !== 'string') return ''
  const lines = stack.split('\n').slice(1)
  return lines.map(line => `\n    ${oneLine(line.trim())}`).join('')
}
