// Searches in numbers: how they were answered, what they read, and how many have to take turns.
import type { Registry } from 'prom-client'
import type { Searches, Turns } from '../../search/search.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import { describeCounter, describeGauge, type Sample } from './described.ts'

export function describeSearches(registers: Registry[], searches: Searches, turns: Turns): void {
  describeCounter(registers, {
    name: 'search_steps_total',
    help: 'Steps of the plans that lists were answered with',
    labelNames: ['kind', 'operation'],
    read: () =>
      RESOURCE_KINDS.flatMap(kind =>
        [...searches[kind].statistics.steps].map(
          ([operation, count]): Sample => [{ kind, operation }, count],
        ),
      ),
  })
  describeCounter(registers, {
    name: 'search_rows_scanned_total',
    help: 'Records that lists had to read because no index knew the answer',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].statistics.rowsScanned),
  })
  describePlans(registers, searches)
  describeTurns(registers, turns)
}

function describePlans(registers: Registry[], searches: Searches): void {
  describeCounter(registers, {
    name: 'search_plans_total',
    help: 'Plans asked for, by whether the cache had them',
    labelNames: ['kind', 'result'],
    read: () =>
      RESOURCE_KINDS.flatMap((kind): Sample[] => {
        const { hits, misses } = searches[kind].planCache
        return [
          [{ kind, result: 'hit' }, hits],
          [{ kind, result: 'miss' }, misses],
        ]
      }),
  })
  describeCounter(registers, {
    name: 'search_plan_evictions_total',
    help: 'Plans that went from the cache to make room',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].planCache.evictions),
  })
  describeGauge(registers, {
    name: 'search_plans_cached',
    help: 'Plans in the cache',
    labelNames: ['kind'],
    read: () => byKind(kind => searches[kind].planCache.size),
  })
}

function describeTurns(registers: Registry[], turns: Turns): void {
  describeGauge(registers, {
    name: 'long_searches_under_way',
    help: 'Searches that take many turns of the event loop',
    read: () => turns.use.underWay,
  })
  describeGauge(registers, {
    name: 'long_searches_waiting',
    help: 'Long searches that wait for one of those to end',
    read: () => turns.use.waiting,
  })
  describeCounter(registers, {
    name: 'long_searches_total',
    help: 'Searches that one turn of the event loop was not enough for',
    read: () => turns.use.begun,
  })
  describeCounter(registers, {
    name: 'long_searches_refused_total',
    help: 'Long searches that were refused because too many waited',
    read: () => turns.use.refused,
  })
}

function byKind(read: (kind: ResourceKind) => number): Sample[] {
  return RESOURCE_KINDS.map(kind => [{ kind }, read(kind)])
}
