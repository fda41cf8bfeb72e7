// Rewrites the answers of uWebSockets to malformed requests: HTML pages, and 505 for a space in the target, which is the client's
// fault and must not give a 5xx (contract 9.1). The copy answers 400 or 431 with a problem document (contract 9).

const CLOSE = 'Connection: close\r\n'
/** Has no blank after the colon, and no `Connection: close` for 431, because there is no space for more. */
const PROBLEM = 'Content-Type:application/problem+json\r\n'
const SIGNATURE = '<hr><i>uWebSockets/20 Server</i>'
/**
 * The engine's complete answers and their replacements. A body without a length ends when the engine closes the connection.
 * Every text keeps its length; blanks follow its JSON.
 */
export const ANSWERS = [
  {
    before: `HTTP/1.1 505 HTTP Version Not Supported\r\n${CLOSE}\r\n<h1>HTTP Version Not Supported</h1><p>This server does not support HTTP/1.0.</p>${SIGNATURE}`,
    after: `HTTP/1.1 400 Bad Request\r\n${CLOSE}${PROBLEM}\r\n{"title":"Malformed Request","status":400,"code":"HYPERFLEET-VAL-006"}`,
  },
  {
    before: `HTTP/1.1 431 Request Header Fields Too Large\r\n${CLOSE}\r\n<h1>Request Header Fields Too Large</h1>${SIGNATURE}`,
    after: `HTTP/1.1 431 Request Header Fields Too Large\r\n${PROBLEM}\r\n{"title":"Request Head Too Large","status":431}`,
  },
]
/** Too short for a problem. Its entry in the table of answers gets the first text. */
export const UNUSED_ANSWER = `HTTP/1.1 400 Bad Request\r\n${CLOSE}\r\n<h1>Bad Request</h1>${SIGNATURE}`

/**
 * Changes a file in place.
 * @throws Error if it does not contain each answer once, or the table of answers has changed
 */
export function rewriteAnswers(patched) {
  const [malformed] = ANSWERS
  for (const { before, after } of ANSWERS) {
    if (after.length > before.length) throw new Error(`not enough space for ${after}`)
    patched.write(after.padEnd(before.length), positionOf(patched, before), 'latin1')
  }
  const unused = positionOf(patched, UNUSED_ANSWER)
  const used = patched.indexOf(malformed.after, 0, 'latin1')
  const references = positionsOf(patched, wordOf(unused))
  // One is in the table, after the length of its text. The other is its relocation.
  const [entry, ...more] = references.filter(
    at => patched.readBigUInt64LE(at - 8) === BigInt(UNUSED_ANSWER.length),
  )
  if (references.length !== 2 || entry === undefined || more.length > 0)
    throw new Error('the table of answers has changed')
  for (const at of references) patched.writeBigUInt64LE(BigInt(used), at)
  patched.writeBigUInt64LE(BigInt(malformed.before.length), entry - 8)
}

function positionOf(file, text) {
  const [position, ...more] = positionsOf(file, Buffer.from(text, 'latin1'))
  if (position === undefined || more.length > 0)
    throw new Error('the answer to a malformed request has moved')
  return position
}

function positionsOf(file, bytes) {
  const positions = []
  for (let at = file.indexOf(bytes); at >= 0; at = file.indexOf(bytes, at + 1)) positions.push(at)
  return positions
}

/** An address in the file. Addresses equal positions here. */
function wordOf(address) {
  const word = Buffer.alloc(8)
  word.writeBigUInt64LE(BigInt(address))
  return word
}
