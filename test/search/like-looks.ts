// What a match costs, counted and not timed.
import { isLikeItems, type LikeItem, likePattern } from '../../src/search/syntax/like.ts'

/** How often a match looks at the pattern; the limit of contract 8.2 is a few looks for each pair of characters. */
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

/** The most that a match may look at its pattern. */
export function mostLooks(text: string, source: string): number {
  const looksPerStep = 4
  return looksPerStep * (source.length + 1) * (text.length + 1)
}
