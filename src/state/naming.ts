// Reads what names a resource from its body: its id, its name and the id of its owner. All three are at the beginning of the document. By the
// contract they are of ASCII that JSON does not escape (contract 3.2, 4.2), so that comparing them is comparing bytes. Other texts are parsed.
import { BODY_HEADER, type Body, beginningOf, hrefOf, RESOURCE } from './layout.ts'
import type { ResourceKind } from './records.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Bytes from the start of a body to its id, and from the end of the id to the name, without the id in between. */
const PLACES = { Cluster: placesOf('Cluster'), NodePool: placesOf('NodePool') } as const
/** The text between the name of a nodepool and the id of its cluster. */
const OWNER = `"${RESOURCE.owner}{"kind":"Cluster","id":"`

function placesOf(kind: ResourceKind): { readonly id: number; readonly name: number } {
  return {
    id: BODY_HEADER + beginningOf(kind, '').length - 1,
    name: `"${RESOURCE.href}"${hrefOf(kind, '')}"${RESOURCE.name}"`.length,
  }
}

/** Positions in the bytes of a body. */
function idStart(kind: ResourceKind, { offset }: Pick<Body, 'offset'>): number {
  return offset + PLACES[kind].id
}

function nameStart(kind: ResourceKind, { bytes, offset }: Pick<Body, 'bytes' | 'offset'>): number {
  const start = idStart(kind, { offset })
  const end = quoteAfter(bytes, start)
  return end + PLACES[kind].name + (end - start)
}

export function idIn(kind: ResourceKind, body: Body): string {
  return textAt(body.bytes, idStart(kind, body))
}

export function nameIn(kind: ResourceKind, body: Body): string {
  return textAt(body.bytes, nameStart(kind, body))
}

/** The id of a nodepool's cluster. */
export function ownerIdIn(body: Body): string {
  const { bytes } = body
  return textAt(bytes, quoteAfter(bytes, nameStart('NodePool', body)) + OWNER.length)
}

/** True if the resource in a body has this id. */
export function hasId(kind: ResourceKind, body: Body, id: string): boolean {
  return isTextAt(body.bytes, idStart(kind, body), id)
}

/** True if the resource in a body has this name. */
export function hasName(kind: ResourceKind, body: Body, name: string): boolean {
  return isTextAt(body.bytes, nameStart(kind, body), name)
}

/** True if the JSON string whose first character is at `start` is this text. */
function isTextAt(bytes: Buffer, start: number, text: string): boolean {
  const { length } = text
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit >= 0x7f || unit === QUOTE || unit === BACKSLASH)
      return textAt(bytes, start) === text
    if (bytes[start + i] !== unit) return false
  }
  return bytes[start + length] === QUOTE
}

function textAt(bytes: Buffer, start: number): string {
  const text = bytes.toString('utf8', start, quoteAfter(bytes, start))
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

/** The position of the quote that ends a string. */
function quoteAfter(bytes: Buffer, start: number): number {
  let end = start
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
  return end
}
