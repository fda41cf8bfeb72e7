// The log for a person at a terminal: one line of text made of one line of JSON.

const LEVEL_WIDTH = 5
/** A value that needs no quotes. */
const PLAIN = /^[\w.:/+@{}-]+$/

/** `2026-11-21T22:05:57.626Z INFO  ready engine=uws`; the stack of an error stands below its line. */
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

/** What a client sends must not be able to begin a line of its own. */
function oneLine(text: string): string {
  return JSON.stringify(String(text)).slice(1, -1).replaceAll('\\"', '"')
}

function stackText(stack: unknown): string {
  if (typeof stack !== 'string') return ''
  const lines = stack.split('\n').slice(1)
  return lines.map(line => `\n    ${oneLine(line.trim())}`).join('')
}
