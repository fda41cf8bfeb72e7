// What an unknown name was probably meant to be.
import { nearestName } from '../wire/text.ts'

/** `; did you mean server-port?`: the nearest name, or else all that end in it; empty when there is none of either. */
export function didYouMean(name: string, known: readonly string[], separator: string, prefix = ''): string {
  const nearest = nearestName(name, known)
  const endings = known.filter(candidate => candidate.endsWith(separator + name))
  const meant = nearest === undefined ? endings : [nearest]
  return meant.length === 0 ? '' : `; did you mean ${meant.map(each => prefix + each).join(' or ')}?`
}
