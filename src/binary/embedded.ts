// Files embedded in the one-file program (docs/internals/build.md). A program that runs from its folder embeds nothing; its files
// are beside it.
import { getAsset, isSea } from 'node:sea'

/**
 * Returns the bytes of an embedded file; undefined if the program runs from its folder. Throws if the file is not
 * embedded.
 */
export function embeddedFile(name: string): Buffer | undefined {
  return isSea() ? Buffer.from(getAsset(name)) : undefined
}
