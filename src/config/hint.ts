// Hints for unknown names.
import { nearestName } from '../wire/text.ts'

/** `; did you mean server-port?`: the nearest name, otherwise all names that end in it. Empty if there is none. */
export function didYouMean(name: string, known: readonly string[], separator: string, prefix = ''): string {
  const nearest = nearestName(name, known)
  const endings = known.filter(candidate => candidate.endsWith(separator + name))
  const meant = nearest === undefined ? endings : [nearest]
  return meant.length === 0 ? '' : `; did you mean ${meant.map(each => prefix + each).join(' or ')}?`
}
