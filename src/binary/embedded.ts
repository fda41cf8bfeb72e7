// What the one file that is the whole program (docs/internals/build.md) carries in itself. Run from its folder the program embeds
// nothing, and its files lie beside it.
import { getAsset, isSea } from 'node:sea'

/** The bytes of an embedded file; undefined when the program runs from its folder. Throws when it is not embedded. */
export function embeddedFile(name: string): Buffer | undefined {
  return isSea() ? Buffer.from(getAsset(name)) : undefined
}
