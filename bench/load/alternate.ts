// Rounds that go from one target to the next, so that what else the machine does meets all alike.

/** What each target was measured at, round by round; in every second round they come in the opposite order. */
export async function alternate<T extends { readonly name: string }, R>(
  targets: readonly T[],
  rounds: number,
  before: () => Promise<void>,
  measure: (target: T) => Promise<R>,
): Promise<ReadonlyMap<T['name'], readonly R[]>> {
  const found = new Map<T['name'], R[]>(targets.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    await before()
    const order = round % 2 === 0 ? targets : targets.toReversed()
    for (const target of order) found.get(target.name)?.push(await measure(target))
  }
  return found
}
