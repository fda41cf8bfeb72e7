// Checker of linearizability: a history of one object must be possible as one operation after another, each at some
// moment between its call and its answer (Herlihy and Wing 1990). It walks the history in the order of calls and
// answers and keeps every possible situation: the state, and which of the pending calls have taken effect (the search
// of Wing and Gong, with Lowe's memory of situations). Equal situations are merged, so the work depends on how many
// calls overlap, not on the length of the history.

/** An operation on an object whose state is an `S`. */
export interface Operation<S> {
  readonly calledMs: number
  /** Time of the answer. Without an answer: the time after which it cannot take effect. */
  readonly endedMs: number
  /** False if there was no answer; the operation may then have taken effect or not. */
  readonly isAnswered: boolean
  /** True if it changes no state. */
  readonly isRead: boolean
  /** The state after it, or undefined when in this state it could not have had the answer that it had. */
  readonly apply: (state: S) => S | undefined
  /** For the reader of a violation. */
  readonly name: string
}

export type Verdict<S> =
  | { readonly kind: 'linearizable'; readonly finalStates: readonly S[] }
  /** No way is left by which this operation could have had its answer; `states` are those before it ended. */
  | { readonly kind: 'violation'; readonly operation: Operation<S>; readonly states: readonly S[] }

/** One way in which the history may have gone so far. */
interface Way<S> {
  readonly state: S
  /** Of the operations under way, those that took effect. */
  readonly done: ReadonlySet<Operation<S>>
}

/**
 * Checks a history.
 * @param initial the states that the object may have been in before it
 * @param keyOf two states with the same key are the same
 */
export function checkHistory<S>(
  operations: readonly Operation<S>[],
  initial: readonly S[],
  keyOf: (state: S) => string,
): Verdict<S> {
  const numbers = new Map(operations.map((operation, number) => [operation, number]))
  const distinct = (ways: Iterable<Way<S>>) => {
    const byKey = new Map<string, Way<S>>()
    for (const way of ways) {
      const done = [...way.done].map(operation => numbers.get(operation)).sort()
      byKey.set(`${keyOf(way.state)} ${done.join()}`, way)
    }
    return [...byKey.values()]
  }
  let ways = distinct(initial.map(state => ({ state, done: new Set<Operation<S>>() })))
  const underWay = new Set<Operation<S>>()
  for (const { isCall, operation } of eventsOf(operations)) {
    if (isCall) {
      underWay.add(operation)
      if (operation.isRead) ways = ways.map(way => withReads(way, [operation]))
      continue
    }
    const before = ways
    ways = distinct(endOf(operation, waysTo(operation, ways, underWay, distinct)))
    underWay.delete(operation)
    if (ways.length === 0) return { kind: 'violation', operation, states: before.map(({ state }) => state) }
  }
  return { kind: 'linearizable', finalStates: ways.map(({ state }) => state) }
}

interface HistoryEvent<S> {
  readonly isCall: boolean
  readonly operation: Operation<S>
}

/** Calls and ends in the order of time; at one moment calls come first, so that what touches counts as overlapping. */
function eventsOf<S>(operations: readonly Operation<S>[]): HistoryEvent<S>[] {
  const events = operations.flatMap(operation => [
    { isCall: true, operation, atMs: operation.calledMs },
    { isCall: false, operation, atMs: operation.endedMs },
  ])
  return events.sort((a, b) => a.atMs - b.atMs || Number(b.isCall) - Number(a.isCall))
}

/** The ways given, and those to which they lead when others under way take effect and then this operation. */
function waysTo<S>(
  operation: Operation<S>,
  ways: readonly Way<S>[],
  underWay: ReadonlySet<Operation<S>>,
  distinct: (ways: Iterable<Way<S>>) => Way<S>[],
): Way<S>[] {
  const all = [...ways]
  for (let last = ways; last.length > 0; ) {
    const without = last.filter(({ done }) => !done.has(operation))
    last = distinct(without.flatMap(way => stepsOf(way, underWay)))
    all.push(...last)
  }
  return all
}

function stepsOf<S>({ state, done }: Way<S>, underWay: ReadonlySet<Operation<S>>): Way<S>[] {
  const steps: Way<S>[] = []
  for (const operation of underWay) {
    if (operation.isRead || done.has(operation)) continue
    const next = operation.apply(state)
    if (next === undefined) continue
    steps.push(withReads({ state: next, done: new Set([...done, operation]) }, underWay))
  }
  return steps
}

/** A read takes effect as soon as it can: it leaves the state as it is, so nothing is lost by it. */
function withReads<S>({ state, done }: Way<S>, operations: Iterable<Operation<S>>): Way<S> {
  const all = new Set(done)
  for (const operation of operations) {
    if (operation.isRead && operation.apply(state) !== undefined) all.add(operation)
  }
  return { state, done: all }
}

/** The ways in which the operation had ended as it did. */
function endOf<S>(operation: Operation<S>, ways: readonly Way<S>[]): Way<S>[] {
  return ways
    .filter(({ done }) => !operation.isAnswered || done.has(operation))
    .map(({ state, done }) => ({ state, done: new Set([...done].filter(other => other !== operation)) }))
}
