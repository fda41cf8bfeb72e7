// The cost of a match, counted and not timed.
import { isLikeItems, type LikeItem, likePattern } from '../../src/search/syntax/like.ts'

/** Number of reads of the pattern by a match. Contract 8.2 allows a few for each pair of characters. */
export function looks(text: string, source: string): number {
  let count = 0
  const { items } = likePattern(source, false)
  const counted = new Proxy<readonly LikeItem[]>(items, {
    get(target, property, receiver) {
      count += 1
      return Reflect.get(target, property, receiver)
    },
  })
  isLikeItems(text, counted, false)
  return count
}

/** Most reads of the pattern that a match may take. */
export function mostLooks(text: string, source: string): number {
  const looksPerStep = 4
  return looksPerStep * (source.length + 1) * (text.length + 1)
}
