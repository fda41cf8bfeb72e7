// Power cuts: their place in a trace and their effect on unflushed data, both derived from the seed.

import type { Random } from '../../harness/random.ts'
import type { Fate } from './disk.ts'

/** Ways in which a disk may be caught: everything at once, or one part of it in a state of its own. */
const KINDS = ['nothing', 'everything', 'few', 'some', 'most', 'torn', 'first', 'last', 'only names'] as const

/** A fate of which the same question always has the same answer. */
export function drawFate(random: Random): Fate {
  const kind = random.of(KINDS)
  const share = {
    nothing: 0,
    everything: 1,
    few: 0.1,
    some: 0.5,
    most: 0.9,
    torn: 0.7,
    first: 0,
    last: 0,
    'only names': 0,
  }[kind]
  const tearing = kind === 'torn' ? 0.5 : random.of([0, 0.05])
  const fates = new Map<number, { lands: boolean; torn: boolean }>()
  const nameShare =
    kind === 'nothing' ? 0 : kind === 'everything' || kind === 'only names' ? 1 : random.of([0, 0.5, 1])
  const changes = new Map<number, boolean>()
  let asked = 0
  const fateOf = (write: number) => {
    const known = fates.get(write)
    if (known !== undefined) return known
    // In the order of the writes: the first ones land, or all but the first ones.
    const inOrder = kind === 'first' ? asked < order : kind === 'last' ? asked >= order : undefined
    asked++
    const fate = { lands: inOrder ?? random.chance(share), torn: random.chance(tearing) }
    fates.set(write, fate)
    return fate
  }
  const order = random.below(12)
  const sizing = random.of(['least', 'greatest', 'between'] as const)
  return {
    lands(write, _sector) {
      const { lands, torn } = fateOf(write)
      return torn ? random.chance(0.5) : lands
    },
    happens(change) {
      const known = changes.get(change) ?? random.chance(nameShare)
      changes.set(change, known)
      return known
    },
    sizeBetween(least, greatest) {
      if (sizing === 'least') return least
      return sizing === 'greatest' ? greatest : least + random.below(greatest - least + 1)
    },
  }
}

/** Steps before and after an opening of the store that get more cuts. */
const BEFORE_OPENING = 60
const AFTER_OPENING = 15

/**
 * Draws the steps after which power is cut, in ascending order. Most follow unflushed data, and many are near an
 * opening of the store.
 */
export function drawCuts(
  random: Random,
  pending: readonly number[],
  openings: readonly number[],
  count: number,
): number[] {
  const open = [...pending.keys()].filter(at => (pending[at] ?? 0) > 0)
  const draw = () => {
    const kind = random.below(10)
    if (kind === 0 || open.length === 0) return random.below(pending.length)
    if (kind > 2 || openings.length === 0) return random.of(open)
    const opening = random.of(openings)
    return random.chance(0.5) ? opening - random.below(BEFORE_OPENING) : opening + random.below(AFTER_OPENING)
  }
  const cuts = Array.from({ length: count }, () => Math.max(0, Math.min(draw(), pending.length - 1)))
  return cuts.sort((a, b) => a - b)
}
