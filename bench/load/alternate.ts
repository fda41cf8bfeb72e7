// Alternates rounds between targets, so that other load on the machine affects all of them.

/** Measures each target once a round; every second round runs in the opposite order. */
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
